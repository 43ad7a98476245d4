"""Flat tops of a wave, as clipping leaves them.

A plateau is a run of samples that nothing near them passes, all within a tolerance of the highest, beside which the
wave falls by many times that tolerance over half the run's length. A rounded top falls by 3 to 4 times as much there as
within the run, whatever its frequency and level; a clipped one by some ten to some hundred times.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernel import kernel

LOWEST = 0.01  # full scale; quieter tops are left alone
PIECE = 32  # samples between two looks at whether a peak is passed


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


def find_tops(x: Line, first: int, reach: int) -> tuple[Places, Line]:
    """Places (m,) from `first` on at which the positive side of x (n,) peaks, and the highest within reach of each."""
    tops = _candidates(x, reach)
    tops = tops[tops >= first]
    around = highest_around(x, tops, reach)
    highest = around <= x[tops] * np.float32(1 + LOOSEST)
    return tops[highest], around[highest]


def _candidates(x: Line, reach: int) -> Places:
    """Peaks of x (n,) that are nearly the highest in their stretch of `reach` samples: most are not."""
    if x.size < 3:
        return np.zeros(0, np.int64)
    stretches = np.maximum.reduceat(x, np.arange(0, x.size, reach))
    least = np.maximum(stretches / np.float32(1 + 1.01 * LOOSEST), np.float32(LOWEST))
    top = x[1:-1] >= np.repeat(least, reach)[1 : x.size - 1]
    top &= x[1:-1] > x[:-2]
    top &= x[1:-1] >= x[2:]
    places: Places = np.flatnonzero(top) + 1
    return places


def _highest_numpy(x: Line, places: Places, reach: int) -> Line:
    from scipy.ndimage import maximum_filter1d

    around: Line = maximum_filter1d(x, 2 * reach + 1, mode="constant")[places]
    return around


@kernel(_highest_numpy)
def highest_around(x: Line, places: Places, reach: int) -> Line:
    """The highest of x (n,) within reach of each of the places (m,), or of a part of that which passes it clearly."""
    around = np.empty(places.size, np.float32)
    for k in range(places.size):
        highest = x[places[k]]
        most = highest * np.float32(1 + LOOSEST)
        window = x[max(0, places[k] - reach) : places[k] + reach + 1]
        for start in range(0, window.size, PIECE):
            piece = window[start : start + PIECE]
            for i in range(piece.size):
                highest = piece[i] if piece[i] > highest else highest  # quicker than max, which asks for NaN
            if highest > most:
                break
        around[k] = highest
    return around


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
