"""Is there mains hum in some seconds of a recording, and what is it?

Hum is the one sound whose harmonics keep their phase for seconds. A harmonic is believed as far as one sinusoid, of
constant strength and of the frequency that all share, explains its frames. Frames count by how little else is in them:
the gaps between words decide, and a voice that passes over a harmonic leaves no trace.

References
1. B. G. Quinn, E. J. Hannan, "The Estimation and Tracking of Frequency", Cambridge University Press, 2001, chapter 4
   (frequency of a periodic sound where the sum of its harmonics' periodograms is largest).
2. P. J. Huber, "Robust Statistics", Wiley, 1981, section 7.8 (iteratively reweighted least squares).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .spectrum import Complex, Frames, HumSpectrum, Real
from .tracker import EMPTY, Hum, square

FRAMES = 15
LEAST_FRAMES = 5  # with fewer that hold sound, nothing is known
SEARCH_HZ = np.array([49.6, 50.0, 50.4, 59.6, 60.0, 60.4])  # centres of the search: the mains, half a hertz either way
STEPS_HZ = np.arange(-10, 11) * 0.02
DRIFTS = np.arange(-2, 3) * 0.025  # Hz per second
SEARCHED = np.arange(1, 7)  # harmonics that the search looks at
REFINED = (6, 24, 1000)  # and each pass of the refinement: higher ones tell more, once they are in phase
LIKELY = 0.05  # Hz and Hz per second by which the search may be off
# What the search answers to speech and noise without hum is 5 in the median. In 11 of 15 such corpora (40 s each) it
# never passed this, in the others in one window of 16 at worst.
FOUND = 10.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HumModel:
    """Finds the hum in windows of `FRAMES` frames."""

    spectrum: HumSpectrum

    @cached_property
    def _seconds(self) -> Floats:
        """Of each frame's centre, from the middle of the window."""
        hops: Floats = np.arange(FRAMES, dtype=np.float64) - (FRAMES - 1) / 2
        return hops * (self.spectrum.hop / self.spectrum.sample_rate)

    @cached_property
    def _taper(self) -> Floats:
        """Weights of the frames: the middle counts most."""
        taper: Floats = 0.5 + 0.5 * np.cos(np.pi * self._seconds / self._seconds[-1] * (FRAMES - 1) / (FRAMES + 1))
        return taper

    @cached_property
    def _hypotheses(self) -> tuple[Floats, Complex]:
        """(h, 2) offsets in Hz and drifts, and (k, h, frames) what turns the searched harmonics back by them."""
        pairs = np.array([(step, drift) for step in STEPS_HZ for drift in DRIFTS])
        cycles = pairs[:, :1] * self._seconds + pairs[:, 1:] * self._seconds**2 / 2
        return pairs, np.exp(-2j * np.pi * SEARCHED[:, np.newaxis, np.newaxis] * cycles).astype(np.complex64)

    @cached_property
    def _centres(self) -> tuple[Floats, Complex]:
        """(frames, centres · k) the frequencies searched, and (frames, 1, centres · k) what turns them back."""
        hz = np.broadcast_to(np.outer(SEARCH_HZ, SEARCHED).ravel(), (FRAMES, SEARCH_HZ.size * SEARCHED.size))
        back = np.exp(-2j * np.pi * self._seconds[:, np.newaxis] * hz).astype(np.complex64)
        return hz, back[:, np.newaxis]

    def find(self, frames: Frames) -> Hum | None:
        """The hum in `FRAMES` frames; None where there is none, or too little to tell."""
        if frames.heard.sum() < LEAST_FRAMES:
            return None
        taper = self._taper * frames.heard
        score, hz, drift = self._search(frames, taper)
        return self._refine(frames, taper, hz, drift) if score > FOUND else None

    def _search(self, frames: Frames, taper: Floats) -> tuple[float, float, float]:
        """(score, frequency in Hz, drift) of the likeliest hum.

        Every frame's harmonic enters by its phase, and by its strength only up to what else is around there. The score
        is the power of their sum over what random phases would give, for the channel where it is largest; a harmonic
        that is always in phase adds 10.
        """
        pairs, back = self._hypotheses
        hz, centre = self._centres
        lines, noise = self.spectrum.at(frames, hz)
        share = taper[:, np.newaxis, np.newaxis] / np.sqrt(square(lines) + noise + EMPTY)
        phases = lines * centre * share.astype(np.float32)
        of_centres = phases.reshape(FRAMES, -1, SEARCH_HZ.size, SEARCHED.size).transpose(3, 0, 2, 1)
        sums = back @ of_centres.reshape(SEARCHED.size, FRAMES, -1)  # (k, h, centres · channels)
        scores = square(sums).sum(axis=0) / (taper**2).sum()
        best, column = np.unravel_index(scores.argmax(), scores.shape)
        centre_hz = SEARCH_HZ[column // lines.shape[1]]
        return float(scores[best, column]), float(centre_hz + pairs[best, 0]), float(pairs[best, 1])

    def _refine(self, frames: Frames, taper: Floats, hz: float, drift: float) -> Hum:
        """The hum near the frequency and drift given."""
        t = self._seconds
        harmonics = np.arange(1, int(self.spectrum.highest_hz / (hz + 1)) + 1)
        lines, noise = self.spectrum.at(frames, (hz + drift * t)[:, np.newaxis] * harmonics)
        weight_of_frame: Real = taper[:, np.newaxis, np.newaxis].astype(np.float32)
        for count in REFINED:
            k = harmonics[:count]
            cycles = (hz * t + drift * t**2 / 2)[:, np.newaxis] * k
            aligned = lines[:, :, :count] * np.exp(-2j * np.pi * cycles).astype(np.complex64)[:, np.newaxis]
            amplitudes, weights = _location(aligned, noise[:, :, :count], weight_of_frame)
            told = weights.sum(axis=0)
            hum = Hum(hz, drift, amplitudes, told**2 / (weight_of_frame * weights).sum(axis=0))
            power = square(amplitudes)
            turned = np.clip((amplitudes.conj() * aligned).imag / (power + EMPTY), -1, 1)
            more_hz, more_drift = _slope(turned, weights * (power * hum.clear), (2 * np.pi) * k, t)
            hz, drift = hz + more_hz, drift + more_drift
        return hum._replace(hz=hz, drift=drift)


def _location(lines: Complex, noise: Real, taper: Real) -> tuple[Complex, Real]:
    """Robust mean over the frames of lines (frames, channels, k), and the weights it gave them [2].

    A line is trusted by the inverse of the noise around it and of its own distance from the mean.
    """
    noise = noise + np.float32(EMPTY)
    weights = taper / (noise + square(lines))
    for _ in range(3):
        mean = (weights * lines).sum(axis=0) / weights.sum(axis=0)
        weights = taper / (noise + square(lines - mean))
    return mean, weights


def _slope(angle: Real, weight: Real, per_cycle: NDArray[np.floating], t: Floats) -> tuple[float, float]:
    """Change of frequency and of drift that explains the angles (frames, channels, k), each about its own mean.

    Weighted least squares over angle = constant of the harmonic + per_cycle · (change · t + change of drift · t² / 2).
    """
    u = t**2 / 2
    total, of_t, of_u, tt, tu, uu = np.tensordot([t**0, t, u, t * t, t * u, u * u], weight, 1)
    turned, by_t, by_u = np.tensordot([t**0, t, u], weight * angle, 1)
    mean_t, mean_u = of_t / (total + EMPTY), of_u / (total + EMPTY)
    a, b, c = (float((per_cycle**2 * m).sum()) for m in (tt - mean_t * of_t, tu - mean_t * of_u, uu - mean_u * of_u))
    p, q = (float((per_cycle * m).sum()) for m in (by_t - mean_t * turned, by_u - mean_u * turned))
    a, c = a + 1 / LIKELY**2, c + 1 / LIKELY**2
    return (c * p - b * q) / (a * c - b * b), (a * q - b * p) / (a * c - b * b)
