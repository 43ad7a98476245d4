"""The network's gains in whole steps of 1/65535, as they are applied and kept: half the bytes of float32.

A gain is off by half a step at most, 103 dB below what it is applied to. Fresh gains are rounded as kept ones are, so
that both make the same sound.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.neural.bands import COUNT, OVERLAP, WINDOW_S
from pipeline.neural.network import Gains

KIND: type[np.generic] = np.uint16
ROW = 2 * COUNT  # steps of a frame: gains kept, then dry
STEPS = np.float32(65535)
FRAMES_PER_S = OVERLAP / WINDOW_S


def bytes_for(duration_s: float) -> float:
    """What the gains of a recording take: 37 kB for a second."""
    return duration_s * FRAMES_PER_S * ROW * np.dtype(KIND).itemsize


def to_steps(gains: Gains) -> NDArray[np.uint16]:
    """(frames, 296) uint16"""
    both = np.concatenate((gains.kept, gains.dry), axis=1)
    both *= STEPS
    both += np.float32(0.5)
    return both.astype(np.uint16)


def from_steps(steps: NDArray[Any]) -> Gains:
    """The gains of (frames, 296) steps, float32."""
    both = steps.astype(np.float32)
    both /= STEPS
    return Gains(both[:, :COUNT], both[:, COUNT:])
