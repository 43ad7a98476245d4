"""Signals made for the tests, always the same."""

from __future__ import annotations

import numpy as np

from pipeline.audio import Samples


def sine(
    frequency_hz: float, sample_rate: int, duration_s: float, peak: float = 0.5, phase_deg: float = 0.0
) -> Samples:
    """(1, n)."""
    t = np.arange(round(duration_s * sample_rate)) / sample_rate
    return (peak * np.sin(2 * np.pi * frequency_hz * t + np.deg2rad(phase_deg))).astype(np.float32)[np.newaxis]


def noise(channels: int, n: int, level_db: float = -20.0, seed: int = 0) -> Samples:
    """White, (channels, n), `level_db` dBFS mean power."""
    x = np.random.default_rng(seed).standard_normal((channels, n))
    return (x * 10 ** (level_db / 20)).astype(np.float32)


def speech_like(
    sample_rate: int, duration_s: float, level_db: float = -26.0, seed: int = 1, pitch: float = 1.0
) -> Samples:
    """(1, n): harmonics of a wandering voice pitch in syllables of 150 ms with pauses between them; no noise at all.

    pitch : a factor: another voice has another
    """
    rng = np.random.default_rng(seed)
    n = round(duration_s * sample_rate)
    t = np.arange(n) / sample_rate
    hz = 130 + 25 * np.sin(2 * np.pi * 0.7 * t) + 10 * np.sin(2 * np.pi * 2.3 * t)
    phase = pitch * 2 * np.pi * np.cumsum(hz) / sample_rate
    voice = np.zeros(n)
    for k in range(1, 40):
        if 160 * k > 0.45 * sample_rate:
            break
        formants = sum(np.exp(-(((130 * k - f) / 250) ** 2)) for f in (600, 1500, 2600)) + 0.02
        voice += formants * np.sin(k * phase + rng.uniform(0, 6.28))
    syllables = rng.random(int(duration_s / 0.15) + 2) > 0.35
    gate = np.repeat(syllables.astype(float), round(0.15 * sample_rate))[:n]
    smooth = max(1, round(0.02 * sample_rate))
    envelope = np.convolve(gate, np.hanning(smooth + 2)[1:-1] / np.hanning(smooth + 2).sum(), "same")
    x = voice * envelope
    return (x / np.sqrt(np.mean(x[envelope > 0.5] ** 2)) * 10 ** (level_db / 20)).astype(np.float32)[np.newaxis]
