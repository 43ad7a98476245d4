"""What is known of a hum, carried from one window to the next.

Where speech leaves no gaps for seconds, a window alone says little about the harmonics that lie under the voice; but a
hum hardly changes, so what earlier windows said still holds. Each harmonic is followed by a Kalman filter: its state is
the amplitude, its clock the hum's own phase.

Reference: B. D. O. Anderson, J. B. Moore, "Optimal Filtering", Prentice-Hall, 1979, chapter 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dsp.decibels import power

from .spectrum import Complex, Real

# Power over its uncertainty at which a harmonic begins to count, and counts wholly.
DOUBTFUL, SURE = power(4.0), power(10.0)
WANDER = 0.03  # share of its strength by which a harmonic may change from one window to the next
FRESH = 0.45  # of what a window tells, the rest was in the window before
SAME_HZ = 0.1  # two frequencies that differ by less are one hum's
EMPTY = 1e-16


class Hum(NamedTuple):
    """A periodic sound whose frequency is hz + drift · t, t seconds from the middle of the window it was found in.

    drift : Hz per second
    amplitudes : (channels, harmonics) complex64: peak and phase (at t = 0) of the fundamental, the second harmonic, …
    precision : (channels, harmonics) float32, 1 / variance of the amplitudes
    """

    hz: float
    drift: float
    amplitudes: Complex
    precision: Real

    @property
    def clear(self) -> NDArray[np.bool_]:
        """(channels, harmonics) whether a harmonic stands out at all."""
        return square(self.amplitudes) * self.precision > DOUBTFUL

    @property
    def believed(self) -> Complex:
        """The amplitudes, those in doubt made smaller or zero."""
        ratio = square(self.amplitudes) * self.precision / DOUBTFUL
        share = np.clip(np.log(ratio + EMPTY) / np.log(SURE / DOUBTFUL), 0, 1)
        believed: Complex = (self.amplitudes * share).astype(np.complex64)
        return believed

    @property
    def power(self) -> float:
        """Mean square of what is believed, averaged over the channels."""
        return float(square(self.believed).sum() / 2 / len(self.amplitudes))

    def later(self, seconds: float) -> Hum:
        """The same hum as it is to be expected in a window so much later."""
        cycles = self.hz * seconds + self.drift * seconds**2 / 2
        turned = turn(self.amplitudes, 2 * np.pi * cycles)
        variance = 1 / (self.precision + EMPTY) + np.float32(WANDER**2) * square(self.amplitudes)
        expected_hz = self.hz + self.drift * seconds
        return self._replace(hz=expected_hz, amplitudes=turned, precision=(1 / variance).astype(np.float32))


def square(z: Complex) -> Real:
    return z.real**2 + z.imag**2


def turn(amplitudes: Complex, angle: float) -> Complex:
    """The amplitudes (channels, harmonics) after the fundamental has gone on by `angle` radians."""
    turns = np.exp(1j * angle * np.arange(1, amplitudes.shape[1] + 1))
    turned: Complex = (amplitudes * turns).astype(np.complex64)
    return turned


def agreed(expected: Hum, seen: Hum) -> Hum:
    """What the hum expected and the one seen in a window say together; the one seen, where it is another hum."""
    if abs(expected.hz - seen.hz) > SAME_HZ:
        return seen
    count = min(expected.amplitudes.shape[1], seen.amplitudes.shape[1])
    mine, known = expected.amplitudes[:, :count], expected.precision[:, :count]
    fresh, told = seen.amplitudes[:, :count], seen.precision[:, :count]
    mine = turn(mine, _angle(mine, fresh, known * told / (known + told + EMPTY)))
    # A harmonic that is not where it was expected has changed: what was known of it counts for less.
    prediction_error = np.maximum(square(fresh - mine) - 1 / (told + EMPTY), 0)
    prior = (1 / (1 / (known + EMPTY) + prediction_error)).astype(np.float32)
    added = np.float32(FRESH) * told
    both = (prior * mine + added * fresh) / (prior + added + np.float32(EMPTY))
    return seen._replace(amplitudes=both.astype(np.complex64), precision=np.maximum(prior + added, told))


def _angle(mine: Complex, fresh: Complex, precision: Real) -> float:
    """By how much the fundamental has gone on further than expected, radians: weighted least squares."""
    k = np.arange(1, mine.shape[1] + 1)
    power = square(mine) * precision * (square(mine) * precision > DOUBTFUL)
    turned = np.clip((mine.conj() * fresh).imag / (square(mine) + EMPTY), -1, 1)
    return float((k * power * turned).sum() / ((k**2 * power).sum() + 1))
