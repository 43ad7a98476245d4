"""Clicks go: mouth noises, ticks of a faulty cable, single wrong samples.

A voice is close to an autoregressive process, and its value at a sample can be predicted from the samples on both sides
[1, section 5.3]. A click has a large prediction error; so does each pulse of the vocal folds, a smaller one. A click is
therefore taken for one only if its prediction error is many times the usual and also far above every other within
20 ms, where the next pulses would be.

Its ends are found by prediction from outside: the samples before it can be told from those before them, the samples
after it from those after them. What lies between is filled in by least squares [1, section 5.2].

Not done: crackle so dense that clicks follow each other within 20 ms, and thumps longer than 3 ms.

1. S. J. Godsill, P. J. W. Rayner, "Digital Audio Restoration", Springer 1998.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from pipeline.audio import Samples
from pipeline.dsp.autoregressive import Places, Signal, fit, interpolate, prediction_errors
from pipeline.kernel import kernel
from pipeline.settings import Declick
from pipeline.stream.meter import measured
from pipeline.stream.stage import IDENTITY, AnyStage, run_whole, split
from pipeline.stream.units import Windows, in_units

HOP_S = 0.020  # one model for so long, fitted to it and to half as much on either side
HOPS = 32  # in a unit
EDGE = 2  # hops on either side of a unit, which the search looks at
GUARD_S = 0.0015  # what lies so near a click's peak belongs to it
REACH_S = 0.020  # a low voice's next pulse comes within this time
FAINTEST = 1e-4  # full scale; what is fainter is not heard
RIM = 1  # samples on either side that are filled in with a click: its ends hide in the voice
GAP_S = 0.0004  # without a large prediction error, which ends a click
ROUNDS = 3  # of fitting, finding the click's ends and filling in: the first fit suffers from the click


class Rule(NamedTuple):
    """What makes a click."""

    usual: float  # times the usual prediction error
    next_peak: float  # times the next highest peak
    guard: int  # samples
    reach: int  # samples
    gap: int  # samples

    @classmethod
    def of(cls, sensitivity_percent: float, sample_rate: int) -> Rule:
        next_peak = 6 * 0.25 ** (sensitivity_percent / 100)
        guard, reach, gap = (round(seconds * sample_rate) for seconds in (GUARD_S, REACH_S, GAP_S))
        return cls(1 + 2.5 * next_peak, next_peak, guard, reach, gap)


def model_order(sample_rate: int) -> int:
    """Coefficients of the model: enough for the formants, few enough not to learn the click itself."""
    return min(32, 12 + sample_rate // 2400)


def _prediction_errors(x: Signal, window: Signal, hop: int, order: int) -> tuple[Signal, Signal]:
    """Prediction error at each sample of x (n,), and the median of its hop: both (n,).

    window : (hop and as much around it as is to be fitted,); where it does not fit into x, both are 0
    """
    around = (window.size - hop) // 2
    hops = (x.size - 2 * around) // hop
    off, usual = prediction_errors(x, window, hop, order), np.zeros(x.size)
    fitted = slice(around, around + hops * hop)
    medians = np.partition(off[fitted].reshape(hops, hop), hop // 2, axis=1)[:, hop // 2]
    usual[fitted] = np.repeat(medians, hop)
    return off, usual


def _peaks_numpy(off: Signal, usual: Signal, rule: Rule) -> Places:
    from scipy.ndimage import maximum_filter1d

    guard, reach = rule.guard, rule.reach
    near = maximum_filter1d(off, 2 * guard + 1, mode="constant")
    padded = np.concatenate((np.zeros(guard + reach), off, np.zeros(guard + reach)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach)
    places: Places = np.flatnonzero((off >= FAINTEST) & (off >= rule.usual * usual) & (off >= near))
    highest = np.maximum(windows[places].max(axis=1), windows[places + reach + 2 * guard + 1].max(axis=1))
    clicks: Places = places[off[places] >= rule.next_peak * highest]
    return clicks


@kernel(_peaks_numpy)
def click_peaks(off: Signal, usual: Signal, rule: Rule) -> Places:
    """Places (m,) of the clicks' highest prediction error."""
    n, count = off.size, 0
    places = np.empty(n, np.int64)
    for i in range(n):
        if off[i] < FAINTEST or off[i] < rule.usual * usual[i]:
            continue
        most = off[i] / rule.next_peak
        good = True
        for j in range(max(0, i - rule.guard - rule.reach), min(n, i + rule.guard + rule.reach + 1)):
            if off[j] > (off[i] if abs(j - i) <= rule.guard else most):
                good = False
                break
        if good:
            places[count] = i
            count += 1
    return places[:count]


def _is_rim(x: Samples, peak: int, rule: Rule) -> bool:
    """Whether sound begins or ends at `peak`, with nothing at all on one side: a recording's start is no click."""
    before = x[peak - rule.guard - rule.reach : peak - rule.guard].any()
    after = x[peak + rule.guard + 1 :][: rule.reach].any()
    return bool(before != after)


def _remove(x: Signal, peak: int, window: Signal, order: int, rule: Rule) -> None:
    """Fill in the click about `peak` in x, in place, from as much around it as `window` (n,) covers."""
    start = peak - window.size // 2
    heard = x[start : start + window.size]
    y = heard.copy()
    for _ in range(ROUNDS):
        a = fit(y, window, order)
        before = _extent(heard[::-1].copy(), start + window.size - 1 - peak, a, rule)
        after = _extent(heard, peak - start, a, rule)
        y[:] = heard
        interpolate(y, np.arange(peak - start - before, peak - start + after + 1), a)
    heard[:] = y


