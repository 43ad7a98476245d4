"""Flat tops of a wave, as clipping leaves them.

A plateau is a run of samples that nothing near them passes, all within a tolerance of the highest, beside which the
wave falls by many times that tolerance over half the run's length. A rounded top falls by 3 to 4 times as much there as
within the run, whatever its frequency and level; a clipped one by some ten to some hundred times.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dsp.kernel import kernel

LOWEST = 0.01  # full scale; quieter tops are left alone


class Blur(NamedTuple):
    """How flat a top must be, and what makes a ceiling of several."""

    tolerance: float  # share of the level
    shoulder: float  # fall beside a plateau, in tolerances
    plateaus: int  # plateaus that make a ceiling


BLURS = (Blur(0.003, 20.0, 3), Blur(0.01, 16.0, 3), Blur(0.05, 7.0, 6))
LOOSEST = BLURS[-1].tolerance

Line = NDArray[np.float32]
Places = NDArray[np.int64]
ClipLevels = tuple[NDArray[np.float64], ...]  # of plateaus, for each of the blurs


def _tops_numpy(x: Line, first: int, reach: int) -> tuple[Places, Line]:
    from scipy.ndimage import maximum_filter1d

    around = maximum_filter1d(x, 2 * reach + 1, mode="constant")
    top = np.zeros(x.size, np.bool_)
    top[1:-1] = (x[1:-1] >= LOWEST) & (x[1:-1] > x[:-2]) & (x[1:-1] >= x[2:])
    top[:first] = False
    places = np.flatnonzero(top & (around <= x * np.float32(1 + LOOSEST)))
    return places, around[places]


@kernel(_tops_numpy)
def find_tops(x: Line, first: int, reach: int) -> tuple[Places, Line]:
    """Places (m,) from `first` on at which the positive side of x (n,) peaks, and the highest within reach of each."""
    n = x.size
    stretches = np.zeros(n // reach + 1, np.float32)  # the highest of each: most peaks fail on that of their own
    for k in range(stretches.size):
        for i in range(k * reach, min(n, (k + 1) * reach)):
            stretches[k] = max(stretches[k], x[i])
    places, around, count = np.empty(n // 2 + 1, np.int64), np.empty(n // 2 + 1, np.float32), 0
    for k in range(stretches.size):
        least = max(stretches[k] / np.float32(1 + 1.01 * LOOSEST), np.float32(LOWEST))
        for i in range(max(1, first, k * reach), min(n - 1, (k + 1) * reach)):
            if x[i] < least or x[i] <= x[i - 1] or x[i] < x[i + 1]:
                continue
            highest = x[i]
            for j in range(max(0, i - reach), min(n, i + reach + 1)):
                highest = max(highest, x[j])
            if highest <= x[i] * np.float32(1 + LOOSEST):
                places[count], around[count] = i, highest
                count += 1
    return places[:count], around[:count]


def _plateaus_numpy(x: Line, tops: Places, around: Line, blur: Blur) -> NDArray[np.float64]:
    found = []
    slacks = x[tops] * np.float32(blur.tolerance)
    for i, slack, highest in zip(tops, slacks, around, strict=True):
        start, stop = i, i + 1
        while start > 0 and x[start - 1] >= x[i] - slack:
            start -= 1
        while stop < x.size and x[stop] >= x[i] - slack:
            stop += 1
        beside = max(1, (stop - start) // 2)
        if stop - start < 3 or start < beside or stop - 1 + beside >= x.size:
            continue
        lower = max(x[start - beside], x[stop - 1 + beside])
        first = start + np.argmax(x[start:stop]) == i
        if first and highest <= x[i] + slack and x[i] - lower >= np.float32(blur.shoulder) * slack:
            found.append(x[i])
    return np.array(found, np.float64)


@kernel(_plateaus_numpy)
def find_plateaus(x: Line, tops: Places, around: Line, blur: Blur) -> NDArray[np.float64]:
    """Levels (m,) of those tops of x (n,) that are plateaus; of equal tops in one plateau, the first counts."""
    found, count = np.empty(tops.size), 0
    for k in range(tops.size):
        i, top = tops[k], x[tops[k]]
        slack = top * np.float32(blur.tolerance)
        if around[k] > top + slack:
            continue
        start, stop = i, i + 1
        while start > 0 and top > x[start - 1] >= top - slack:
            start -= 1
        while stop < x.size and top >= x[stop] >= top - slack:
            stop += 1
        beside = max(1, (stop - start) // 2)
        if stop - start < 3 or start < beside or stop - 1 + beside >= x.size or x[start - 1] >= top:
            continue
        if top - max(x[start - beside], x[stop - 1 + beside]) >= np.float32(blur.shoulder) * slack:
            found[count] = top
            count += 1
    return found[:count]


def plateaus(x: Line, first: int, reach: int) -> ClipLevels:
    """Levels of the plateaus on the positive side of x (n,) from `first` on, for each of the blurs.

    reach : samples within which nothing passes a plateau
    """
    tops, around = find_tops(x, first, reach)
    return tuple(find_plateaus(x, tops, around, blur) for blur in BLURS)
