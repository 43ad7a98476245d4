"""Room responses: measured ones, and small rooms made by a stochastic model."""

from __future__ import annotations

import numpy as np

from .corpus import Corpus, Generator, Samples

DIRECT_S = 0.0015
EARLY_S = 0.04  # what comes within this of the direct sound stays in the target
TARGET_DECAY_S = 0.15  # time in which the rest of the target's room falls by 60 dB on top of its own decay
DRY_EARLY_S, DRY_DECAY_S = 0.02, 0.06  # the same where the room is to be left


def draw_room(rirs: Corpus, sample_rate: int, rng: Generator) -> Samples:
    """A room response (n,) that starts at its direct sound, of unit energy."""
    if rng.random() < 0.4:
        entry = rirs.draw(rng)
        h = rirs.samples[entry["start"] : entry["stop"]].astype(np.float32)
        h = h[max(0, int(np.argmax(np.abs(h))) - 4) :][: int(1.5 * sample_rate)]
        closer = np.ones_like(h)  # as if nearer to the microphone: the room is heard less
        closer[: int(DIRECT_S * sample_rate)] = 10 ** (rng.uniform(0, 12) / 20)
        h = h * closer
    else:
        h = _made(sample_rate, rng)
    response: Samples = (h / np.sqrt((h.astype(np.float64) ** 2).sum() + 1e-12)).astype(np.float32)
    return response


def _made(sample_rate: int, rng: Generator) -> Samples:
    """Direct sound, some reflections, and a tail of noise that decays, faster at high frequencies (Polack's model)."""
    rt60 = float(np.exp(rng.uniform(np.log(0.12), np.log(0.9))))
    n = int(min(1.0, rt60) * sample_rate)
    t = np.arange(n) / sample_rate
    tail = rng.standard_normal(n)
    bright = tail * np.exp(-6.9 * t / rt60)
    dark = np.convolve(tail, np.hanning(9) / 4, "same") * np.exp(-6.9 * t / (rt60 * rng.uniform(1, 1.6)))
    h = bright * rng.uniform(0.3, 1) + dark
    delay = int(rng.uniform(0.002, 0.012) * sample_rate)
    h[:delay] = 0
    for _ in range(int(rng.integers(3, 12))):
        at = int(rng.uniform(0.001, 0.04) * sample_rate)
        h[min(at, n - 1)] += rng.choice((-1, 1)) * rng.uniform(0.5, 4)
    direct_to_rest_db = rng.uniform(-4, 14)
    h *= 1 / np.sqrt((h**2).sum() + 1e-12)
    h[0] = 10 ** (direct_to_rest_db / 20)
    return h.astype(np.float32)


def target_of(room: Samples, sample_rate: int) -> Samples:
    """The part of a room response that the denoiser may keep: early reflections, and a tail that soon dies away."""
    return _shortened(room, sample_rate, EARLY_S, TARGET_DECAY_S)


def dry_target_of(room: Samples, sample_rate: int) -> Samples:
    """The part that stays when the room is to go as well: the first reflections, which make a voice louder."""
    return _shortened(room, sample_rate, DRY_EARLY_S, DRY_DECAY_S)


def _shortened(room: Samples, sample_rate: int, early_s: float, decay_s: float) -> Samples:
    t = np.arange(len(room)) / sample_rate
    return (room * np.exp(-6.9 * np.maximum(t - early_s, 0) / decay_s)).astype(np.float32)
