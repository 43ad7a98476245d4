"""Gains that are known once a hop, for every sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples


def ramps(before: float, gains: NDArray[np.float64], hop: int) -> Samples:
    """Straight lines from the end of a hop to the end of the next: float32 (hops · hop,).

    before : the gain at the end of the hop before; gains (hops,) : those at the ends of these
    """
    starts = np.concatenate(([before], gains[:-1]))
    share = np.arange(1, hop + 1) / hop
    lines: Samples = (starts[:, np.newaxis] + (gains - starts)[:, np.newaxis] * share).astype(np.float32).ravel()
    return lines
