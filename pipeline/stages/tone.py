"""Warmth and presence: how full and how near a voice sounds.

Warmth is a low shelf about 200 Hz, where a voice has its body. Presence is a broad peak at 4 kHz, where consonants are
told apart; a shelf there would raise hiss and sharp s sounds with it.

Reference: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients" (W3C note, 2021).
"""

from __future__ import annotations

from math import cos, pi, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.dsp import biquad
from pipeline.settings import Tone
from pipeline.stream.stage import IDENTITY, AnyStage, run_whole

WARMTH_HZ = 200.0
PRESENCE_HZ, PRESENCE_QUALITY = 4_000.0, 0.7  # -3 dB of the peak's gain about an octave to either side
HIGHEST_CENTRE = 0.35  # of the sample rate: nearer to half of it, the bilinear transform squeezes the peak


def low_shelf(corner_hz: float, gain_db: float, sample_rate: int) -> NDArray[np.float64]:
    """One low-shelf section (6,) b0 b1 b2 1 a1 a2 of slope 1: `gain_db` far below the corner, half of it there."""
    a, w = 10 ** (gain_db / 40), 2 * pi * corner_hz / sample_rate
    edge = sqrt(2 * a) * sin(w)  # 2 √A α, where α = sin(w) / √2
    more, less, c = a + 1, a - 1, cos(w)
    b = np.array([more - less * c + edge, 2 * (less - more * c), more - less * c - edge]) * a
    d = np.array([more + less * c + edge, -2 * (less + more * c), more + less * c - edge])
    section: NDArray[np.float64] = np.concatenate((b, d)) / d[0]
    return section


def peak(centre_hz: float, gain_db: float, quality: float, sample_rate: int) -> NDArray[np.float64]:
    """One peaking section (6,) b0 b1 b2 1 a1 a2: `gain_db` at the centre, none far from it."""
    a, w = 10 ** (gain_db / 40), 2 * pi * centre_hz / sample_rate
    alpha, c = sin(w) / (2 * quality), cos(w)
    section: NDArray[np.float64] = np.array(
        [1 + alpha * a, -2 * c, 1 - alpha * a, 1 + alpha / a, -2 * c, 1 - alpha / a]
    ) / (1 + alpha / a)
    return section


def stage(params: Tone, sample_rate: int, channels: int) -> AnyStage:
    """Both filters, as far as they are asked for. No latency."""
    sections = []
    if params.warmth_db:
        sections.append(low_shelf(WARMTH_HZ, params.warmth_db, sample_rate))
    if params.presence_db:
        centre_hz = min(PRESENCE_HZ, HIGHEST_CENTRE * sample_rate)
        sections.append(peak(centre_hz, params.presence_db, PRESENCE_QUALITY, sample_rate))
    return biquad.stage(np.stack(sections), channels) if sections else IDENTITY


def shelve(x: Samples, sample_rate: int, params: Tone) -> Samples:
    """x (channels, n) float32 with the warmth and presence asked for; a copy where both are 0."""
    return run_whole(stage(params, sample_rate, x.shape[0]), x)
