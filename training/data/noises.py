"""Noises that no corpus has enough of: coloured and modulated noise, machines, clicks and keystrokes, music, babble."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import fft

from .corpus import Corpus, Generator, Samples

Maker = Callable[[int, int, Generator], Samples]
SCALE = np.array((0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 17, 19))  # semitones; the last four only in chords
EDGE_S = 0.001  # of a burst that stays as loud as it began


def curve_db(points: int, spread_db: float, bins: int, rng: Generator) -> Samples:
    """A random smooth curve over `bins` frequencies, in dB."""
    knots = np.linspace(0, 1, points)
    warped = np.sqrt(np.linspace(0, 1, bins))  # more detail at low frequencies
    return np.interp(warped, knots, rng.normal(0, spread_db, points)).astype(np.float32)


def coloured(n: int, sample_rate: int, rng: Generator) -> Samples:
    """Noise of a random smooth spectrum, usually falling with frequency."""
    bins = n // 2 + 1
    frequency = np.maximum(np.arange(bins, dtype=np.float32) * np.float32(sample_rate / n), 20)
    tilt = np.float32(-rng.uniform(-1, 9)) * np.log2(frequency / 500)
    amplitude = 10 ** ((tilt + curve_db(12, 6, bins, rng)) / np.float32(20))
    spectrum = rng.standard_normal((bins, 2), np.float32).view(np.complex64)[:, 0] * amplitude
    noise: Samples = fft.irfft(spectrum, n)
    return noise


def modulated(n: int, sample_rate: int, rng: Generator) -> Samples:
    """Coloured noise that comes and goes: waves, traffic, wind, crackle."""
    rate_hz = float(np.exp(rng.uniform(np.log(0.3), np.log(12))))
    knots = max(4, int(n / sample_rate * rate_hz) + 2)
    depth_db = rng.uniform(4, 25)
    envelope = np.interp(np.linspace(0, knots - 1, n), np.arange(knots), rng.uniform(-depth_db, 0, knots))
    return (coloured(n, sample_rate, rng) * 10 ** (envelope / 20)).astype(np.float32)


def machine(n: int, sample_rate: int, rng: Generator) -> Samples:
    """Hum, fans, motors: harmonics of a slowly wandering pitch over coloured noise."""
    t = np.arange(n) / sample_rate
    pitch = float(np.exp(rng.uniform(np.log(40), np.log(900)))) if rng.random() < 0.7 else float(rng.choice((50, 60)))
    depth = 10 ** rng.uniform(-3, -0.9)  # up to an eighth: engines that are driven faster and slower
    wander = 1 + depth * np.sin(2 * np.pi * rng.uniform(0.05, 2) * t + rng.uniform(0, 6.28))
    phase = 2 * np.pi * np.cumsum(pitch * wander) / sample_rate
    x = np.zeros(n)
    for k in range(1, int(rng.integers(2, 24))):
        if k * pitch < sample_rate / 2.2:
            x += 10 ** (-rng.uniform(0, 30) / 20) * np.sin(k * phase + rng.uniform(0, 6.28))
    floor = coloured(n, sample_rate, rng)
    floor_gain = 10 ** (rng.uniform(-20, 10) / 20)
    noise: Samples = (x + floor * (x.std() / (floor.std() + 1e-9)) * floor_gain).astype(np.float32)
    return noise


def knocks(n: int, sample_rate: int, rng: Generator) -> Samples:
    """Keystrokes, clicks, clocks, dishes, drops, doors: short bursts of coloured noise or ringing, many or few."""
    x = np.zeros(n, np.float32)
    decay_s = float(np.exp(rng.uniform(np.log(0.002), np.log(0.08))))
    size = max(64, int(6 * decay_s * sample_rate))
    ringing, lasting = rng.random() < 0.4, rng.random() < 0.25
    pitch = rng.uniform(300, 4500)
    colour = coloured(size, sample_rate, rng)
    t = np.arange(size) / sample_rate
    envelope = np.clip(np.minimum(t, 2 * decay_s - t) / EDGE_S, 0, 1) if lasting else np.exp(-t / decay_s)
    for at in _moments(n, sample_rate, rng):
        burst = (
            np.sin(2 * np.pi * pitch * rng.uniform(0.9, 1.1) * t) if ringing else np.roll(colour, rng.integers(size))
        )
        burst = burst * envelope * 10 ** (-rng.uniform(0, 20) / 20) / (np.abs(burst).max() + 1e-9)
        x[at : at + size] += burst[: n - at].astype(np.float32)
    return x + _faint_hiss(n, sample_rate, rng)


def _moments(n: int, sample_rate: int, rng: Generator) -> list[int]:
    """When it knocks: at random, or as a clock does; once in seven seconds up to 14 times in one."""
    per_second = float(np.exp(rng.uniform(np.log(0.15), np.log(14))))
    if rng.random() < 0.2:
        every = round(sample_rate / rng.uniform(1, 5))
        return list(range(int(rng.integers(every)), n, every))
    return [int(rng.integers(n)) for _ in range(max(1, rng.poisson(per_second * n / sample_rate)))]


def _faint_hiss(n: int, sample_rate: int, rng: Generator) -> Samples:
    """What no recording is without."""
    return coloured(n, sample_rate, rng) * np.float32(10 ** (-rng.uniform(35, 60) / 20))


def music(n: int, sample_rate: int, rng: Generator) -> Samples:
    """One to three parts of plucked or held notes of a scale, some as chords: what plays behind a voice."""
    x = np.zeros(n, np.float32)
    tonic = float(np.exp(rng.uniform(np.log(55), np.log(220))))
    beat_s = float(rng.uniform(0.18, 0.7))
    for _ in range(int(rng.integers(1, 4))):
        part = _Part(rng.uniform(4, 14), rng.uniform(0.3, 6), rng.uniform(0.003, 0.08), rng.uniform(0, 0.008))
        octave, sounding_s = 2.0 ** rng.integers(0, 3), beat_s * float(rng.choice((1, 2, 4)))
        gain = np.float32(10 ** (-rng.uniform(0, 12) / 20))
        at = int(rng.uniform(0, beat_s) * sample_rate)
        while at < n:
            chord = SCALE[rng.integers(len(SCALE) - 4) + np.array((0, 2, 4))[: int(rng.choice((1, 1, 3)))]]
            for step in chord:
                note = _note(tonic * octave * 2 ** (step / 12), sounding_s, part, sample_rate, rng)[: n - at]
                x[at : at + len(note)] += gain * note
            at += int(beat_s * float(rng.choice((0.5, 1, 1, 2))) * sample_rate)
    return x + _faint_hiss(n, sample_rate, rng)


class _Part(NamedTuple):
    """An instrument: how fast harmonics weaken, dB per octave, and notes die away, 1/s; attack_s; vibrato, relative."""

    slope_db: float
    decay: float
    attack_s: float
    vibrato: float


def _note(pitch_hz: float, seconds: float, part: _Part, sample_rate: int, rng: Generator) -> Samples:
    t = np.arange(int(seconds * sample_rate), dtype=np.float32) / np.float32(sample_rate)
    phase = 2 * np.pi * pitch_hz * t + part.vibrato * pitch_hz / 5 * np.sin(2 * np.pi * 5 * t)
    x = np.zeros(len(t), np.float32)
    for k in range(1, 1 + min(12, int(0.45 * sample_rate / pitch_hz))):
        weaker_db = part.slope_db * np.log2(k) + rng.uniform(0, 6)
        x += (10 ** (-weaker_db / 20) * np.sin(k * phase)).astype(np.float32)
    edges = np.minimum(1, np.minimum(t, seconds - t) / part.attack_s)
    note: Samples = (x * edges * np.exp(-part.decay * t)).astype(np.float32)
    return note


def babble(speech: Corpus, n: int, rng: Generator) -> Samples:
    """Several people talking at once."""
    x = np.zeros(n, np.float32)
    for _ in range(int(rng.integers(3, 9))):
        at = 0
        gain = np.float32(10 ** (-rng.uniform(0, 10) / 20))
        while at < n:
            voice = speech.read(speech.draw(rng), n - at, rng)
            level = np.sqrt((voice**2).mean() + 1e-9)
            x[at : at + len(voice)] += voice * gain / level
            at += len(voice) + int(rng.integers(1, n // 8))
    return x


MAKERS: tuple[Maker, ...] = (coloured, modulated, modulated, machine, knocks, knocks, knocks, music, music)
