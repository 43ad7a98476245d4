"""Where a recording's band ends: what lies above was cut off by a telephone, a codec or a resampler.

The mean spectrum of the recording's louder moments is looked at in steps of a sixteenth of an octave. The band ends
where nothing above comes within 62 dB of its strongest step, nor stands clear of what the top of the band holds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.dsp.decibels import power_db

WINDOW_S = 0.064
EVERY = 2  # windows from one look to the next
RANGE_DB = 62.0
CLEAR_DB = 12.0  # above the emptiest step beyond 2 kHz, where that is quiet
LOWEST_HZ = 2_000.0

Spectrum = NDArray[np.float64]


class BandMeter:
    """The end of the band of a recording that comes in blocks."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._size = 1 << round(np.log2(WINDOW_S * sample_rate))
        self._window = np.hanning(self._size).astype(np.float32)
        self._power: Spectrum = np.zeros(self._size // 2 + 1)
        self._rest: Samples | None = None
        self._skip = 0

    def add(self, block: Samples) -> None:
        """The next block (channels, n)."""
        from scipy.fft import rfft

        x = block if self._rest is None else np.concatenate((self._rest, block), axis=1)
        at = self._skip
        while at + self._size <= x.shape[1]:
            spectra = rfft(x[:, at : at + self._size] * self._window, axis=1)
            self._power += (spectra.real**2 + spectra.imag**2).mean(axis=0)
            at += EVERY * self._size
        kept = min(at, x.shape[1])
        self._rest, self._skip = x[:, kept:], at - kept

    def result(self) -> float | None:
        """Hz; None for silence and for recordings shorter than a window."""
        if not self._power.any():
            return None
        edges = self._edges()
        steps = np.add.reduceat(self._power, edges[:-1]) / np.diff(edges)
        level = power_db(steps / steps.max() + 1e-20)
        hz = edges[1:] * self._sample_rate / self._size
        least = max(-RANGE_DB, min(float(level[hz > LOWEST_HZ].min()) + CLEAR_DB, -RANGE_DB + 2 * CLEAR_DB))
        inside = np.flatnonzero(level > least)
        return float(min(hz[inside[-1]], self._sample_rate / 2))

    def _edges(self) -> NDArray[np.int64]:
        """Bins at which steps begin and end."""
        steps = np.arange(0, 16 * np.log2(self._sample_rate / 2 / 100) + 1) / 16
        bins = np.round(100 * 2**steps * self._size / self._sample_rate).astype(np.int64)
        return np.unique(np.append(bins[bins <= self._size // 2], self._size // 2 + 1))
