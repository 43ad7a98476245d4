"""The rumble filter: what lies below the voice goes, and nothing else changes, not even in phase.

A filter with phase shift would turn the voice's lowest harmonics against the others: its peaks grow (the limiter then
has more to do), and what is played as removed holds the voice. So the impulse response is symmetrical: the file
is there to be looked ahead into.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.dsp.butterworth import high_pass_takes
from pipeline.settings import Tone
from pipeline.stream.stage import IDENTITY, AnyStage, run_whole
from pipeline.stream.units import in_units

ORDER = 4  # of the Butterworth filter whose magnitude it has
# Cycles of the cutoff to either side of the impulse response's middle: enough for 23 of the filter's 24 dB per octave.
REACH_CYCLES = 4.0
UNIT_S = 1.0


@dataclass(frozen=True)
class _Filter:
    cutoff_hz: float
    sample_rate: int

    @property
    def reach(self) -> int:
        """Samples on either side of the one in the middle."""
        return round(REACH_CYCLES * self.sample_rate / self.cutoff_hz)

    @property
    def unit(self) -> int:
        return max(round(UNIT_S * self.sample_rate), 2 * self.reach)

    @cached_property
    def _size(self) -> int:
        """Of the FFT that filters a unit by overlap-save."""
        from scipy.fft import next_fast_len

        return int(next_fast_len(self.unit + 2 * self.reach, real=True))

    @cached_property
    def _response(self) -> NDArray[np.complex64]:
        """Of the impulse response that begins at sample 0, at the FFT's frequencies."""
        from scipy.fft import rfft

        return np.asarray(rfft(impulse_response(self.cutoff_hz, self.sample_rate), self._size), np.complex64)

    def work(self, unit: Samples, past: Samples) -> tuple[Samples, Samples]:
        """Take a unit, answer with as many samples, `reach` late. past : the last 2 · reach samples (channels, …)."""
        from scipy.fft import irfft, rfft

        x = np.concatenate((past, unit), axis=1)
        y = irfft(rfft(x, self._size, axis=1) * self._response, self._size, axis=1)
        return y[:, past.shape[1] : x.shape[1]], x[:, -past.shape[1] :].copy()


def impulse_response(cutoff_hz: float, sample_rate: int) -> NDArray[np.float64]:
    """Symmetrical impulse response of a Butterworth high-pass's magnitude, -3 dB at the cutoff, exactly 0 at 0 Hz.

    The magnitude is sampled finely, transformed, and faded out by a Hann window
    (A. V. Oppenheim, R. W. Schafer, "Discrete-Time Signal Processing", 3rd edition, 2010, section 7.5).
    """
    from scipy.fft import irfft

    reach = _Filter(cutoff_hz, sample_rate).reach
    size = 16 * reach
    f = np.arange(size // 2 + 1) * (sample_rate / size)
    whole = np.roll(irfft(high_pass_takes(f, cutoff_hz, ORDER), size), reach)[: 2 * reach + 1]
    fade = 0.5 + 0.5 * np.cos(np.pi * np.arange(-reach, reach + 1) / (reach + 1))
    taken = whole * fade
    response: NDArray[np.float64] = -taken / taken.sum()
    response[reach] += 1
    return response


def stage(params: Tone, sample_rate: int, channels: int) -> AnyStage:
    """High-pass, -3 dB at `params.rumble_hz` and 23 dB per octave below. Latency: 1 s and 4 cycles; off at 0 Hz."""
    if not params.rumble_hz:
        return IDENTITY
    filter_ = _Filter(params.rumble_hz, sample_rate)

    def silence() -> Samples:
        return np.zeros((channels, 2 * filter_.reach), np.float32)

    return in_units(filter_.unit, channels, filter_.reach, silence, filter_.work)


def rumble_filter(x: Samples, sample_rate: int, params: Tone) -> Samples:
    """x (channels, n) float32 without what lies below `params.rumble_hz`; a copy of x where that is 0."""
    return run_whole(stage(params, sample_rate, x.shape[0]), x)
