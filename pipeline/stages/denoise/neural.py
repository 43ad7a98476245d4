"""Noise reduction and dereverberation by a small recurrent network: every band is turned down as far as the network
hears no speech in it, or only what a room makes of speech.

The network works on frames of 32 ms every 16 ms and looks 14 frames ahead. It hears all channels as one (the sum of
their powers), and one gain is applied to all: the stereo image stays. What it never was trained on it leaves alone at
worst as far as `strength_db` says: no gain falls below that.

Below 47 Hz, where no voice is, a clean recording's own rumble and another's noise look the same, and that band is the
rumble filter's: it goes no further than 6 dB there, unless the rumble is so strong, against the recording's level, that
it can only be noise.

It gives two gains for every band: one that takes away noise and keeps something of the room, one that takes away both.
What the second turns down further than the first is the room's share, and has a limit of its own. Both work on the same
spectra, between one transform and its inverse.
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
from pipeline.neural.features import SILENCE, Features, RunningLevel, features
from pipeline.neural.kernels import Numbers
from pipeline.neural.network import Gains, LayerState, Network
from pipeline.stream.line import Part
from pipeline.stream.stage import AnyStage
from pipeline.stream.units import units_through

from .gain_steps import from_steps, to_steps

UNIT_FRAMES = 64
RUMBLE_BINS = 2  # at every rate: bins are 28 to 31 Hz apart
RUMBLE_DB = 6.0
STRONG_RUMBLE_DB = 12.0  # above the recording's level: what is stronger may fall by so many dB per dB more:
RUMBLE_SLOPE = 4.0
VOICED_HZ = 4000.0
SMALLEST = np.float32(1e-4)


class _Ear(NamedTuple):
    """What is remembered of what came in. level : of the recording so far; seen : by the network"""

    before: Samples
    level: RunningLevel
    seen: Features


class _Voice(NamedTuple):
    """What is remembered of what goes out. `waiting` are the spectra whose gains are not known yet; unit : the next"""

    waiting: Spectra
    after: Samples
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
    noise_floor: float
    room_floor: float
    tape: Tape | None

    @property
    def known(self) -> Tape | None:
        """The tape, if all gains are on it and the network has nothing to do."""
        return self.tape if self.tape is not None and self.tape.is_whole else None

    def parts(self, channels: int) -> list[Part]:
        """Its work in parts: the transform and the features, the layers, the gains and the inverse transform."""
        tail = self.stft.silence(channels)
        waiting = np.zeros((channels, self.network.look_ahead, self.stft.bins), np.complex64)
        return [
            Part(lambda: _Ear(tail, RunningLevel(), self.network.start().seen), self._hear, "denoise.in"),
            *(self._layer(number) for number in range(0 if self.known else len(self.network.recurrences))),
            Part(lambda: _Voice(waiting, tail), self._speak, "denoise.out"),
        ]

    def _hear(self, unit: Samples, state: _Ear) -> tuple[_Heard, _Ear]:
        spectra, before = self.stft.analyze(unit, state.before)
        power = (spectra.real**2 + spectra.imag**2).mean(axis=0)
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
        """As many samples as came in, `network.look_ahead` frames and a window late."""
        line = np.concatenate((state.waiting, heard.spectra), axis=1)
        frames = heard.spectra.shape[1]
        answer = line[:, :frames].copy()
        gains = self._gains(heard.x, state.unit)
        if len(gains.kept):
            known = answer[:, frames - len(gains.kept) :]
            known *= self._in_bins(gains, known, heard.level)
        out, after = self.stft.synthesize(answer, state.after)
        return out, _Voice(line[:, -self.network.look_ahead :], after, state.unit + 1)

    def _gains(self, x: Numbers | None, unit: int) -> Gains:
        """Those of a unit: what the network says, in steps as they are kept, or what it said the last time."""
        if self.known:
            return from_steps(self.known.played(unit))
        steps = to_steps(self.network.leave(x))
        if self.tape is not None:
            self.tape.record(steps)
        return from_steps(steps)

    def _in_bins(self, gains: Gains, spectra: Spectra, level: RunningLevel) -> Numbers:
        """Gains (frames, bins) for spectra (channels, frames, bins)."""
        to_bins = interpolation(self.stft.size, self.sample_rate)
        kept = _open_above(gains.kept)
        in_bins: Numbers = np.maximum(kept @ to_bins, np.float32(self.noise_floor))
        if self.room_floor < 1:
            room = np.minimum(_open_above(gains.dry) / np.maximum(kept, SMALLEST), np.float32(1))
            in_bins *= np.maximum(room @ to_bins, np.float32(self.room_floor))
        rumble = in_bins[:, :RUMBLE_BINS]
        np.maximum(rumble, self._least_of_rumble(spectra[..., :RUMBLE_BINS], level), out=rumble)
        return in_bins

    def _least_of_rumble(self, spectra: Spectra, level: RunningLevel) -> Numbers:
        """Gains (frames, bins) that the lowest bins (channels, frames, bins) do not fall below."""
        power = (spectra.real**2 + spectra.imag**2).mean(axis=0) / np.float32(self.stft.hop**2)
        above_db = power_db(power + np.float32(SILENCE)) - np.float32(level.db() + STRONG_RUMBLE_DB)
        least: Numbers = amplitude(-(RUMBLE_DB + RUMBLE_SLOPE * np.maximum(above_db, 0)))
        return least


def _open_above(gains: Numbers) -> Numbers:
    """gains (frames, 148), where those above 8 kHz are at least the mean of those from 4 to 8 kHz.

    What speech has up there comes with what it has below, and few of the voices trained on reach so high: the network
    alone would take a third of it away.
    """
    presence = gains[:, np.searchsorted(centres_hz(), VOICED_HZ) : BELOW_SPLIT].mean(axis=1, keepdims=True)
    above = np.maximum(gains[:, BELOW_SPLIT:], presence)
    return np.concatenate((gains[:, :BELOW_SPLIT], above), axis=1)


def stage(
    network: Network,
    strength_db: float,
    sample_rate: int,
    channels: int,
    dereverb_db: float = 0.0,
    tape: Tape | None = None,
) -> AnyStage:
    """Noise reduction by at most `strength_db`, and what of the room is left by at most `dereverb_db` more.

    tape : of the network's gains, which depend on neither: to be recorded or, if it is whole, to be played

    Latency: a unit, the look-ahead and a window, 1.26 s.
    """
    stft = Stft.of_duration(WINDOW_S, sample_rate, OVERLAP)
    denoiser = _Denoiser(network, stft, sample_rate, amplitude(-strength_db), amplitude(-dereverb_db), tape)
    late = network.look_ahead * stft.hop + stft.tail
    return units_through(UNIT_FRAMES * stft.hop, channels, late, denoiser.parts(channels))
