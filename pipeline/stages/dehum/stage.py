"""De-hum: the mains' hum and its harmonics are found, modelled and subtracted.

Every second, four seconds of the recording are asked for a hum of about 50 or 60 Hz (`detector`); between two
answers, one fades into the other. What is subtracted is a handful of sinusoids that keep their phase for seconds, so a
voice on one of their frequencies stays; where no hum is found, the output is the input, bit by bit. Exact digital
silence stays silent.

Not done: hum above 4 kHz, and buzz whose strength changes within a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude
from pipeline.settings import Dehum
from pipeline.stream.stage import IDENTITY, AnyStage, run_whole
from pipeline.stream.units import in_units

from .listener import AHEAD, Heard, Listener, Memory, Recalled
from .synthesis import period, played
from .tracker import Hum

SILENCE_S = 0.01  # zeros for so long are a gap without hum


class _State(NamedTuple):
    past: Samples  # (channels, gap + AHEAD units) whose output is still to come, and a little of what came before
    heard: Heard | Recalled  # its hum is that at the beginning of the unit to be answered next


@dataclass(frozen=True)
class _Dehum:
    listener: Listener | Memory
    share: float
    gap: int

    @cached_property
    def _fade(self) -> Samples:
        """(unit,) from the share of the hum that is removed to 0."""
        n = self.listener.unit
        fade: Samples = (self.share * (0.5 + 0.5 * np.cos(np.pi * np.arange(n) / n))).astype(np.float32)
        return fade

    def start(self, channels: int) -> _State:
        past = np.zeros((channels, self.gap + AHEAD * self.listener.unit), np.float32)
        return _State(past, self.listener.start(channels))

    def work(self, unit: Samples, state: _State) -> tuple[Samples, _State]:
        """Take a unit, answer with the one `AHEAD` before it."""
        heard = self.listener.hear(unit, state.heard)  # type: ignore[arg-type]  # each gets its own back
        before, after = state.heard.hum, heard.hum
        length = unit.shape[1]
        answered = slice(self.gap, self.gap + length)
        out = state.past[:, answered]
        if before is not None or after is not None:
            silent = gaps(state.past[:, : length + 2 * self.gap], self.gap)[answered]
            out = out - np.where(silent, np.float32(0), self._wave(before, after, out.shape))
        return out, _State(np.concatenate((state.past[:, length:], unit), axis=1), heard)

    def _wave(self, before: Hum | None, after: Hum | None, shape: tuple[int, ...]) -> Samples:
        """What to subtract between the places of two models."""
        rate, n = self.listener.model.spectrum.sample_rate, shape[1]
        wave = np.zeros(shape, np.float32)
        parts = ((before, 0, self._fade), (after, -n, np.float32(self.share) - self._fade))
        for hum, first, share in parts:
            if hum is not None:
                wave += share * played(period(hum), hum.hz / rate, hum.drift / rate**2, first, n)
        return wave


def gaps(x: Samples, shortest: int) -> NDArray[np.bool_]:
    """(n,) True where x (channels, n) is exactly zero for at least `shortest` samples on end."""
    zero: NDArray[np.bool_] = np.logical_not(x.any(axis=0))
    if not zero.any():
        return zero
    edges = np.flatnonzero(np.diff(zero, prepend=False, append=False)).reshape(-1, 2)
    for start, stop in edges[edges[:, 1] - edges[:, 0] < shortest]:
        zero[start:stop] = False
    return zero


def stage(params: Dehum, sample_rate: int, channels: int, hums: tuple[Hum | None, ...] | None = None) -> AnyStage:
    """Removal of hum by `params.strength_db`. Latency: 3 s; none where the strength is 0, or all hums are None.

    hums : `HumMeter.heard` of the very sound that will come; None where nobody has listened to it
    """
    if not params.strength_db or (hums is not None and not any(hums)):
        return IDENTITY
    of_rate = Listener.of_rate(sample_rate)
    listener = of_rate if hums is None else Memory(of_rate, hums)
    dehum = _Dehum(listener, 1 - amplitude(-params.strength_db), round(SILENCE_S * sample_rate))
    return in_units(listener.unit, channels, AHEAD * listener.unit, lambda: dehum.start(channels), dehum.work)


def remove_hum(x: Samples, sample_rate: int, params: Dehum) -> Samples:
    """x (channels, n) float32 without its hum; x itself, copied, where none is found."""
    return run_whole(stage(params, sample_rate, x.shape[0]), x)
