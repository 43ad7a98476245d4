"""Noise reduction: every frequency is turned down as far as noise outweighs speech in it.

The power of the noise is tracked forward and backward in time (`noise_psd`), a log-MMSE gain follows from it
(`log_mmse`), and no gain falls below the floor that `strength_db` sets: what remains of the noise sounds as it did,
only quieter.

The work is done in units of a third of a second, and a unit waits for the one after it: the noise is known from both
sides, so a word's onset is not taken for noise, nor a recording's first word. All channels get one gain, from the sum
of their powers: the stereo image stays.

Not done: dereverberation, competing talkers, separation of music from speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude, power
from pipeline.dsp.stft import Spectra, Stft
from pipeline.settings import Denoise
from pipeline.stream.stage import AnyStage, run_whole
from pipeline.stream.units import in_units

from .gain_smoothing import smooth, widest
from .log_mmse import gains
from .noise_psd import EMPTY, Bins, Power, Tracker, first_guess, unknown

WINDOW_S = 0.048  # resolves the harmonics of low voices; longer smears consonants
UNIT_S = 0.36
KEEP_SPEECH_PER_S = 0.98 ** (1 / 0.012)  # decision-directed weight of the past: 0.98 per 12 ms
MOST_DB = 24.0  # beyond, what it takes for noise by mistake is missed, and what it misses twinkles
LEAST_PRIOR_SNR = power(-22.0)


class State(NamedTuple):
    """What is remembered between units. `waiting` is the unit that waits for its successor (None at the start)."""

    before: Samples
    after: Samples
    waiting: tuple[Spectra, Power, Power] | None
    noise: Bins
    presence: Bins
    speech: NDArray[np.float64]


@dataclass(frozen=True)
class _Denoiser:
    stft: Stft
    tracker: Tracker
    keep_speech: float
    floor: float
    reach: int

    def start(self, channels: int) -> State:
        tail, bins = self.stft.silence(channels), self.stft.bins
        return State(tail, tail, None, np.zeros(bins), unknown(bins), np.zeros(bins))

    def work(self, unit: Samples, state: State) -> tuple[Samples, State]:
        """Take a unit, answer with the one before it (zeros, the first time)."""
        spectra, before = self.stft.analyze(unit, state.before)
        power = (spectra.real**2 + spectra.imag**2).sum(axis=0)
        if state.waiting is None:
            return np.zeros_like(unit), state._replace(before=before, waiting=(spectra, power, power))
        late_spectra, late_power, late_noise = state.waiting
        noise, presence = state.noise, state.presence
        if noise.max() <= EMPTY:  # nothing has been heard yet
            late_noise, noise, presence = self._begin(late_power, power)
        ahead, noise, presence = self.tracker.forward(power, noise, presence)
        back = self.tracker.backward(np.concatenate((late_power, power)), noise)[: len(late_power)]
        between = (late_noise + back) * np.float32(0.5)
        speech = state.speech.copy()
        gain = gains(late_power, between, speech, self.keep_speech, LEAST_PRIOR_SNR, self.floor)
        smooth(late_power, gain, self.reach)
        answer, after = self.stft.synthesize(late_spectra * gain, state.after)
        return answer, State(before, after, (spectra, power, ahead), noise, presence, speech)

    def _begin(self, first: Power, second: Power) -> tuple[Power, Bins, Bins]:
        """Noise in the first unit (frames, bins), and noise and presence after it.

        The tracker passes over the first two units and back before it starts in earnest, so that a recording that
        begins with a word starts from the noise heard after the word.
        """
        both = np.concatenate((first, second))
        _, noise, _ = self.tracker.forward(both, first_guess(both), unknown(self.stft.bins))
        origin = self.tracker.backward(both, noise)[0].astype(np.float64)
        return self.tracker.forward(first, origin, unknown(self.stft.bins))


def stage(params: Denoise, sample_rate: int, channels: int) -> AnyStage:
    """Noise reduction by at most `params.strength_db` and MOST_DB. Latency: two units and a window, some 0.8 s."""
    stft = Stft.of_duration(WINDOW_S, sample_rate)
    hop_s = stft.hop / sample_rate
    denoiser = _Denoiser(
        stft=stft,
        tracker=Tracker.of_hop(hop_s),
        keep_speech=KEEP_SPEECH_PER_S**hop_s,
        floor=amplitude(-min(params.strength_db, MOST_DB)),
        reach=widest(sample_rate / stft.size),
    )
    unit = max(1, round(UNIT_S / hop_s)) * stft.hop
    return in_units(unit, channels, unit + stft.tail, lambda: denoiser.start(channels), denoiser.work)


def denoise(x: Samples, sample_rate: int, params: Denoise) -> Samples:
    """x (channels, n) float32 → the same with less noise, by at most `params.strength_db` and MOST_DB; 0: a copy."""
    return run_whole(stage(params, sample_rate, x.shape[0]), x) if params.strength_db else x.copy()
