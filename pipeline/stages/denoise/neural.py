"""Noise reduction and dereverberation by a small recurrent network: every band is turned down as far as the network
hears no speech in it, or only what a room makes of speech.

The network works on frames of 32 ms every 16 ms and looks 14 frames ahead. It hears all channels as one (the sum of
their powers), and one gain is applied to all: the stereo image stays. What it never was trained on it leaves alone at
worst as far as `strength_db` says: no gain falls below that.

Below 47 Hz, where no voice is, a clean recording's own rumble and another's noise look the same, and that band is the
rumble filter's: it goes no further than 6 dB there, or 15 in a noisy recording, unless the rumble is so strong, against
the recording's level, that it can only be noise.

What it makes of a moment depends on what it has heard before, and at the start that is nothing. So it hears the first
unit of a noisy recording backwards before it hears it: whatever noise there is, it knows. In clean recordings it would
know the first words for noise. And what lies below the voice of a noisy recording is noise (`below_voice.py`).

It gives two gains for every band: one that takes away noise and keeps something of the room, one that takes away both.
What the second turns down further than the first is the room's share, and has a limit of its own. Both work on the same
spectra, between one transform and its inverse. To the first, a deep filter adds what only a turn of the phase can mend
(`pipeline/neural/deep_filter.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.audio import Samples
from pipeline.cache.tape import Tape
from pipeline.dsp.decibels import amplitude, power_db
from pipeline.dsp.stft import Spectra, Stft
from pipeline.neural.bands import BELOW_SPLIT, OVERLAP, WINDOW_S, centres_hz, interpolation
from pipeline.neural.deep_filter import AHEAD
from pipeline.neural.features import SILENCE, Features, RunningLevel, features
from pipeline.neural.kernels import Numbers
from pipeline.neural.network import Gains, LayerState, Network
from pipeline.stream.line import Part
from pipeline.stream.stage import AnyStage
from pipeline.stream.units import units_through

from .below_voice import BelowVoice, Memory
from .correction import RUMBLE_BINS, Correction, Pending
from .gain_steps import from_steps, to_steps
from .loud import Loud

UNIT_FRAMES = 64
RUMBLE_DB, NOISY_RUMBLE_DB = 6.0, 15.0
STRONG_RUMBLE_DB = 10.0  # above the recording's level: what is stronger may fall by so many dB per dB more:
RUMBLE_SLOPE = 4.0
VOICED_HZ = 4000.0
SMALLEST = np.float32(1e-4)


class _Ear(NamedTuple):
    """What is remembered of what came in. level : of the recording so far; seen : by the network"""

    before: Samples
    level: RunningLevel
    seen: Features


class _Voice(NamedTuple):
    """What is remembered of what goes out.

    waiting : spectra whose gains are not known yet; pending : of the deep filter; voice : of what lies below it;
    unit : the next
    """

    waiting: Spectra
    after: Samples
    pending: Pending | None
    voice: Memory = Memory()
    unit: int = 0


class _Heard(NamedTuple):
    """A unit on its way. x : what the network's layers hand on, None where it has nothing to say yet"""

    spectra: Spectra
    level: RunningLevel
    x: Numbers | None


