"""Samples rounded to the steps of 16 or 24 bit, 16 bit with dither.

The dither is a hash of the sample's place, not a random generator's next number: both versions of the kernel give the
same, in any order. Reference: C. Wellons, "Prospecting for hash functions", 2018 (`lowbias32`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernel import kernel

FULL_SCALE = {"PCM_16": 2**15, "PCM_24": 2**23}
HASH_1, HASH_2 = np.uint32(0x7FEB352D), np.uint32(0x846CA68B)
S15, S16 = np.uint32(15), np.uint32(16)
LOW = np.uint32(0xFFFF)
HALF_WORD = 1 / 65536

Steps = NDArray[np.int32]


class Quantizer:
    """Of one file. 16 bit are dithered (triangular, 2 steps wide, the same in every run), except a block that fits
    16 bit as it is: silence stays silent, and a 16-bit recording stays itself.

    Rounded here, so that a file of this depth comes back unchanged (libsndfile scales by full_scale - 1).
    """

    def __init__(self, subtype: str) -> None:
        self.full_scale = FULL_SCALE[subtype]
        self._dithers, self._at = subtype == "PCM_16", 0

    def steps(self, x: NDArray[np.float32]) -> Steps:
        """Integers -full_scale to full_scale - 1; what is beyond full scale is clipped."""
        line = np.ascontiguousarray(x).ravel()
        found = np.empty(line.size, np.int32)
        width = 1.0 if self._dithers and not fits(line, float(self.full_scale)) else 0.0
        quantize(line, float(self.full_scale), width, self._at & 0xFFFFFFFF, found)
        self._at += line.size
        return found.reshape(x.shape)

    def held(self, steps: Steps) -> NDArray[np.float32]:
        """What a reader makes of the steps. Exact: a float32 holds 24 bits."""
        return steps.astype(np.float32) / np.float32(self.full_scale)


def _fits_numpy(x: NDArray[np.float32], scale: float) -> bool:
    y = x.astype(np.float64) * scale
    return bool(np.array_equal(y, np.rint(y)))


@kernel(_fits_numpy)
def fits(x: NDArray[np.float32], scale: float) -> bool:
    """Whether all of x (n,) are whole steps already."""
    for i in range(x.size):
        y = np.float64(x[i]) * scale
        if y != np.rint(y):
            return False
    return True


def _quantize_numpy(x: NDArray[np.float32], scale: float, width: float, first: int, out: Steps) -> None:
    h = np.arange(first, first + x.size, dtype=np.uint64).astype(np.uint32)
    h ^= h >> S16
    h *= HASH_1
    h ^= h >> S15
    h *= HASH_2
    h ^= h >> S16
    noise = ((h >> S16).astype(np.float64) - (h & LOW).astype(np.float64)) * HALF_WORD
    out[:] = np.clip(np.rint(x.astype(np.float64) * scale + width * noise), -scale, scale - 1)


@kernel(_quantize_numpy)
def quantize(x: NDArray[np.float32], scale: float, width: float, first: int, out: Steps) -> None:
    """x (n,) float32 → steps of 1 / scale, in out (n,).

    width : of the dither, in steps to either side; first : the place of x[0] in the file, which the dither depends on
    """
    for i in range(x.size):
        h = np.uint32(first + i)
        h = np.uint32(h ^ (h >> S16))
        h = np.uint32(h * HASH_1)
        h = np.uint32(h ^ (h >> S15))
        h = np.uint32(h * HASH_2)
        h = np.uint32(h ^ (h >> S16))
        noise = (np.float64(h >> S16) - np.float64(h & LOW)) * HALF_WORD
        out[i] = np.int32(max(-scale, min(scale - 1, np.rint(np.float64(x[i]) * scale + width * noise))))
