"""Which samples of a recording are clipped.

A clipped wave has flat tops (`plateaus`), and they lie at one level: a ceiling is a level at which several plateaus
lie, seen over three seconds. The natural plateaus of speech and music lie anywhere.

Ceilings are found for the positive and the negative side on their own, and at any level: the recording may have been
turned down or coded after it was clipped. A wider tolerance is tried where a codec or a soft ceiling blurs the tops.

Not found: a wave that was filtered after clipping so that its tops are tilted, fewer than three clipped peaks within
three seconds where no ceiling was known before, and clipping of sounds coded so coarsely (µ-law) that their own steps
look flat.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.kernel import kernel
from pipeline.stream.meter import measured
from pipeline.stream.stage import AnyStage, split
from pipeline.stream.units import Windows, in_units

from .plateaus import BLURS, ClipLevels, Line, plateaus

UNIT_S = 1.0
REACH_S = 0.005  # nothing within this time passes a clipped sample
MOST_CEILINGS = 4  # per second and side; more than one where the level changes
STEPS = 4  # a tolerance must hold so many steps of the quantization, else every top looks flat


class Ceiling(NamedTuple):
    level: float
    tolerance: float  # share of the level


Ceilings = tuple[Ceiling, ...]
Marks = NDArray[np.float32]


def _mark_numpy(x: Line, level: float, tolerance: float, reach: int, side: float, marks: Marks) -> None:
    from scipy.ndimage import label, maximum_filter1d

    if not x.size:
        return
    runs, count = label(x >= np.float32(level * (1 - tolerance)))
    around = maximum_filter1d(x, 2 * reach + 1, mode="constant")
    good = np.zeros(count + 1, np.bool_)
    good[1:] = True
    passed = runs[(around > np.float32(level * (1 + 2 * tolerance))) | (x > np.float32(level * (1 + tolerance)))]
    good[passed] = False
    good[0] = False
    marks[good[runs]] = side


@kernel(_mark_numpy)
def mark(x: Line, level: float, tolerance: float, reach: int, side: float, marks: Marks) -> None:
    """Set marks (n,) to `side` in the runs of x (n,) that stay at the level while nothing near them passes it."""
    n = x.size
    bottom, top = np.float32(level * (1 - tolerance)), np.float32(level * (1 + tolerance))
    passed = np.float32(level * (1 + 2 * tolerance))
    i = 0
    while i < n:
        if x[i] < bottom:
            i += 1
            continue
        start, clean = i, True
        while i < n and x[i] >= bottom:
            clean = clean and x[i] <= top
            i += 1
        if not clean:
            continue
        for j in range(max(0, start - reach), min(n, i + reach)):
            if x[j] > passed:
                clean = False
                break
        if clean:
            marks[start:i] = side


def _clusters(levels: NDArray[np.float64], tolerance: float, least: int) -> list[tuple[int, float]]:
    """(members, median level) of the groups of at least `least` levels within `tolerance`, the largest first."""
    groups: list[tuple[int, float]] = []
    levels = np.sort(levels)
    while levels.size >= least and len(groups) < MOST_CEILINGS:
        ends = np.searchsorted(levels, levels * (1 + tolerance), side="right")
        sizes = ends - np.arange(levels.size)
        best = int(sizes.argmax())
        if sizes[best] < least:
            break
        groups.append((int(sizes[best]), float(np.median(levels[best : ends[best]]))))
        levels = np.delete(levels, slice(best, ends[best]))
    return groups


def _step(x: Line, level: float) -> float:
    """Smallest step between the values that x takes under the level: how coarsely it was quantized there."""
    values = np.unique(x[(x >= 0.8 * level) & (x <= level)])
    return float(np.diff(values).min()) if values.size > 1 else level


def _ceilings(x: Line, levels: ClipLevels) -> Ceilings:
    """Ceilings out of plateaus at `levels` for each blur: with the blur that shows most of them at one level.

    x : (n,) sound of that level, from which the fineness of its quantization is read
    """
    most: int = 0
    chosen: Ceilings = ()
    for blur, found in zip(BLURS, levels, strict=True):
        groups = [
            (count, level)
            for count, level in _clusters(found, blur.tolerance, blur.plateaus)
            if STEPS * _step(x, level) < blur.tolerance * level
        ]
        if groups and groups[0][0] > most:
            most = groups[0][0]
            chosen = tuple(Ceiling(level, blur.tolerance) for _, level in groups)
    return chosen


def _still(known: Ceilings, highest: float) -> Ceilings:
    """Ceilings known from before that nothing has passed since."""
    return tuple(c for c in known if highest <= c.level * (1 + 2 * c.tolerance))


class Side(NamedTuple):
    """What is known of one side of a channel."""

    before: ClipLevels
    middle: ClipLevels
    known: Ceilings


NOTHING = Side((np.zeros(0),) * len(BLURS), (np.zeros(0),) * len(BLURS), ())


def _look(window: Line, fresh: int, reach: int, side: Side) -> Side:
    """Follow the positive side of window (n,), of which the samples from `fresh` on are new."""
    levels = plateaus(window[fresh - reach :], reach, reach)
    three = tuple(np.concatenate(parts) for parts in zip(side.before, side.middle, levels, strict=True))
    known = _ceilings(window, three) or _still(side.known, float(window.max()))
    return Side(side.middle, levels, known)


class _Follower:
    """Follows the ceilings of a recording that comes in units, a unit late."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self.unit, self.reach = round(UNIT_S * sample_rate), max(1, round(REACH_S * sample_rate))
        self._channels = channels

    def start(self) -> tuple[Samples, list[Side]]:
        """What is known of nothing: the window's past (channels, reach + unit), and each side of each channel."""
        return np.zeros((self._channels, self.reach + self.unit), np.float32), [NOTHING] * (2 * self._channels)

    def follow(
        self, fresh: Samples, state: tuple[Samples, list[Side]]
    ) -> tuple[Samples, Marks | None, tuple[Samples, list[Side]]]:
        """One more unit (channels, unit) → the one before it, its marks (None for no clipping), and what is known."""
        window, after, marks = np.concatenate((state[0], fresh), axis=1), [], None
        for c, line in enumerate(window):
            for side, known in zip((1.0, -1.0), state[1][2 * c : 2 * c + 2], strict=True):
                x = line if side > 0 else -line
                after.append(_look(x, self.reach + self.unit, self.reach, known))
                for ceiling in after[-1].known:
                    marks = np.zeros_like(window) if marks is None else marks
                    mark(x, ceiling.level, ceiling.tolerance, self.reach, side, marks[c])
        middle = slice(self.reach, self.reach + self.unit)
        return window[:, middle], None if marks is None else marks[:, middle], (window[:, self.unit :], after)