@dataclass(frozen=True)
class _Denoiser:
    network: Network
    stft: Stft
    sample_rate: int
    strength_db: float
    room_floor: float
    loud: Loud | None
    noisy: bool
    tape: Tape | None
    correction: Correction | None

    @property
    def late(self) -> int:
        """Frames that a gain is late."""
        return self.network.look_ahead + (AHEAD if self.correction else 0)

    @property
    def known(self) -> Tape | None:
        """The tape, if all gains are on it and the network has nothing to do."""
        return self.tape if self.tape is not None and self.tape.is_whole else None

    def parts(self, channels: int) -> list[Part]:
        """Its work in parts: the transform and the features, the layers, the gains and the inverse transform."""
        tail = self.stft.silence(channels)
        waiting = np.zeros((channels, self.late, self.stft.bins), np.complex64)
        pending = self.correction.start() if self.correction else None
        return [
            Part(lambda: _Ear(tail, RunningLevel(), self.network.start().seen), self._hear, "denoise.in"),
            *(self._layer(number) for number in range(0 if self.known else len(self.network.recurrences))),
            Part(lambda: _Voice(waiting, tail, pending), self._speak, "denoise.out"),
        ]

    def _hear(self, unit: Samples, state: _Ear) -> tuple[_Heard, _Ear]:
        spectra, before = self.stft.analyze(unit, state.before)
        power = (spectra.real**2 + spectra.imag**2).mean(axis=0)
        if self.noisy and not state.level.weight:
            power = np.concatenate((_backwards(power), power))
        heard, level = features(power, self.sample_rate, self.stft.size, state.level)
        x, seen = None, state.seen
        if level.weight and not self.known:  # the network begins with the first unit that is not digital silence
            x, seen = self.network.enter(heard, seen)
        return _Heard(spectra, level, x), _Ear(before, level, seen)

    def _layer(self, number: int) -> Part:
        def step(heard: _Heard, state: LayerState) -> tuple[_Heard, LayerState]:
            x, state = self.network.layer(number, heard.x, state)
            return heard._replace(x=x), state

        return Part(lambda: self.network.layer_start(number), step, f"denoise.layer{number + 1}")

    def _speak(self, heard: _Heard, state: _Voice) -> tuple[Samples, _Voice]:
        """As many samples as came in, `late` frames and a window late."""
        line = np.concatenate((state.waiting, heard.spectra), axis=1)
        frames = heard.spectra.shape[1]
        answer = line[:, :frames].copy()
        if heard.x is not None:  # gains of what was heard backwards would be those of frames before the first
            heard = heard._replace(x=np.ascontiguousarray(heard.x[:, -frames:]))
        gains, pending = self._gains(heard, line[:, : line.shape[1] - self.network.look_ahead], state)
        voice = state.voice
        if len(gains.kept):
            first = (state.unit + 1) * UNIT_FRAMES - self.late - len(gains.kept)
            voice = self._apply(gains, answer[:, frames - len(gains.kept) :], heard.level, first, voice)
        out, after = self.stft.synthesize(answer, state.after)
        return out, _Voice(line[:, -self.late :], after, pending, voice, state.unit + 1)

    def _gains(self, heard: _Heard, line: Spectra, state: _Voice) -> tuple[Gains, Pending | None]:
        """Those of a unit: what the network says, in steps as they are kept, or what it said the last time."""
        if self.known:
            return from_steps(self.known.played(state.unit)), state.pending
        gains, pending = self.network.leave(heard.x), state.pending
        if self.correction and pending:
            power = heard.level.mean() * self.stft.hop**2
            gains, pending = self.correction.step(gains, heard.x, line, power, pending)
        steps = to_steps(gains)
        if self.tape is not None:
            self.tape.record(steps)
        return from_steps(steps), pending

    def _apply(self, gains: Gains, spectra: Spectra, level: RunningLevel, first: int, voice: Memory) -> Memory:
        """Turn spectra (channels, frames, bins) down, in place. first : number of the first frame in the recording"""
        to_bins = interpolation(self.stft.size, self.sample_rate)
        kept = _open_above(gains.kept)
        in_bins: Numbers = kept @ to_bins
        below, voice = self._below_voice(spectra, in_bins, voice)
        floor = self._noise_floor(spectra, in_bins, first)
        np.maximum(in_bins, floor, out=in_bins)
        added = gains.added[:, : self.stft.bins] * (1 - floor)
        if self.room_floor < 1:
            share = np.minimum(_open_above(gains.dry) / np.maximum(kept, SMALLEST), np.float32(1))
            room = np.maximum(share @ to_bins, np.float32(self.room_floor))
            in_bins *= room
            added *= room[:, : added.shape[1]]
        rumble = in_bins[:, :RUMBLE_BINS]
        np.maximum(rumble, self._least_of_rumble(spectra[..., :RUMBLE_BINS], level), out=rumble)
        low = in_bins[:, : below.shape[1]]
        np.maximum(low * below, np.minimum(low, floor), out=low)
        added[:, : below.shape[1]] *= below
        corrected = spectra[..., : added.shape[1]] * added
        spectra *= in_bins
        spectra[..., : added.shape[1]] += corrected
        return voice

    def _below_voice(self, spectra: Spectra, gains: Numbers, voice: Memory) -> tuple[Numbers, Memory]:
        """Gains (frames, few) of the lowest bins, which may be none. gains : of the network, (frames, bins)"""
        if not self.noisy:
            return np.ones((len(gains), 0), np.float32), voice
        heard = spectra[..., : min(self.stft.bins, round(VOICED_HZ * self.stft.size / self.sample_rate))]
        power = self._power(heard)
        below = BelowVoice(self.sample_rate / self.stft.size, self.strength_db)
        return below.gains(power * gains[:, : power.shape[1]] ** 2, voice)

    def _power(self, spectra: Spectra) -> Numbers:
        """(frames, bins), mean of the channels; the sum over all bins is a frame's, full scale = 1."""
        power: Numbers = (spectra.real**2 + spectra.imag**2).mean(axis=0) / np.float32(self.stft.hop**2)
        return power

    def _noise_floor(self, spectra: Spectra, gains: Numbers, first: int) -> Numbers:
        """(frames, 1), or (1, 1) for all: the least gain. gains (frames, bins) : without it"""
        if self.loud is None:
            return np.full((1, 1), amplitude(-self.strength_db), np.float32)
        heard = spectra[..., RUMBLE_BINS:]  # what lies below is judged apart
        power = self._power(heard)
        at_s = np.arange(first, first + len(gains), dtype=np.float64) * (self.stft.hop / self.sample_rate)
        further_db = self.loud.strength_db - self.strength_db
        share = self.loud.share(power, gains[:, RUMBLE_BINS:], at_s)
        floor: Numbers = amplitude(-(self.strength_db + further_db * share)).astype(np.float32)
        return floor[:, None]

    def _least_of_rumble(self, spectra: Spectra, level: RunningLevel) -> Numbers:
        """Gains (frames, bins) that the lowest bins (channels, frames, bins) do not fall below."""
        above_db = power_db(self._power(spectra) + np.float32(SILENCE)) - np.float32(level.db() + STRONG_RUMBLE_DB)
        most_db = NOISY_RUMBLE_DB if self.noisy else RUMBLE_DB
        least: Numbers = amplitude(-(most_db + RUMBLE_SLOPE * np.maximum(above_db, 0)))
        return least


