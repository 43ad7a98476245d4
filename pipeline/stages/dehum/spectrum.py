"""Frames of a recording in which the harmonics of mains hum are told apart, and what they hold at a given frequency."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples

HOP_S = 0.25  # half a frame; the bins are 2 Hz wide
HIGHEST_HZ = 4_000.0
HIGHEST_OF_RATE = 0.45
REACH = np.arange(-2, 3)  # bins about a frequency that hold its line
NEAR, FAR = 4, 10  # bins to either side that tell how strong everything else is there
# Variance of `Frames.at` in noise, as a multiple of the noise's power in a bin over the frame's length squared.
NOISE_GAIN = 4 * (35 / 128) / (3 / 8) ** 3

Complex = NDArray[np.complex64]
Real = NDArray[np.float32]


class Frames(NamedTuple):
    """Hann-windowed frames of `2 · hop` samples, one per hop.

    spectra : (frames, channels, bins) complex64, their phases those at the frame's centre
    energy : (frames, channels, bins + 1) sums of their squares up to a bin
    heard : (frames,) False where a part of the frame is digital silence
    """

    spectra: Complex
    energy: NDArray[np.float64]
    heard: NDArray[np.bool_]

    def then(self, others: Frames, keep: int) -> Frames:
        """The last `keep` of these and the others."""
        return Frames(
            np.concatenate((self.spectra, others.spectra))[-keep:],
            np.concatenate((self.energy, others.energy))[-keep:],
            np.concatenate((self.heard, others.heard))[-keep:],
        )


@dataclass(frozen=True)
class HumSpectrum:
    """Analysis of frames at one sample rate."""

    hop: int
    sample_rate: int

    @classmethod
    def of_rate(cls, sample_rate: int) -> HumSpectrum:
        return cls(round(HOP_S * sample_rate), sample_rate)

    @property
    def highest_hz(self) -> float:
        """Highest frequency that can be asked for."""
        return min(HIGHEST_HZ, HIGHEST_OF_RATE * self.sample_rate)

    @property
    def bins(self) -> int:
        return int(self.highest_hz * 2 * self.hop / self.sample_rate) + FAR + 2

    @cached_property
    def _window(self) -> Real:
        window: Real = (0.5 - 0.5 * np.cos(np.pi * np.arange(2 * self.hop) / self.hop)).astype(np.float32)
        return window

    def silence(self, frames: int, channels: int) -> Frames:
        """What was there before the beginning."""
        return Frames(
            np.zeros((frames, channels, self.bins), np.complex64),
            np.zeros((frames, channels, self.bins + 1)),
            np.zeros(frames, np.bool_),
        )

    def frames(self, x: Samples) -> Frames:
        """x (channels, (frames + 1) · hop) → its frames."""
        from scipy.fft import rfft

        pieces = np.lib.stride_tricks.sliding_window_view(x, 2 * self.hop, axis=1)[:, :: self.hop].transpose(1, 0, 2)
        spectra = rfft(pieces * self._window, axis=2)[:, :, : self.bins]
        spectra[:, :, 1::2] *= -1  # from the phase at the frame's start to that at its centre
        energy = np.zeros((*spectra.shape[:2], self.bins + 1))
        np.cumsum(spectra.real**2 + spectra.imag**2, axis=2, out=energy[:, :, 1:])
        sounding = x.any(axis=0).reshape(-1, self.hop).mean(axis=1) > 0.98
        return Frames(spectra, energy, sounding[:-1] & sounding[1:])

    def at(self, frames: Frames, hz: NDArray[np.float64]) -> tuple[Complex, Real]:
        """Amplitudes of the sinusoids at hz (frames, k) Hz, and the power that noise around there adds to them.

        Both (frames, channels, k). A sinusoid of peak a and of phase p at the frame's centre gives a·exp(ip): least
        squares over the bins that its main lobe fills.
        """
        place = hz * (2 * self.hop / self.sample_rate)
        middle = np.rint(place).astype(np.intp)
        bins = middle[:, :, np.newaxis] + REACH
        lobe = _hann_lobe(place - middle)
        lobe /= (lobe**2).sum(axis=2, keepdims=True) * (self.hop / 2)
        channels = np.arange(frames.spectra.shape[1])[np.newaxis, :, np.newaxis]
        number = np.arange(len(hz))[:, np.newaxis, np.newaxis]
        values = frames.spectra[number[..., np.newaxis], channels[..., np.newaxis], bins[:, np.newaxis]]
        lines: Complex = np.einsum("fckb,fkb->fck", values, lobe.astype(np.float32))
        low, high, upto = middle[:, np.newaxis] - FAR, middle[:, np.newaxis] + FAR + 1, frames.energy
        around = upto[number, channels, high] - upto[number, channels, low]
        line = upto[number, channels, high - FAR + NEAR - 1] - upto[number, channels, low + FAR - NEAR + 1]
        scale = NOISE_GAIN / ((2 * self.hop) ** 2 * 2 * (FAR - NEAR + 1))
        return lines, (scale * np.maximum(around - line, 0)).astype(np.float32)


def _hann_lobe(beyond: NDArray[np.float64]) -> NDArray[np.float64]:
    """Transform of a Hann window at `REACH` bins from a bin, for lines (…) `beyond` it by up to half a bin: (…, reach).

    sinc(x) / (1 - x²), real because about the window's centre; the sine is the same for all bins but for its sign.
    """
    beyond = np.where(np.abs(beyond) < 1e-6, 1e-6, beyond)[..., np.newaxis]  # not 0 / 0
    offset = REACH - beyond
    lobe: NDArray[np.float64] = np.sin(-np.pi * beyond) * (-1.0) ** REACH / (np.pi * offset * (1 - offset**2))
    return lobe