def stage(sample_rate: int, channels: int) -> AnyStage:
    """x (2 · channels, n) → x in the first half and +1, -1 or 0 for each of its samples in the second half.

    The second half of what comes in is ignored. Latency: two seconds, the unit and the one after it.
    """
    follower = _Follower(sample_rate, channels)

    def work(fresh: Samples, state: tuple[Samples, list[Side]]) -> tuple[Samples, tuple[Samples, list[Side]]]:
        x, marks, after = follower.follow(fresh[:channels], state)
        return np.concatenate((x, np.zeros_like(x) if marks is None else marks)), after

    return in_units(follower.unit, 2 * channels, follower.unit, follower.start, work)


class ClippingMeter:
    """How much of a recording that comes in blocks is clipped."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._follower = _Follower(sample_rate, channels)
        self._state = self._follower.start()
        self._channels, self._windows = channels, Windows(channels, self._follower.unit)
        self._clipped = self._samples = 0

    def add(self, block: Samples) -> None:
        """The next block (channels, n)."""
        self._samples += block.size
        self._look(block)

    def result(self) -> float:
        """Clipped samples of all blocks, in percent. Afterwards no more can be added."""
        # The last unit is answered by the next one.
        self._look(np.zeros((self._channels, 2 * self._follower.unit), np.float32))
        return float(100 * self._clipped / max(1, self._samples))

    def _look(self, block: Samples) -> None:
        for unit in self._windows.add(block):
            _, marks, self._state = self._follower.follow(unit, self._state)
            self._clipped += 0 if marks is None else int(np.count_nonzero(marks))


def clipped_percent(x: Samples, sample_rate: int) -> float:
    """Share of the samples of x (channels, n) that are clipped, in percent."""
    return measured(ClippingMeter(sample_rate, x.shape[0]), split(x, sample_rate))
