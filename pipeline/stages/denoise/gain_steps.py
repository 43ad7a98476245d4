"""The network's gains in whole steps, as they are applied and kept: half the bytes of float32.

A gain is off by half a step of 1/65535 at most, 103 dB below what it is applied to; what the deep filter adds to it by
half a step of 1/16384, 90 dB below. Fresh gains are rounded as kept ones are, so that both make the same sound.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.neural.bands import COUNT, OVERLAP, WINDOW_S
from pipeline.neural.deep_filter import BINS, MOST
from pipeline.neural.network import Gains

KIND: type[np.generic] = np.uint16
ROW = 2 * COUNT + 2 * BINS  # steps of a frame: gains kept, then dry, then what is added, real and imaginary
STEPS = np.float32(65535)
NOTHING = 1 << 15  # the step that adds nothing
ADDED_STEPS = np.float32(NOTHING / MOST)
FRAMES_PER_S = OVERLAP / WINDOW_S


def bytes_for(duration_s: float) -> float:
    """What the gains of a recording take: 57 kB for a second."""
    return duration_s * FRAMES_PER_S * ROW * np.dtype(KIND).itemsize


def to_steps(gains: Gains) -> NDArray[np.uint16]:
    """Gains of all bands, and what is added to those of the lowest bins, as (frames, 456) uint16."""
    steps = np.empty((len(gains.kept), ROW), np.uint16)
    both = np.concatenate((gains.kept, gains.dry), axis=1)
    both *= STEPS
    both += np.float32(0.5)
    steps[:, : 2 * COUNT] = both
    parts = np.concatenate((gains.added.real, gains.added.imag), axis=1)
    parts *= ADDED_STEPS
    parts += np.float32(NOTHING + 0.5)
    steps[:, 2 * COUNT :] = np.clip(parts, 0, STEPS)
    return steps


def from_steps(steps: NDArray[Any]) -> Gains:
    """The gains of (frames, 456) steps, float32, and what is added to them."""
    both = steps[:, : 2 * COUNT].astype(np.float32)
    both /= STEPS
    parts = steps[:, 2 * COUNT :].astype(np.float32)
    parts -= np.float32(NOTHING)
    parts /= ADDED_STEPS
    added = np.empty((len(steps), BINS), np.complex64)
    added.real, added.imag = parts[:, :BINS], parts[:, BINS:]
    return Gains(both[:, :COUNT], both[:, COUNT:], added)
