"""A look-ahead limiter that holds the true peak under a ceiling.

The gain wanted at each sample is the ceiling over the true-peak envelope. A running minimum over the look-ahead, a
release that rises by so many dB per second at most, and a running mean as long as the look-ahead turn it into a smooth
curve that never lies above what is wanted: each value of the mean comes from minima whose windows hold the sample
itself. All gains are in dB and one gain serves all channels, so the stereo image stays.

References
1. D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design: A Tutorial and Analysis",
   J. Audio Eng. Soc. 60(6), 2012, section 2 (gain computer, smoothing in the log domain).
2. ITU-R BS.1770-5 (2023), Annex 2 (true peak).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude
from pipeline.kernel import kernel
from pipeline.stream.stage import AnyStage, Stage, run_whole

from .true_peak import HALF, INTERPOLATOR, OVERSHOOT, envelope

LOOK_AHEAD_S = 0.002
# Quick: a slow release takes the peaks' neighbours down with them, which measures (PESQ) and sounds worse on speech.
RELEASE_DB_PER_S = 300.0
# A gain that moves between two samples moves the peak between them a little; this much room takes it up.
MARGIN_DB = 0.05

PIECE = 4096  # samples that are limited, or left alone, together

Gains = NDArray[np.float32]


def _smooth_numpy(wanted: Gains, rise: float, held: float, width: int) -> tuple[Gains, float]:
    windows = np.lib.stride_tricks.sliding_window_view(wanted, width)
    lowest = windows.min(axis=1).astype(np.float64)
    ramp = rise * np.arange(1, lowest.size + 1)
    released = np.minimum.accumulate(np.minimum(lowest - ramp, held)) + ramp
    return released.astype(np.float32), float(released[-1])


@kernel(_smooth_numpy)
def smooth(wanted: Gains, rise: float, held: float, width: int) -> tuple[Gains, float]:
    """Running minimum over `width` samples ahead, then at most `rise` dB up per sample.

    wanted : (n + width - 1,) dB; answers ((n,) dB, the last value for the next call's `held`)
    """
    n = wanted.size - width + 1
    out = np.empty(n, np.float32)
    at = np.empty(wanted.size, np.int64)  # indices of a rising run of candidates for the minimum; 0 dB never is one
    first, last = 0, 0
    for i in range(wanted.size):
        if wanted[i] < 0:
            while last > first and wanted[at[last - 1]] >= wanted[i]:
                last -= 1
            at[last] = i
            last += 1
        k = i - width + 1
        if k < 0:
            continue
        while first < last and at[first] < k:
            first += 1
        held = min(held + rise, np.float64(wanted[at[first]]) if first < last else 0.0)
        out[k] = held
    return out, held


def _mean_gain_numpy(released: Gains, width: int) -> Gains:
    total = np.cumsum(np.concatenate([[0.0], released]), dtype=np.float64)
    return np.asarray(10 ** ((total[width:] - total[:-width]) / (20 * width)), np.float32)


@kernel(_mean_gain_numpy)
def mean_gain(released: Gains, width: int) -> Gains:
    """The mean over `width` samples of released (n + width - 1,) dB, as a factor (n,)."""
    n = released.size - width + 1
    out = np.ones(n, np.float32)
    total, lowered = 0.0, 0  # of the window: the sum, and how many are below 0 dB
    for i in range(released.size):
        if released[i] < 0:
            total += released[i]
            lowered += 1
        k = i - width + 1
        if k < 0:
            continue
        if lowered:
            out[k] = 10 ** (total / (20 * width))
            if released[k] < 0:
                total -= released[k]
                lowered -= 1
        else:
            total = 0.0  # exactly, whatever rounding has left
    return out


@dataclass(frozen=True)
class _State:
    tail: Samples  # (channels, latency) input whose output is still to come
    wanted: Gains  # (width,) dB, part of minima still to come
    released: Gains  # (width - 1,) dB, part of means still to come
    held: float  # dB, where the release has got to

    @property
    def is_idle(self) -> bool:
        """Whether no gain below 0 dB is on its way."""
        return self.held == 0.0 and not self.wanted.any() and not self.released.any()


def stage(ceiling_dbtp: float, sample_rate: int, channels: int) -> AnyStage:
    """The limiter. Latency: the look-ahead and half the interpolator, about 2.3 ms at 48 kHz."""
    width = max(2 * HALF, round(LOOK_AHEAD_S * sample_rate))
    latency = width + HALF - 1
    rise = RELEASE_DB_PER_S / sample_rate
    ceiling = amplitude(ceiling_dbtp - MARGIN_DB)

    def start() -> _State:
        return _State(
            np.zeros((channels, latency), np.float32),
            np.zeros(width, np.float32),
            np.zeros(width - 1, np.float32),
            0.0,
        )

    def step(block: Samples, state: _State) -> tuple[Samples, _State]:
        n = block.shape[1]
        if n == 0:
            return block.copy(), state
        x = np.concatenate([state.tail, block], axis=1)
        peaks = envelope(x[:, x.shape[1] - n - 2 * HALF + 1 :], INTERPOLATOR, ceiling / OVERSHOOT)
        loud = peaks > ceiling
        out, is_idle = x[:, :n], state.is_idle
        if not is_idle or loud.any():
            out = out.copy()
            for start in range(0, n, PIECE):  # most of speech needs no limiting, even where some of it does
                piece = slice(start, min(start + PIECE, n))
                if is_idle and not loud[piece].any():
                    continue
                gains, state = worked_out(peaks[piece], loud[piece], state)
                out[:, piece] *= gains
                is_idle = state.is_idle
        return out, _State(x[:, n:].copy(), state.wanted, state.released, state.held)

    def worked_out(peaks: Gains, loud: NDArray[np.bool_], state: _State) -> tuple[Gains, _State]:
        """The gains of so many samples, and what is to come of them."""
        n, at = peaks.size, np.flatnonzero(loud)
        wanted = np.concatenate([state.wanted, np.zeros(n, np.float32)])
        wanted[width + at] = -20 * np.log10(peaks[at] / np.float32(ceiling))
        # One sample more than the look-ahead: a peak between two samples belongs to both of them.
        fresh, held = smooth(wanted, rise, state.held, width + 1)
        released = np.concatenate([state.released, fresh])
        return mean_gain(released, width), _State(state.tail, wanted[n:].copy(), released[n:].copy(), held)

    return Stage(latency, start, step)


def limit(x: Samples, sample_rate: int, ceiling_dbtp: float) -> Samples:
    """x (channels, n) float32 with its true peak at `ceiling_dbtp` dBTP at most."""
    return run_whole(stage(ceiling_dbtp, sample_rate, x.shape[0]), x)
