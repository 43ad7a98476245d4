"""How much of the original stays where music, singing, laughter and applause are kept: all of it there, nothing else.

The stretch itself is the recording as it was; before and after it the two are cross-faded over 0.4 s. Both are of the
same moment, so a straight line between them has no dip.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pipeline.audio import Samples

from .stretches import Stretch

FADE_S = 0.4


class Kept:
    """Shares of the original along a recording. False where there is nothing to keep."""

    def __init__(self, stretches: Iterable[Stretch], sample_rate: int) -> None:
        self._ends = [(s.start_s * sample_rate, s.end_s * sample_rate) for s in stretches]
        self._fade = FADE_S * sample_rate

    def __bool__(self) -> bool:
        return bool(self._ends)

    def share(self, start: int, n: int) -> Samples:
        """(n,) from sample `start` on: 1 in a stretch, 0 from 0.4 s away on."""
        at, share = np.arange(start, start + n), np.zeros(n)
        for first, last in self._ends:
            if first - self._fade < start + n and start < last + self._fade:
                away = np.maximum(np.maximum(first - at, at - last), 0)
                share = np.maximum(share, 1 - away / self._fade)
        kept: Samples = np.maximum(share, 0).astype(np.float32)
        return kept

    def over(self, worked_on: Samples, original: Samples, start: int) -> Samples:
        """Blocks (channels, n) that begin at sample `start` → the original where it is kept, the other elsewhere."""
        share = self.share(start, worked_on.shape[1]) if self else None
        if share is None or not share.any():
            return worked_on
        # Where the share is 0 this is what was worked on, and where it is 1 the original, to the bit.
        mixed: Samples = (1 - share) * worked_on + share * original
        return mixed
