"""Scenes to learn from: stretches of speech, music, singing, laughter, applause and of none of them, over noise.

Recordings lie in a folder as KIND/SOURCE/*.flac, 16 kHz mono; beside the kinds of the detector there are `noise`, what
sounds all the time, and `other`, single sounds that must not be taken for any of the kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.signal import butter, fftconvolve, sosfilt

from pipeline.measures.content.features import State, features, powers, transform
from pipeline.measures.content.network import STRIDE
from pipeline.measures.content.weights import KINDS

RATE = 16_000
SCENE_S = 16.0
MOST_RECORDINGS, MOST_S = 220, 60  # of a source, of a recording
SHARES = {"speech": 0.44, "music": 0.14, "singing": 0.13, "laughter": 0.12, "applause": 0.11, "": 0.06}
AROUND_S = {"speech": 0.2, "music": 0.5, "singing": 0.4, "laughter": 0.25, "applause": 0.35}  # belongs to it as well
HEARD_DB, UNHEARD_DB = -22.0, -34.0  # a kind against all else: clearly there, clearly not; between them nothing counts
HOP = 512 * STRIDE  # samples for each answer

Sound = NDArray[np.float32]


@dataclass
class Pool:
    """Recordings by kind and source. Every source of a kind is drawn equally often, but for its root of hours."""

    sounds: dict[str, list[list[Sound]]] = field(default_factory=dict)
    rooms: list[Sound] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path, rooms: Path | None = None) -> Pool:
        pool = cls()
        with ThreadPoolExecutor(4) as threads:
            for kind in sorted(path for path in folder.iterdir() if path.is_dir()):
                for source in sorted(kind.iterdir()):
                    paths = sorted(source.glob("*.flac"))[:MOST_RECORDINGS]
                    pool.sounds.setdefault(kind.name, []).append(list(threads.map(_read, paths)))
            if rooms:
                pool.rooms = list(threads.map(_read, sorted(rooms.rglob("*.flac"))))
        return pool

    def draw(self, kind: str, length: int, rng: np.random.Generator) -> Sound:
        """`length` samples of one recording of a kind, from anywhere in it; shorter where the recording is."""
        sources = self.sounds[kind]
        weights = np.sqrt([sum(len(sound) for sound in source) for source in sources])
        source = sources[rng.choice(len(sources), p=weights / weights.sum())]
        sound = source[rng.integers(len(source))]
        start = int(rng.integers(max(1, len(sound) - length + 1)))
        part = sound[start : start + length]
        level = float(np.sqrt(np.mean(part * part)))
        return part / np.float32(max(level, 1e-5)) * np.float32(0.1)


def _read(path: Path) -> Sound:
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True, frames=MOST_S * RATE)
    if rate != RATE:
        raise ValueError(f"{path} has {rate} Hz, not {RATE}.")
    mono: Sound = sound[:, 0]
    return mono


def scene(pool: Pool, rng: np.random.Generator) -> tuple[Sound, Sound, Sound]:
    """A mixture (n,), what is there (answers, kinds) as 0 or 1, and how much that counts (answers, kinds)."""
    n = round(SCENE_S * RATE)
    parts = {kind: np.zeros(n, np.float32) for kind in KINDS}
    for kind, start, length in _plan(n, rng):
        _place(parts, pool, kind, start, length, rng)
    if rng.random() < 0.25:  # a bed under everything
        _add(parts["music"], pool.draw("music", n, rng) * _gain(rng, -24, -2), 0)
    rest, babble = _background(pool, n, rng)
    mix = np.sum(list(parts.values()), axis=0) + rest
    there, counts = _answers(parts, mix)
    if babble:  # somebody does speak there
        counts[:, 0] *= there[:, 0]
    return _channel(mix, rng), there, counts


def _plan(n: int, rng: np.random.Generator) -> Iterator[tuple[str, int, int]]:
    at = -int(rng.integers(0, 4 * RATE))
    while at < n:
        kind = str(rng.choice(list(SHARES), p=list(SHARES.values())))
        length = int(rng.uniform(1.5, 12.0) * RATE)
        if kind:
            yield kind, at, length
        if rng.random() < 0.12:
            yield str(rng.choice(["laughter", "applause", "speech"])), at + length // 3, length
        at += int(length * rng.uniform(0.8, 1.1))


def _place(parts: dict[str, Sound], pool: Pool, kind: str, start: int, length: int, rng: np.random.Generator) -> None:
    room = pool.rooms[rng.integers(len(pool.rooms))] if pool.rooms and rng.random() < 0.4 else None
    gain, at = _gain(rng, -8, 6), start
    while at < start + length and at < len(parts[kind]):
        sound = pool.draw(kind, start + length - at, rng)
        wet = sound if room is None else fftconvolve(sound, room)[: len(sound) + RATE // 2].astype(np.float32)
        wet = wet * np.float32(0.1 / max(float(np.sqrt(np.mean(wet * wet))), 1e-5))
        ends = min(RATE // 50, len(wet) // 2)
        fade = np.linspace(0, 1, ends, dtype=np.float32)
        wet[:ends] *= fade
        wet[len(wet) - ends :] *= fade[::-1]
        _add(parts[kind], wet * gain, at)
        at += len(sound) + int(rng.exponential(0.3) * RATE)
    if kind == "singing" and rng.random() < 0.35:  # accompanied
        _add(parts["music"], pool.draw("music", length, rng) * gain * _gain(rng, -14, 3), start)


def _add(line: Sound, sound: Sound, at: int) -> None:
    first, last = max(at, 0), min(at + len(sound), len(line))
    if first < last:
        line[first:last] += sound[first - at : last - at]


def _gain(rng: np.random.Generator, low_db: float, high_db: float) -> np.float32:
    return np.float32(10 ** (rng.uniform(low_db, high_db) / 20))


def _background(pool: Pool, n: int, rng: np.random.Generator) -> tuple[Sound, bool]:
    """Noise, steady or recorded or many who talk, and single sounds (n,); whether there is such talk."""
    rest, babble = np.zeros(n, np.float32), False
    level = _gain(rng, -45, 0)
    chance = rng.random()
    if chance < 0.55:
        at = 0
        while at < n:
            sound = pool.draw("noise", n - at, rng)
            _add(rest, sound * level, at)
            at += len(sound)
    elif chance < 0.7:
        babble = True
        for _ in range(int(rng.integers(4, 16))):
            at = -int(rng.integers(0, 4 * RATE))
            while at < n:
                sound = pool.draw("speech", n, rng)
                _add(rest, sound * level * _gain(rng, -14, -6), at)
                at += len(sound)
    shaped = sosfilt(butter(1, rng.uniform(60, 6000), "low", fs=RATE, output="sos"), rng.standard_normal(n))
    rest += (0.1 * shaped / np.sqrt(np.mean(shaped**2))).astype(np.float32) * _gain(rng, -60, -12)
    if rng.random() < 0.4:
        for _ in range(int(rng.integers(1, 8))):
            _add(rest, pool.draw("other", 4 * RATE, rng) * _gain(rng, -15, 6), int(rng.integers(n)))
    return rest, babble


def _answers(parts: dict[str, Sound], mix: Sound) -> tuple[Sound, Sound]:
    """What is there, and how much that counts: (answers, kinds) each."""
    all_of_it = _power(mix)
    there, counts = [], []
    for kind, sound in parts.items():
        power = _power(sound)
        loud = power > 10**-2.8 * max(float(np.percentile(power, 95)), 1e-9)
        size = 2 * round(AROUND_S[kind] * RATE / HOP) + 1
        own_db = 10 * np.log10((maximum_filter1d(power, size) + 1e-12) / (all_of_it + 1e-12))
        active = maximum_filter1d(loud.astype(np.uint8), size) > 0
        there.append(active & (own_db > HEARD_DB))
        counts.append(~active | (own_db > HEARD_DB) | (own_db < UNHEARD_DB))
    return np.stack(there, axis=1).astype(np.float32), np.stack(counts, axis=1).astype(np.float32)


def _power(sound: Sound) -> NDArray[np.float64]:
    """Around each answer's moment: its frame begins at the answer's place."""
    whole = len(sound) // HOP * HOP
    power: NDArray[np.float64] = np.mean(sound[:whole].reshape(-1, HOP).astype(np.float64) ** 2, axis=1)
    return power


def _channel(mix: Sound, rng: np.random.Generator) -> Sound:
    """The mixture as some device would have it: its band, its level, its limits."""
    chance = rng.random()
    if chance < 0.12:
        mix = sosfilt(butter(4, [300, 3400], "band", fs=RATE, output="sos"), mix).astype(np.float32)
    elif chance < 0.35:
        mix = sosfilt(butter(6, rng.uniform(2500, 7800), "low", fs=RATE, output="sos"), mix).astype(np.float32)
    if rng.random() < 0.4:
        tilted = sosfilt(
            butter(1, rng.uniform(200, 3000), str(rng.choice(["low", "high"])), fs=RATE, output="sos"), mix
        )
        mix = (mix + _gain(rng, -6, 6) * tilted).astype(np.float32)
    if rng.random() < 0.06:
        top = np.float32(np.abs(mix).max() * rng.uniform(0.2, 0.7))
        mix = np.clip(mix, -top, top)
    return mix * _gain(rng, -40, 6)


def heard(mix: Sound) -> Sound:
    """Features of a scene: (frames, 52), as many as there are whole hops."""
    stft = transform(RATE)
    whole = mix[: len(mix) // HOP * HOP]
    power, _ = powers(whole[None], stft.silence(1), stft, RATE)
    made, _ = features(power, RATE, stft, State())
    return made


def write(pool: Pool, path: Path, count: int, seed: int) -> None:
    """So many scenes into a file: their features, what is there, and how much that counts."""
    rng = np.random.default_rng(seed)
    made = [scene(pool, rng) for _ in range(count)]
    np.savez(
        path,
        heard=np.stack([heard(mix) for mix, _, _ in made]).astype(np.float16),
        there=np.stack([there for _, there, _ in made]).astype(np.uint8),
        counts=np.stack([counts for _, _, counts in made]).astype(np.uint8),
    )
