"""Stages that take a recording block by block, and how they are run.

A stage answers every block with a block of the same length, `latency` samples late. Its memory from one block to the
next is an explicit argument and result, so a stage is a value and a run of it leaves no trace. Whoever runs it makes up
the latency: the input is followed by `latency` zeros and the first `latency` outputs are dropped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np

from pipeline.audio import Samples

from .line import Line, Part, through, worked

S = TypeVar("S")


@dataclass(frozen=True)
class Stage(Generic[S]):
    """latency : samples; start : () → state; step : (block (channels, n), state) → (block (channels, n), state).

    parts : the step in several, one behind the other; none where it is one
    """

    latency: int
    start: Callable[[], S]
    step: Callable[[Samples, S], tuple[Samples, S]]
    parts: Line | None = None

    @property
    def line(self) -> Line:
        """The same as parts, each of which may work on another block at the same time."""
        return self.parts or Line((Part(self.start, _unless_empty(self.step), place_of(self.step)),), self.latency)


def place_of(step: Callable[..., Any]) -> str:
    """The file that a step stands in."""
    return step.__module__.removeprefix("pipeline.").removesuffix(".stage")


def _unless_empty(step: Callable[[Samples, S], tuple[Samples, S]]) -> Callable[[Samples, S], tuple[Samples, S]]:
    return lambda block, state: step(block, state) if block.shape[1] else (block, state)


def of_parts(latency: int, parts: Sequence[Part]) -> Stage[list[Any]]:
    """A stage whose step is those of its parts, one after the other."""

    def step(block: Samples, states: list[Any]) -> tuple[Samples, list[Any]]:
        return through(parts, block, states)

    return Stage(latency, lambda: [part.start() for part in parts], step, Line(tuple(parts), latency))


AnyStage: TypeAlias = Stage[Any]
"""A stage whose state is its own business."""
IDENTITY: AnyStage = Stage(0, lambda: None, lambda block, state: (block, state))
"""The stage that is off: it answers what it gets."""


def chained(stages: Iterable[AnyStage]) -> AnyStage:
    """The stages one after another, as one stage.

    A stage hears the recording from its first sample on, not the zeros with which those before it begin: what a stage
    learns from the beginning (a level, a noise) must not depend on which others run.
    """
    line = tuple(stage for stage in stages if stage is not IDENTITY)
    if len(line) < 2:
        return line[0] if line else IDENTITY

    parts = [*line[0].line.parts]
    for before, stage in pairwise(line):
        parts += (_without_first(before.line.late), *stage.line.parts)
    latency = sum(stage.latency for stage in line)
    whole = of_parts(latency, parts)

    def step(block: Samples, states: list[Any]) -> tuple[Samples, list[Any]]:
        out, states = whole.step(block, states)
        missing = block.shape[1] - out.shape[1]  # what was dropped between two stages
        return (np.pad(out, ((0, 0), (missing, 0))) if missing else out), states

    return Stage(latency, whole.start, step, Line(tuple(parts), line[-1].line.late))


def _without_first(late: int) -> Part:
    """Drops the zeros with which the stage before begins."""

    def step(block: Samples, left: int) -> tuple[Samples, int]:
        drop = min(left, block.shape[1])
        return block[:, drop:], left - drop

    return Part(lambda: late, step)


def side_by_side(stages: Sequence[AnyStage]) -> AnyStage:
    """A stage for each channel as one stage for all channels; those of less latency wait for the others."""
    latency = max(stage.latency for stage in stages)
    lines = [_later(stage, latency - stage.latency) for stage in stages]

    def step(block: Samples, states: list[Any]) -> tuple[Samples, list[Any]]:
        each = zip(lines, block, states, strict=True)
        rows, after = zip(*(line.step(row[np.newaxis], state) for line, row, state in each), strict=True)
        return np.concatenate(rows), list(after)

    return Stage(latency, lambda: [line.start() for line in lines], step)


def _later(stage: AnyStage, samples: int) -> AnyStage:
    """A stage of one channel whose output comes so much later."""
    if not samples:
        return stage

    def step(block: Samples, state: tuple[Samples, Any]) -> tuple[Samples, tuple[Samples, Any]]:
        out, inner = stage.step(block, state[1])
        line = np.concatenate((state[0], out), axis=1)
        return line[:, : block.shape[1]], (line[:, block.shape[1] :], inner)

    return Stage(stage.latency + samples, lambda: (np.zeros((1, samples), np.float32), stage.start()), step)


def run(stage: AnyStage, blocks: Iterable[Samples]) -> Iterator[Samples]:
    """The stage's output for consecutive blocks, aligned with the input and as long in all."""
    skip = stage.line.late
    for out in worked(stage.line.parts, followed_by_zeros(blocks, stage.latency)):
        drop = min(skip, out.shape[1])
        skip -= drop
        yield out[:, drop:]


def followed_by_zeros(blocks: Iterable[Samples], samples: int) -> Iterator[Samples]:
    """The blocks, and the zeros that bring out what a stage still holds behind them."""
    last = None
    for block in blocks:
        last = block
        yield block
    if last is not None and samples:
        yield np.zeros((last.shape[0], samples), np.float32)


def split(x: Samples, length: int) -> Iterator[Samples]:
    """Views of x (channels, n), `length` samples each, the last one shorter."""
    for start in range(0, x.shape[1], length):
        yield np.ascontiguousarray(x[:, start : start + length])


def run_whole(stage: AnyStage, x: Samples) -> Samples:
    """The stage on all of x (channels, n) at once."""
    return np.concatenate(list(run(stage, [x])), axis=1) if x.shape[1] else x.copy()


def paired(stage: AnyStage, blocks: Iterable[Samples]) -> Iterator[tuple[Samples, Samples]]:
    """(input, output) of `stage` for consecutive blocks, of equal length and of the same moment."""
    waiting: deque[Samples] = deque()

    def kept() -> Iterator[Samples]:
        for block in blocks:
            waiting.append(block)
            yield block

    for out in run(stage, kept()):
        yield from _matched(waiting, out)


def _matched(waiting: deque[Samples], out: Samples) -> Iterator[tuple[Samples, Samples]]:
    """The blocks that wait, with what came out for them."""
    at = 0
    while at < out.shape[1]:
        block = waiting.popleft()
        n = min(block.shape[1], out.shape[1] - at)
        yield block[:, :n], out[:, at : at + n]
        at += n
        if n < block.shape[1]:
            waiting.appendleft(block[:, n:])
