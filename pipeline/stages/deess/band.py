"""The band in which s sounds lie, taken out by a linear-phase filter.

Reference: J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", Proc. IEEE ISCAS, 1974.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.kernel import kernel

LOW_HZ, HIGH_HZ = 5_000.0, 9_000.0
HALF_S = 0.0014  # half the filter's length: -60 dB some 700 Hz outside the band
KAISER_BETA = 5.65  # for -60 dB
HIGHEST = 0.45  # of the sample rate: a band that would end above it has no upper edge
LEAST_RATE = 11_500  # below it there is nothing of the band left

Taps = NDArray[np.float32]


def band_filter(sample_rate: int) -> Taps:
    """Odd-length symmetric filter (2 m + 1,) that passes the band and delays by m samples. From `LEAST_RATE` up."""
    m = round(HALF_S * sample_rate)
    upper = _lowpass(HIGH_HZ / sample_rate, m) if HIGHEST * sample_rate > HIGH_HZ else np.eye(1, 2 * m + 1, m)[0]
    taps: Taps = (upper - _lowpass(LOW_HZ / sample_rate, m)).astype(np.float32)
    return taps


def _lowpass(cutoff: float, m: int) -> NDArray[np.float64]:
    """-6 dB at `cutoff` (of the sample rate), one at 0 Hz."""
    shape = np.sinc(2 * cutoff * np.arange(-m, m + 1)) * np.kaiser(2 * m + 1, KAISER_BETA)
    taps: NDArray[np.float64] = shape / shape.sum()
    return taps


def _filtered_numpy(x: Samples, taps: Taps) -> Samples:
    return np.stack([np.convolve(channel, taps, "valid") for channel in x])


@kernel(_filtered_numpy)
def filtered(x: Samples, taps: Taps) -> Samples:
    """x (channels, n + taps - 1) through the symmetric, odd-length `taps`: (channels, n)."""
    m = taps.size // 2
    n = x.shape[1] - 2 * m
    y = np.empty((x.shape[0], n), np.float32)
    for c in range(x.shape[0]):
        out, middle = y[c], x[c, m : m + n]
        for i in range(n):
            out[i] = taps[m] * middle[i]
        # The inner loop runs over samples of plain slices: so it becomes vector instructions.
        for j in range(m):
            left, right, tap = x[c, j : j + n], x[c, 2 * m - j : 2 * m - j + n], taps[j]
            for i in range(n):
                out[i] += tap * (left[i] + right[i])
    return y
