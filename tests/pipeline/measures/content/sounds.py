"""Music, applause and singing made for the tests, always the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from pipeline.audio import Samples

Line = NDArray[np.float64]


def melody(sample_rate: int, duration_s: float, level_db: float = -22.0) -> Samples:
    """(1, n): plucked chords, one every half second, whose partials die away, and a tune over them."""
    n, rng = round(duration_s * sample_rate), np.random.default_rng(3)
    x = np.zeros(n)
    for k in range(int(duration_s / 0.25)):
        root = (0, 5, 7, 0)[k // 8 % 4]
        notes = (root, root + 4, root + 7) if k % 2 == 0 else (12 + root + int(rng.choice([0, 2, 4, 7])),)
        start = round(k * 0.25 * sample_rate)
        t = np.arange(min(round(1.2 * sample_rate), n - start)) / sample_rate
        for note in notes:
            hz = 220 * 2 ** (note / 12)
            for partial in range(1, 9):
                if hz * partial < 0.45 * sample_rate:
                    tone = np.sin(2 * np.pi * hz * partial * t) * np.exp(-t * (1.5 + partial))
                    x[start : start + t.size] += tone / partial
    return _at(x, level_db)


def applause(sample_rate: int, duration_s: float, level_db: float = -25.0) -> Samples:
    """(1, n): forty people, each of whom claps four times a second or so: bursts of noise of 10 ms."""
    n, rng = round(duration_s * sample_rate), np.random.default_rng(4)
    x = np.zeros(n)
    for _ in range(40):
        rate, at, loud = rng.uniform(3, 5), rng.uniform(0, 0.3), rng.uniform(0.2, 1)
        middle = rng.uniform(700, 1800)
        band = butter(2, (0.6 * middle, 1.8 * middle), "band", fs=sample_rate, output="sos")
        t = np.arange(round(0.04 * sample_rate)) / sample_rate
        clap = loud * sosfilt(band, rng.standard_normal(t.size) * np.exp(-t / 0.006))
        while at < duration_s:
            start = round(at * sample_rate)
            part = clap[: max(0, n - start)]
            x[start : start + part.size] += part
            at += rng.uniform(0.9, 1.1) / rate
    return _at(x, level_db)


def sung(sample_rate: int, duration_s: float, level_db: float = -22.0) -> Samples:
    """(1, n): vowels on the notes of a scale, held for about a second each, with vibrato."""
    n, rng = round(duration_s * sample_rate), np.random.default_rng(5)
    t = np.arange(n) / sample_rate
    notes = np.repeat(rng.choice([0, 2, 4, 5, 7, 9, 12], int(duration_s / 0.8) + 1), round(0.8 * sample_rate))[:n]
    slides = np.convolve(np.pad(notes.astype(float), 200, "edge"), np.full(401, 1 / 401), "valid")
    pitch = 196 * 2 ** ((slides + 0.4 * np.sin(2 * np.pi * 5.5 * t)) / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate
    x = np.zeros(n)
    for k in range(1, 30):
        formants = sum(np.exp(-(((pitch * k - f) / w) ** 2)) for f, w in ((700, 200), (1150, 250), (2700, 400))) + 0.01
        x += np.where(pitch * k < 0.45 * sample_rate, formants, 0) * np.sin(k * phase)
    return _at(x + 0.002 * rng.standard_normal(n), level_db)


def _at(x: Line, level_db: float) -> Samples:
    y: Samples = (x / np.sqrt(np.mean(x * x)) * 10 ** (level_db / 20)).astype(np.float32)[np.newaxis]
    return y
