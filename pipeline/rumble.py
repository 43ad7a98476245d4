"""The rumble filter: what lies below the voice goes."""

from __future__ import annotations

import numpy as np

from . import biquad
from .audio import Samples
from .settings import Tone
from .stream import Stage, run_whole

# Q of the two sections that make a Butterworth filter of fourth order: 1 / (2 cos(pi / 8)) and 1 / (2 cos(3 pi / 8)).
BUTTERWORTH_4 = (0.5411961, 1.3065630)


def stage(params: Tone, sample_rate: int, channels: int) -> Stage:
    """High-pass of fourth order (24 dB per octave, -3 dB at `params.rumble_hz`), no latency."""
    sections = np.stack([biquad.highpass(params.rumble_hz, sample_rate, quality) for quality in BUTTERWORTH_4])
    return biquad.stage(sections, channels)


def rumble_filter(x: Samples, sample_rate: int, params: Tone) -> Samples:
    """x (channels, n) float32 without what lies below `params.rumble_hz`; a copy of x where that is 0."""
    return run_whole(stage(params, sample_rate, x.shape[0]), x) if params.rumble_hz else x.copy()