def _extent(x: Signal, peak: int, a: Signal, rule: Rule) -> int:
    """Samples of x (n,) after `peak` that belong to its click.

    Told from the samples after it, a sample behind the click is as it ever was: the click ends with the last one that
    is off by more than the voice is elsewhere.
    """
    order, guard = a.size - 1, rule.guard
    off = np.abs(np.correlate(x, a, "valid"))
    elsewhere = max(off[: peak - guard - order].max(), off[peak + guard + 1 :].max())
    beyond = np.flatnonzero(off[peak : peak + guard + 1] > elsewhere)
    apart = np.flatnonzero(np.diff(beyond, prepend=0) > rule.gap)
    if apart.size:
        beyond = beyond[: apart[0]]
    return RIM + (int(beyond[-1]) if beyond.size else 0)


@dataclass(frozen=True)
class _Declicker:
    """edge : samples on either side of a unit, which the search looks at; window : over which a model is fitted"""

    rule: Rule
    hop: int
    order: int

    @classmethod
    def of(cls, params: Declick, sample_rate: int) -> _Declicker:
        hop = 2 * round(HOP_S * sample_rate / 2)
        return cls(Rule.of(params.sensitivity_percent, sample_rate), hop, model_order(sample_rate))

    @property
    def unit(self) -> int:
        return HOPS * self.hop

    @property
    def edge(self) -> int:
        return EDGE * self.hop

    @cached_property
    def window(self) -> Signal:
        window: Signal = np.hanning(2 * self.hop + 2)[1:-1]
        return window

    def cleaned(self, buffer: Samples) -> Samples | None:
        """buffer (channels, unit + 2 · edge) without clicks, its edges taken off; None where there are none."""
        edge, rule, answer = self.edge, self.rule, None
        for c, line in enumerate(buffer):
            x = line.astype(np.float64)
            peaks = click_peaks(*_prediction_errors(x, self.window, self.hop, self.order), rule)
            for peak in peaks.tolist():
                inside = edge - rule.guard <= peak < x.size - edge + rule.guard
                if inside and not _is_rim(line, peak, rule):
                    _remove(x, peak, self.window, self.order, rule)
                    answer = buffer[:, edge:-edge].copy() if answer is None else answer
                    answer[c] = x[edge:-edge]
        return answer


def stage(params: Declick, sample_rate: int, channels: int) -> AnyStage:
    """Removes clicks, every channel on its own; identity where the sensitivity is 0. Latency: about 0.7 s."""
    if not params.sensitivity_percent:
        return IDENTITY
    declicker = _Declicker.of(params, sample_rate)
    edge = declicker.edge

    def work(unit: Samples, tail: Samples) -> tuple[Samples, Samples]:
        buffer = np.concatenate((tail, unit), axis=1)
        cleaned = declicker.cleaned(buffer)
        return buffer[:, edge:-edge].copy() if cleaned is None else cleaned, buffer[:, -2 * edge :].copy()

    return in_units(declicker.unit, channels, edge, lambda: np.zeros((channels, 2 * edge), np.float32), work)


def declick(x: Samples, sample_rate: int, params: Declick) -> Samples:
    """x (channels, n) float32 without clicks; a copy where the sensitivity is 0."""
    return run_whole(stage(params, sample_rate, x.shape[0]), x)


class ClickMeter:
    """How many clicks `declick` takes out of a recording that comes in blocks; those in several channels count once.

    places : numbers of the units (0.64 s) to look into; None for all
    """

    def __init__(self, params: Declick, sample_rate: int, channels: int, places: Collection[int] | None = None) -> None:
        self._declicker, self._places = _Declicker.of(params, sample_rate), places
        self._apart = GUARD_S * sample_rate
        self._channels, unit, edge = channels, self._declicker.unit, self._declicker.edge
        self._windows = Windows(channels, unit + 2 * edge, unit, 2 * edge)
        self._samples = self._number = self._count = 0
        self._last = -sample_rate  # sample that was changed last
        self.found: set[int] = set()  # units that hold clicks

    def add(self, block: Samples) -> None:
        """The next block (channels, n)."""
        self._samples += block.shape[1]
        self._look(block)

    def result(self) -> int:
        """Clicks in all blocks. Afterwards no more can be added."""
        unit, edge = self._declicker.unit, self._declicker.edge
        while self._number * unit - edge < self._samples:
            self._look(np.zeros((self._channels, unit), np.float32))
        return self._count

    def _look(self, block: Samples) -> None:
        for window in self._windows.add(block):
            if self._places is None or self._number in self._places:
                self._compare(window)
            self._number += 1

    def _compare(self, buffer: Samples) -> None:
        edge, start = self._declicker.edge, self._number * self._declicker.unit - self._declicker.edge
        cleaned = self._declicker.cleaned(buffer)
        if cleaned is None:
            return
        changed = np.flatnonzero((cleaned != buffer[:, edge:-edge]).any(axis=0)) + start
        changed = changed[changed < self._samples]
        if changed.size:
            self._count += int(np.count_nonzero(np.diff(changed, prepend=self._last) > self._apart))
            self._last = int(changed[-1])
            self.found.add(self._number)


def count_clicks(x: Samples, sample_rate: int, params: Declick) -> int:
    """How many clicks `declick` takes out of x (channels, n)."""
    return measured(ClickMeter(params, sample_rate, x.shape[0]), split(x, sample_rate))