def _backwards(power: Numbers) -> Numbers:
    """power (frames, bins) from the last frame to the first, without digital silence."""
    return power[power.any(axis=1)][::-1]


def _open_above(gains: Numbers) -> Numbers:
    """gains (frames, 148), where those above 8 kHz are at least the largest of those from 4 to 8 kHz.

    What speech has up there comes with what it has below, and few of the voices trained on reach so high: the network
    alone would take a third of it away.
    """
    presence = gains[:, np.searchsorted(centres_hz(), VOICED_HZ) : BELOW_SPLIT].max(axis=1, keepdims=True)
    above = np.maximum(gains[:, BELOW_SPLIT:], presence)
    return np.concatenate((gains[:, :BELOW_SPLIT], above), axis=1)


def stage(
    network: Network,
    strength_db: float,
    sample_rate: int,
    channels: int,
    dereverb_db: float = 0.0,
    tape: Tape | None = None,
    loud: Loud | None = None,
    noisy: bool = True,
) -> AnyStage:
    """Noise reduction by at most `strength_db`, and what of the room is left by at most `dereverb_db` more.

    loud : what goes further than that
    noisy : whether the recording is: the network hears its first unit backwards before it hears it, and what lies below
        the voice goes
    tape : of the network's gains, which depend on neither: to be recorded or, if it is whole, to be played

    Latency: a unit, the look-ahead and a window, 1.26 s.
    """
    stft = Stft.of_duration(WINDOW_S, sample_rate, OVERLAP)
    weights = network.deep_filter
    correction = Correction(weights, stft, sample_rate) if weights else None
    denoiser = _Denoiser(
        network, stft, sample_rate, strength_db, amplitude(-dereverb_db), loud, noisy, tape, correction
    )
    late = denoiser.late * stft.hop + stft.tail
    return units_through(UNIT_FRAMES * stft.hop, channels, late, denoiser.parts(channels))
