"""Work in units of a fixed length, whatever the lengths of the blocks that come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, TypeVar

import numpy as np

from pipeline.audio import Samples

from .stage import Stage

S = TypeVar("S")
Units: TypeAlias = tuple[Samples, Samples, S]


def in_units(
    length: int,
    channels: int,
    delay: int,
    start: Callable[[], S],
    work: Callable[[Samples, S], tuple[Samples, S]],
) -> Stage[Units[S]]:
    """A stage that gathers blocks into units of `length` samples and hands each to `work`.

    Where the blocks end thus cannot change the result: `work` sees the same units for every partition. The last unit
    is completed by the zeros with which a run makes up the latency.

    delay : samples by which what `work` answers lags behind what it is given
    start : () → state of `work`
    work : (unit (channels, length), state) → (output of the same shape, state)
    """

    def begin() -> Units[S]:
        # A unit is answered when its last sample is there: so many zeros bridge the longest wait for it.
        return np.zeros((channels, 0), np.float32), np.zeros((channels, length - 1), np.float32), start()

    def step(block: Samples, state: Units[S]) -> tuple[Samples, Units[S]]:
        gathered, ready, inner = state
        gathered = np.concatenate((gathered, block), axis=1)
        whole = gathered.shape[1] // length * length
        answers = [ready]
        for at in range(0, whole, length):
            answer, inner = work(gathered[:, at : at + length], inner)
            answers.append(answer)
        ready = np.concatenate(answers, axis=1) if whole else ready
        n = block.shape[1]
        return ready[:, :n], (gathered[:, whole:].copy(), ready[:, n:].copy(), inner)

    return Stage(length - 1 + delay, begin, step)
