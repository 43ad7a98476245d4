"""Work in units of a fixed length, whatever the lengths of the blocks that come in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from pipeline.audio import Samples

from .line import Part
from .stage import Stage, of_parts, place_of

S = TypeVar("S")


class Windows:
    """Windows of `size` samples, `step` samples apart (default: as far as they are long), out of blocks of any length.

    rest : (channels, n) what the next windows begin with; at the start `before` samples of silence
    """

    def __init__(self, channels: int, size: int, step: int | None = None, before: int = 0) -> None:
        self._size, self._step = size, size if step is None else step
        self.rest = np.zeros((channels, before), np.float32)

    def add(self, block: Samples) -> list[Samples]:
        """The windows (channels, size) that are complete with this block (channels, n)."""
        line = np.concatenate((self.rest, block), axis=1)
        count = max(0, (line.shape[1] - self._size) // self._step + 1)
        self.rest = line[:, count * self._step :].copy()
        return [line[:, at : at + self._size] for at in range(0, count * self._step, self._step)]


def in_units(
    length: int,
    channels: int,
    delay: int,
    start: Callable[[], S],
    work: Callable[[Samples, S], tuple[Samples, S]],
) -> Stage[list[Any]]:
    """A stage that gathers blocks into units of `length` samples and hands each to `work`.

    Where the blocks end thus cannot change the result: `work` sees the same units for every partition. The last unit
    is completed by the zeros with which a run makes up the latency.

    delay : samples by which what `work` answers lags behind what it is given
    start : () → state of `work`
    work : (unit (channels, length), state) → (output of the same shape, state)
    """
    return units_through(length, channels, delay, (Part(start, work, place_of(work)),))


def units_through(length: int, channels: int, delay: int, works: Sequence[Part]) -> Stage[list[Any]]:
    """The same for work in several parts: a unit goes through all of them, and different units at the same time."""

    def gather(block: Samples, waiting: Samples) -> tuple[tuple[list[Samples], int], Samples]:
        line = np.concatenate((waiting, block), axis=1)
        whole = line.shape[1] // length * length
        units = [line[:, at : at + length] for at in range(0, whole, length)]
        return (units, block.shape[1]), line[:, whole:].copy()

    def emit(answered: tuple[list[Samples], int], ready: Samples) -> tuple[Samples, Samples]:
        answers, n = answered
        ready = np.concatenate((ready, *answers), axis=1) if answers else ready
        return ready[:, :n], ready[:, n:].copy()

    # A unit is answered when its last sample is there: so many zeros bridge the longest wait for it.
    gathering = Part(lambda: np.zeros((channels, 0), np.float32), gather, "units")
    emitting = Part(lambda: np.zeros((channels, length - 1), np.float32), emit, "units")
    return of_parts(length - 1 + delay, (gathering, *(_for_each(part) for part in works), emitting))


def _for_each(part: Part) -> Part:
    """The part, on lists of units."""

    def step(gathered: tuple[list[Any], int], state: Any) -> tuple[tuple[list[Any], int], Any]:
        units, n = gathered
        answers = []
        for unit in units:
            answer, state = part.step(unit, state)
            answers.append(answer)
        return (answers, n), state

    return Part(part.start, step, part.name)
