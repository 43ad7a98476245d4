"""One noisy recording and what it should become, with some of its room and without, drawn at random.

speech · colour · pace → rooms → level rides → + noises at an SNR → band limit → clipping, coarse steps → level
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import fft

from .corpus import Corpus, Entry, Generator, Samples
from .noises import MAKERS, babble, curve_db
from .rooms import draw_room, dry_target_of, target_of
from .voices import breathing, whispered

NO_CUT_HZ = 1e9
CLEAN_SHARE = 0.1  # of the mixtures have little noise, and what speech is recorded with must stay
WHISPERED_SHARE, BREATHING_SHARE, TOGETHER_SHARE = 0.015, 0.15, 0.04
EXCITED_SHARE = 0.12  # of the speech has the pitch of shouts and of small children, up and down with every syllable
EXCITED_PACE, EXCITED_S = (1.05, 2.0), 0.35
OTHER_PACE, OTHER_SHARE = (0.88, 1.14), 0.35
TOGETHER_DB = (-12.0, 0.0)  # of a second talker who speaks at the same time, against the first


class Mixture(NamedTuple):
    """noisy, target, dry : (n,) float32, the last two with and without a little of the room;
    bandwidth_hz : above it the targets say nothing about speech.
    """

    noisy: Samples
    target: Samples
    dry: Samples
    bandwidth_hz: float


class Parts(NamedTuple):
    """What a mixture is made of. wet, target, dry : (n,) float32, speech as the microphone hears it and as it should
    come out, with and without a little of the room; noise : (n,), at no particular level; bandwidth_hz of the speech.
    """

    wet: Samples
    target: Samples
    dry: Samples
    noise: Samples
    bandwidth_hz: float


class Recipe(NamedTuple):
    """How parts become a mixture.

    speech_there, noise_there : whether there is any
    snr_db : over the stretches with speech
    cut_hz : where the recording's band ends; NO_CUT_HZ: nowhere
    peak_db : dB re full scale
    ceiling : at which the recording is clipped, over its peak; 1 or more: not
    step : of the recording's coarse steps, over its peak; 0: none
    """

    speech_there: bool
    noise_there: bool
    snr_db: float
    cut_hz: float
    peak_db: float
    ceiling: float
    step: float


@dataclass(frozen=True)
class Mixer:
    """Draws mixtures of `length` samples at one rate."""

    speech: Corpus
    noise: Corpus
    rirs: Corpus
    sample_rate: int
    length: int

    @classmethod
    def open(cls, folder: Path, sample_rate: int, seconds: float, held_out: bool = False) -> Mixer:
        """From what `prepare` wrote."""
        return cls(
            Corpus.open(folder, "speech", sample_rate, held_out),
            Corpus.open(folder, "noise", sample_rate, held_out),
            Corpus.open(folder, "rir", sample_rate),
            sample_rate,
            round(seconds * sample_rate),
        )

    def draw(self, rng: Generator) -> Mixture:
        """One mixture."""
        return self.mixed(self.parts(rng), draw_recipe(rng))

    def mixed(self, parts: Parts, recipe: Recipe) -> Mixture:
        """Parts put together and recorded."""
        wet, *targets = (x * np.float32(recipe.speech_there) for x in parts[:3])
        noise = self._scaled(parts.noise, wet, recipe.snr_db) * np.float32(recipe.noise_there)
        signals = [wet + noise, *targets]
        if recipe.cut_hz < NO_CUT_HZ:
            signals = [self._limited(x, recipe.cut_hz) for x in signals]
        return Mixture(*_recorded(signals, recipe), parts.bandwidth_hz)

    def parts(self, rng: Generator) -> Parts:
        """Speech in a room and noise, not mixed yet."""
        speech, bandwidth = self._voices(rng)
        return Parts(*self._in_room(speech, rng), self._noise(rng), bandwidth)

    def _voices(self, rng: Generator) -> tuple[Samples, float]:
        """Speech, now and then whispered, with breaths, or of two talkers at once; all of it is to stay."""
        x, bandwidth = self._speech(rng)
        kind = rng.random()
        if kind < WHISPERED_SHARE:
            x = whispered(x, self.sample_rate, rng)
        elif kind < WHISPERED_SHARE + TOGETHER_SHARE:
            other, its_bandwidth = self._speech(rng)
            bandwidth = min(bandwidth, its_bandwidth)
            level, its = (np.sqrt((one**2).mean()) + 1e-9 for one in (x, other))
            x = x + other * np.float32(level / its * 10 ** (rng.uniform(*TOGETHER_DB) / 20))
        if rng.random() < BREATHING_SHARE:
            x = breathing(x, self.sample_rate, rng)
        return x, bandwidth

    def _speech(self, rng: Generator) -> tuple[Samples, float]:
        """A stretch of one talker, now and then of two in turn, with pauses."""
        entry = self.speech.draw(rng)
        x = np.zeros(self.length, np.float32)
        bandwidth = entry["bandwidth_hz"]
        paces = draw_paces(self.length, self.sample_rate, rng)
        at = int(rng.integers(self.length // 4)) if rng.random() < 0.5 else 0
        while at < self.length:
            piece = self._played(entry, paces[at:], rng)
            edge = min(64, len(piece) // 2)
            if edge:
                piece[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
                piece[-edge:] *= np.linspace(1, 0, edge, dtype=np.float32)
            x[at : at + len(piece)] = piece
            at += len(piece) + int(rng.uniform(0.1, 0.9) * self.sample_rate)
            if rng.random() < 0.3:
                entry = self.speech.draw(rng)
                bandwidth = min(bandwidth, entry["bandwidth_hz"])
        if rng.random() < 0.25:  # quiet words beside loud ones
            ride = np.interp(np.linspace(0, 5, self.length), np.arange(6), rng.uniform(-12, 3, 6))
            x *= (10 ** (ride / 20)).astype(np.float32)
        return x, bandwidth

    def _played(self, entry: Entry, paces: Samples, rng: Generator) -> Samples:
        """A stretch of a recording, so many times as fast; not longer than paces (n,)."""
        if (paces == 1).all():
            return self.speech.read(entry, len(paces), rng)
        places = np.cumsum(paces, dtype=np.float64) - paces[0]
        piece = self.speech.read(entry, int(places[-1]) + 2, rng)
        played: Samples = np.interp(places[places < len(piece) - 1], np.arange(len(piece)), piece).astype(np.float32)
        return played

    def _in_room(self, speech: Samples, rng: Generator) -> tuple[Samples, Samples, Samples]:
        """Speech as the microphone hears it, and as it should come out, in less of the room and in none; all coloured
        alike.
        """
        in_room = rng.random() < 0.55
        room = draw_room(self.rirs, self.sample_rate, rng) if in_room else np.ones(1, np.float32)
        length = fft.next_fast_len(self.length + len(room), real=True) if in_room else self.length
        spectrum = fft.rfft(speech, length)
        if rng.random() < 0.6:
            spectrum *= 10 ** (curve_db(8, 4, len(spectrum), rng) / np.float32(20))
        dry = fft.irfft(spectrum, length)[: self.length]
        if not in_room:
            return dry, dry, dry
        responses = (room, target_of(room, self.sample_rate), dry_target_of(room, self.sample_rate))
        wet, kept, near = (fft.irfft(spectrum * fft.rfft(h, length), length)[: self.length] for h in responses)
        return wet, kept, near

    def _noise(self, rng: Generator) -> Samples:
        """One to three noises, real or made, at unequal levels."""
        total = np.zeros(self.length, np.float32)
        for _ in range(int(rng.choice((1, 2, 3), p=(0.6, 0.3, 0.1)))):
            which = rng.random()
            if which < 0.62:
                x = self._real_noise(rng)
            elif which < 0.72:
                x = babble(self.speech, self.length, rng)
            else:
                x = MAKERS[rng.integers(len(MAKERS))](self.length, self.sample_rate, rng)
            total += x * np.float32(10 ** (-rng.uniform(0, 15) / 20) / (np.sqrt((x**2).mean()) + 1e-9))
        return total

    def _real_noise(self, rng: Generator) -> Samples:
        """A recorded noise: slower or faster, backwards, recoloured."""
        pace = float(np.exp(rng.uniform(np.log(0.7), np.log(1.4)))) if rng.random() < 0.6 else 1.0
        x = np.zeros(self.length, np.float32)
        at = 0
        while at < self.length:
            piece = self.noise.read(self.noise.draw(rng), int((self.length - at) * pace) + 2, rng)
            if pace != 1.0:
                piece = np.interp(np.arange(0, len(piece) - 1, pace), np.arange(len(piece)), piece).astype(np.float32)
            piece = piece[: self.length - at]
            x[at : at + len(piece)] = piece
            at += max(1, len(piece))
        if rng.random() < 0.25:
            x = x[::-1].copy()
        if rng.random() < 0.6:
            spectrum = fft.rfft(x)
            x = fft.irfft(spectrum * 10 ** (curve_db(8, 5, len(spectrum), rng) / np.float32(20)), len(x))
        return x

    def _scaled(self, noise: Samples, wet: Samples, snr_db: float) -> Samples:
        """Noise at an SNR over the stretches where speech is heard."""
        power = (wet[: len(wet) // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1)
        active = power > 1e-3 * power.max() + 1e-12
        level = float(np.sqrt(power[active].mean())) if active.any() else 0.1
        return noise * np.float32(level * 10 ** (-snr_db / 20) / (np.sqrt((noise**2).mean()) + 1e-9))

    def _limited(self, x: Samples, cut_hz: float) -> Samples:
        spectrum = fft.rfft(x)
        frequency = np.arange(len(spectrum)) * self.sample_rate / len(x)
        limited: Samples = fft.irfft(spectrum / np.sqrt(1 + (frequency / cut_hz) ** 40), len(x)).astype(np.float32)
        return limited


def draw_paces(length: int, sample_rate: int, rng: Generator) -> Samples:
    """(length,) How much faster speech is played, and how much higher its pitch becomes."""
    kind = rng.random()
    if kind < EXCITED_SHARE:
        knots = 2 + int(length / sample_rate / EXCITED_S)
        paces = np.exp(rng.uniform(np.log(EXCITED_PACE[0]), np.log(EXCITED_PACE[1]), knots))
        return np.interp(np.linspace(0, knots - 1, length), np.arange(knots), paces).astype(np.float32)
    pace = rng.uniform(*OTHER_PACE) if kind < EXCITED_SHARE + OTHER_SHARE else 1.0
    return np.full(length, pace, np.float32)


def draw_recipe(rng: Generator) -> Recipe:
    """How the next mixture is made."""
    kind = rng.random()
    clean = rng.random() < CLEAN_SHARE
    snr_db = float(rng.uniform(20, 45) if clean else np.clip(rng.normal(7, 9), -8, 35))
    cut_hz = float(np.exp(rng.uniform(np.log(3400), np.log(7500)))) if rng.random() < 0.12 else NO_CUT_HZ
    peak_db, fault = float(rng.uniform(-40, -1)), rng.random()
    ceiling = float(10 ** (-rng.uniform(2, 9) / 20)) if fault < 0.05 else 2.0
    step = 2.0 ** -int(rng.integers(6, 10)) if 0.05 <= fault < 0.08 else 0.0
    return Recipe(kind >= 0.05, not 0.05 <= kind < 0.07, snr_db, cut_hz, peak_db, ceiling, step)


def _recorded(signals: list[Samples], recipe: Recipe) -> tuple[Samples, Samples, Samples]:
    """Noisy and targets at a level; the noisy one sometimes too hot, sometimes in coarse steps."""
    peak = np.float32(10 ** (recipe.peak_db / 20))
    noisy, target, dry = (x * (peak / (np.abs(signals[0]).max() + 1e-9)) for x in signals)
    ceiling, step = recipe.ceiling * peak, recipe.step * peak
    noisy = np.clip(noisy, -ceiling, ceiling)
    if step > 0:
        noisy = np.rint(noisy / step) * step
    return noisy.astype(np.float32), target.astype(np.float32), dry.astype(np.float32)
