"""Samples rounded to the steps of 16 or 24 bit, 16 bit with dither."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = {"PCM_16": 2**15, "PCM_24": 2**23}
DITHER_SEED = 1

Steps = NDArray[np.int32]


class Quantizer:
    """Of one file. 16 bit are dithered (triangular, 2 steps wide, the same in every run), except a block that fits
    16 bit as it is: silence stays silent, and a 16-bit recording stays itself.

    Rounded here, so that a file of this depth comes back unchanged (libsndfile scales by full_scale - 1).
    """

    def __init__(self, subtype: str) -> None:
        self.full_scale = FULL_SCALE[subtype]
        self._rng = np.random.default_rng(DITHER_SEED) if subtype == "PCM_16" else None

    def steps(self, x: NDArray[np.float32]) -> Steps:
        """Integers -full_scale to full_scale - 1; what is beyond full scale is clipped."""
        y = x.astype(np.float64) * self.full_scale
        if self._rng is not None and not np.array_equal(y, np.rint(y)):
            y += self._rng.random(y.shape) - self._rng.random(y.shape)
        rounded: Steps = np.clip(np.rint(y), -self.full_scale, self.full_scale - 1).astype(np.int32)
        return rounded

    def held(self, steps: Steps) -> NDArray[np.float32]:
        """What a reader makes of the steps. Exact: a float32 holds 24 bits."""
        return steps.astype(np.float32) / np.float32(self.full_scale)
