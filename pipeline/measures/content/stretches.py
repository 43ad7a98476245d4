"""Probabilities, eight a second, become stretches: from where to where there is music, singing, laughter, applause.

A probability is averaged over about a second. A stretch begins where that reaches the kind's upper threshold, and lasts
to both sides while it stays above the lower one. Short pauses in it belong to it; what is too short is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .features import Numbers
from .weights import KINDS


class Stretch(NamedTuple):
    """What is heard from start_s to end_s of a recording: "music", "singing", "laughter" or "applause"."""

    kind: str
    start_s: float
    end_s: float


class Rule(NamedTuple):
    """around_s : the mean is taken over so long; upper, lower : thresholds; least_s : shorter stretches are none;
    pause_s : shorter pauses are bridged."""

    around_s: float
    upper: float
    lower: float
    least_s: float
    pause_s: float


RULES = {
    "music": Rule(2.0, 0.95, 0.35, 1.0, 2.0),
    "singing": Rule(2.0, 0.8, 0.35, 1.0, 1.5),
    "laughter": Rule(1.0, 0.97, 0.35, 0.6, 0.8),
    "applause": Rule(2.0, 0.88, 0.35, 1.0, 1.0),
}
SUSPECTED = 0.75  # of music: enough to be careful, too little to be told; noise in 10 of 156 recordings, too
SPEECH_CERTAIN, SPEECH_CERTAIN_S = 0.5, 0.5
LAUGHTER_SUSPECTED, NOBODY_SPEAKS = 0.3, 0.2  # means over a second; barks look like laughter, but between words
SPEECH_LIKELY = 0.5  # whatever stays below it for a second everywhere holds no speech
SPEECH_AROUND_S = 1.0


def stretches(likely: Numbers, answer_s: float, duration_s: float) -> tuple[Stretch, ...]:
    """Stretches of all kinds, by their start.

    likely : (answers, kinds) probabilities; answer_s : from one answer to the next, the first one at 0
    """
    return _by(RULES, likely, answer_s, duration_s)


def suspected(likely: Numbers, answer_s: float, duration_s: float) -> tuple[Stretch, ...]:
    """What `stretches` finds, where music may be, or laughter, and where somebody certainly speaks: by its start."""
    found = _by({**RULES, "music": RULES["music"]._replace(upper=SUSPECTED)}, likely, answer_s, duration_s)
    laughter, speech = (_around(kind, likely, answer_s, SPEECH_AROUND_S) for kind in ("laughter", "speech"))
    may_be = _runs((laughter >= LAUGHTER_SUSPECTED) & (speech < NOBODY_SPEAKS))
    certain = _runs(_around("speech", likely, answer_s, SPEECH_CERTAIN_S) >= SPEECH_CERTAIN)
    more = [
        Stretch(kind, a * answer_s, min(duration_s, b * answer_s))
        for kind, runs in (("laughter", may_be), ("speech", certain))
        for a, b in runs
    ]
    return tuple(sorted((*found, *more), key=lambda stretch: stretch.start_s))


def under_speech(likely: Numbers, answer_s: float, found: Iterable[Stretch]) -> float:
    """0…1: of the time in which speech is likely, how much lies in stretches of music; 0 where no speech is."""
    speech = _around("speech", likely, answer_s, SPEECH_AROUND_S) >= SPEECH_LIKELY
    at_s, music = np.arange(speech.size) * answer_s, np.zeros(speech.size, np.bool_)
    for stretch in found:
        if stretch.kind == "music":
            music |= (at_s >= stretch.start_s) & (at_s < stretch.end_s)
    return float((speech & music).sum() / max(1, speech.sum()))


def _by(rules: Mapping[str, Rule], likely: Numbers, answer_s: float, duration_s: float) -> tuple[Stretch, ...]:
    found = [
        Stretch(kind, start, end)
        for kind, rule in rules.items()
        for start, end in _of_one(likely[:, KINDS.index(kind)], rule, answer_s, duration_s)
    ]
    return tuple(sorted(found, key=lambda stretch: stretch.start_s))


def speech_likely(likely: Numbers, answer_s: float) -> float:
    """The highest probability of speech, in the mean over a second; 0 where nothing was heard."""
    return float(_around("speech", likely, answer_s, SPEECH_AROUND_S).max(initial=0.0))


def _around(kind: str, likely: Numbers, answer_s: float, seconds: float) -> NDArray[np.float64]:
    """How likely a kind is, in the mean over so many seconds around each answer."""
    return _mean(likely[:, KINDS.index(kind)], seconds / answer_s)


def _of_one(likely: Numbers, rule: Rule, answer_s: float, duration_s: float) -> Iterator[tuple[float, float]]:
    mean = _mean(likely, rule.around_s / answer_s)
    parts = [part for part in _runs(mean >= rule.lower) if mean[slice(*part)].max() >= rule.upper]
    joined: list[tuple[int, int]] = []
    for start, end in parts:
        if joined and (start - joined[-1][1]) * answer_s < rule.pause_s:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    for start, end in joined:
        from_s, to_s = max(0.0, (start - 0.5) * answer_s), min(duration_s, (end - 0.5) * answer_s)
        if to_s - from_s >= rule.least_s:
            yield round(from_s, 2), round(to_s, 2)


def _mean(likely: Numbers, answers: float) -> NDArray[np.float64]:
    """The mean around each answer, over an odd number of them; at the ends over those that there are."""
    side = round((answers - 1) / 2)
    sums = np.cumsum(np.pad(likely.astype(np.float64), (1, 0)))
    at = np.arange(likely.size)
    first, last = np.maximum(at - side, 0), np.minimum(at + side + 1, likely.size)
    mean: NDArray[np.float64] = (sums[last] - sums[first]) / (last - first)
    return mean


def _runs(there: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(first, one after the last) of each run of True."""
    changes = np.flatnonzero(np.diff(np.concatenate(([False], there, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in changes.reshape(-1, 2)]
