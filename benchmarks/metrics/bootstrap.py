"""How sure a mean over a few recordings is.

1. B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap", Chapman & Hall 1993, chapter 13.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

DRAWS, SEED = 2000, 0
PERCENTILES = (2.5, 97.5)


class Interval(NamedTuple):
    """low, high : between them the mean lies with 95 % confidence."""

    mean: float
    low: float
    high: float


def interval(values: Sequence[float]) -> Interval:
    """Of the mean of at least one value, from 2,000 draws of as many, with replacement; always the same ones."""
    x = np.asarray(values, np.float64)
    drawn = x[np.random.default_rng(SEED).integers(0, len(x), (DRAWS, len(x)))].mean(axis=1)
    low, high = np.percentile(drawn, PERCENTILES)
    return Interval(float(x.mean()), float(low), float(high))
