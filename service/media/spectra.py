"""Spectrograms as plain pictures of numbers: rows of mel frequency, columns of time, a byte for how loud.

A byte of 255 is as loud as the loudest moments of the recording, 0 is `RANGE_DB` below, so that what is left is the
contrast of speech and noise, whatever the loudness was set to. The browser colours it.
"""

from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples

FRAME_S = 0.046  # window: long enough for harmonics, short enough for consonants
MELS = 160
MIN_HZ = 40.0
RANGE_DB = 75.0
LOUDEST = 0.999  # quantile
SILENCE = 1e-9
BATCH = 64  # windows at a time

Power = NDArray[np.float32]


def window_length(sample_rate: int) -> int:
    return 1 << max(8, round(float(np.log2(FRAME_S * sample_rate))))


class Columns:
    """The power of so many moments of a recording that comes in blocks.

    at : (columns, looks) samples at which a window begins, ascending; several looks make one column
    """

    def __init__(self, sample_rate: int, max_hz: float, at: NDArray[np.int64]) -> None:
        self._length, self._at, self._shape = window_length(sample_rate), at.ravel(), at.shape
        self._bank, self._window = _bank(sample_rate, max_hz)
        self._power = np.zeros((self._at.size, MELS), np.float32)
        self._kept: Samples = np.zeros((0, 0), np.float32)
        self._start = self._done = 0

    def add(self, block: Samples) -> None:
        """The next block (channels, n)."""
        from scipy.fft import rfft  # keeps float32

        self._kept = np.concatenate((self._kept, block), axis=1) if self._kept.size else block
        stop = self._start + self._kept.shape[1]
        ready = int(np.searchsorted(self._at, stop - self._length, side="right"))
        if ready > self._done:
            windows = np.lib.stride_tricks.sliding_window_view(self._kept, self._length, axis=1)
        for first in range(self._done, ready, BATCH):
            at = self._at[first : min(first + BATCH, ready)] - self._start
            spectra = rfft(windows[:, at] * self._window)  # (channels, looks, bins) complex64
            power = (spectra.real**2 + spectra.imag**2).sum(axis=0)
            self._power[first : first + len(at)] = power @ self._bank
        self._done = max(self._done, ready)
        still = int(self._at[self._done]) if self._done < self._at.size else stop
        drop = min(max(0, still - self._start), self._kept.shape[1])
        self._kept, self._start = self._kept[:, drop:], self._start + drop

    def result(self) -> Power:
        """(MELS, columns); what the recording lacks at its end is silence."""
        if self._kept.size:
            self.add(np.zeros((len(self._kept), self._length), np.float32))
        power: Power = self._power.reshape(*self._shape, MELS).mean(axis=1).T
        return power


@lru_cache(8)
def _bank(sample_rate: int, max_hz: float) -> tuple[Power, Power]:
    import librosa

    length = window_length(sample_rate)
    bank = librosa.filters.mel(sr=sample_rate, n_fft=length, n_mels=MELS, fmin=MIN_HZ, fmax=max_hz, norm=None)
    window = np.hanning(length).astype(np.float32)
    return np.ascontiguousarray(bank.T), window / window.sum()


def loudest(power: Power) -> float:
    """What a byte of 255 stands for."""
    return max(float(np.quantile(power, LOUDEST)), SILENCE) if power.size else SILENCE


def as_bytes(power: Power, reference: float) -> NDArray[np.uint8]:
    """(MELS, columns), the highest frequency first."""
    decibels = 10 * np.log10(np.maximum(power, 1e-20) / reference)
    return np.clip(255 * (1 + decibels[::-1] / RANGE_DB), 0, 255).astype(np.uint8)


def png(picture: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(picture, "L").save(out, "PNG", compress_level=4)
    return out.getvalue()
