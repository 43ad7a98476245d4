"""Short-time Fourier transform of a stream, and back.

A unit of `frames` hops is analysed and resynthesised at once; a transform is a value, and what it must remember from
one unit to the next (the tail) is an explicit argument and result.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples

Spectra = NDArray[np.complex64]


@dataclass(frozen=True)
class Stft:
    """Square-root Hann window on both sides, `overlap` windows over every sample: resynthesis is exact.

    hop : samples from one frame to the next
    overlap : window length / hop, an even number
    """

    hop: int
    overlap: int = 4

    @classmethod
    def of_duration(cls, window_s: float, sample_rate: int, overlap: int = 4) -> Stft:
        """The window of about `window_s` seconds whose length the FFT factors well (never shorter, some % longer)."""
        from scipy.fft import next_fast_len

        return cls(int(next_fast_len(max(1, round(window_s * sample_rate / overlap)), real=True)), overlap)

    @property
    def size(self) -> int:
        """Length of the window and of the FFT, samples."""
        return self.hop * self.overlap

    @property
    def bins(self) -> int:
        return self.size // 2 + 1

    @property
    def tail(self) -> int:
        """Samples that frames share with the unit before; also the delay of resynthesis."""
        return self.size - self.hop

    @cached_property
    def window(self) -> NDArray[np.float32]:
        """Periodic square-root Hann, scaled so that the squares of the overlapping windows add up to one."""
        phase = 2 * np.pi * np.arange(self.size) / self.size
        window: NDArray[np.float32] = np.sqrt((1 - np.cos(phase)) / self.overlap).astype(np.float32)
        return window

    def analyze(self, unit: Samples, tail: Samples) -> tuple[Spectra, Samples]:
        """unit (channels, frames · hop), tail (channels, self.tail) → spectra (channels, frames, bins), next tail."""
        from scipy.fft import rfft

        x = np.concatenate((tail, unit), axis=1)
        frames = np.lib.stride_tricks.sliding_window_view(x, self.size, axis=1)[:, :: self.hop]
        spectra: Spectra = rfft(frames * self.window, axis=2)
        return spectra, x[:, -self.tail :].copy()

    def synthesize(self, spectra: Spectra, tail: Samples) -> tuple[Samples, Samples]:
        """spectra (channels, frames, bins), tail (channels, self.tail) → unit, `self.tail` samples late, next tail."""
        from scipy.fft import irfft

        pieces = irfft(spectra, self.size, axis=2, overwrite_x=True)
        pieces *= self.window
        channels, frames, _ = spectra.shape
        y = np.zeros((channels, frames + self.overlap - 1, self.hop), np.float32)
        y[:, : self.overlap - 1] = tail.reshape(channels, -1, self.hop)
        for k in range(self.overlap):
            y[:, k : k + frames] += pieces[:, :, k * self.hop : (k + 1) * self.hop]
        y = y.reshape(channels, -1)
        return y[:, : -self.tail], y[:, -self.tail :].copy()

    def silence(self, channels: int) -> Samples:
        """The tail at the start of a stream: nothing came before."""
        return np.zeros((channels, self.tail), np.float32)
