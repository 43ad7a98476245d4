"""Power as the ear weights it: the two filters in front of the loudness meter, and the weight of each channel.

Reference: ITU-R BS.1770-5 (2023), Annex 1. The standard gives the filters' coefficients at 48 kHz alone; the analogue
filters behind them, and so the coefficients at every rate, are those of B. De Man, "Evaluation of implementations of
the EBU R128 loudness measurement", 145th Audio Engineering Society Convention, 2018, table 1.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude
from pipeline.kernel import kernel

SHELF_HZ, SHELF_DB, SHELF_Q = 1681.974450955533, 3.999843853973347, 0.7071752369554196  # the head
SHELF_SLOPE = 0.4996667741545416
HIGH_PASS_HZ, HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773
# Surround channels count 1.5 dB more; the LFE, the fourth of six and more, does not count.
SURROUND = 1.41
WEIGHTS = {
    1: (1.0,),
    2: (1.0, 1.0),
    3: (1.0, 1.0, 1.0),
    4: (1.0, 1.0, SURROUND, SURROUND),
    5: (1.0, 1.0, 1.0, SURROUND, SURROUND),
    6: (1.0, 1.0, 1.0, 0.0, SURROUND, SURROUND),
    7: (1.0, 1.0, 1.0, 0.0, SURROUND, SURROUND, SURROUND),
    8: (1.0, 1.0, 1.0, 0.0, SURROUND, SURROUND, SURROUND, SURROUND),
}

Floats = NDArray[np.float64]


@cache
def sections(sample_rate: int) -> Floats:
    """The two filters as second-order sections (2, 6); read-only."""
    k = np.tan(np.pi * SHELF_HZ / sample_rate)
    high = amplitude(SHELF_DB)
    middle = high**SHELF_SLOPE
    shelf = [high + middle * k / SHELF_Q + k * k, 2 * (k * k - high), high - middle * k / SHELF_Q + k * k]
    shelf += _poles(k, SHELF_Q)
    low = _poles(np.tan(np.pi * HIGH_PASS_HZ / sample_rate), HIGH_PASS_Q)
    # The second one's numerator is 1, -2, 1 as it stands in the standard, though its gain is then a little over 1.
    both = np.array([shelf, [low[0], -2 * low[0], low[0], *low]])
    both /= both[:, 3:4]
    both.flags.writeable = False
    return both


def _poles(k: float, q: float) -> list[float]:
    """Denominator of a second-order section by the bilinear transform."""
    return [1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k]


def _powers_numpy(x: Samples, filters: Floats, weights: Floats, state: Floats, sums: Floats, at: int, hop: int) -> None:
    from scipy.signal import sosfilt

    y, after = sosfilt(filters.copy(), x.astype(np.float64), axis=1, zi=state.transpose(1, 0, 2))
    state[:] = after.transpose(1, 0, 2)
    power = np.zeros(sums.size * hop)
    power[at : at + x.shape[1]] = weights @ np.square(y)
    sums += power.reshape(-1, hop).sum(axis=1)


@kernel(_powers_numpy)
def add_powers(x: Samples, filters: Floats, weights: Floats, state: Floats, sums: Floats, at: int, hop: int) -> None:
    """Add the weighted squares of x (channels, n) to sums (m,), each of `hop` samples; x begins `at` samples into them.

    state : (channels, 2, 2), of the filters, updated in place
    """
    n = x.shape[1]
    b0, b1, b2, a1, a2 = filters[0, 0], filters[0, 1], filters[0, 2], filters[0, 4], filters[0, 5]
    c0, c1, c2, d1, d2 = filters[1, 0], filters[1, 1], filters[1, 2], filters[1, 4], filters[1, 5]
    for c in range(x.shape[0]):
        if weights[c] == 0:
            continue
        s1, s2, t1, t2 = state[c, 0, 0], state[c, 0, 1], state[c, 1, 0], state[c, 1, 1]
        start, k = 0, at // hop
        while start < n:
            stop = min(n, (k + 1) * hop - at)
            total = 0.0
            for i in range(start, stop):
                u = np.float64(x[c, i])
                v = b0 * u + s1
                s1 = b1 * u - a1 * v + s2
                s2 = b2 * u - a2 * v
                w = c0 * v + t1
                t1 = c1 * v - d1 * w + t2
                t2 = c2 * v - d2 * w
                total += w * w
            sums[k] += weights[c] * total
            start, k = stop, k + 1
        # A decayed tail must not crawl through denormal numbers, which are many times slower.
        if max(abs(s1), abs(s2), abs(t1), abs(t2)) < 1e-30:
            s1, s2, t1, t2 = 0.0, 0.0, 0.0, 0.0
        state[c, 0, 0], state[c, 0, 1], state[c, 1, 0], state[c, 1, 1] = s1, s2, t1, t2
