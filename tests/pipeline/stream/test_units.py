"""Units of a fixed length, whatever comes in: the worker sees the same ones, and what it answers is in its place."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.stream.stage import Stage, run, split
from pipeline.stream.units import in_units
from tests.pipeline.signals import noise

LENGTH, DELAY = 10, 3


def recorder(seen: list[Samples]) -> Stage:
    """Answers with what it is given, DELAY samples late, and notes every unit."""

    def work(unit: Samples, tail: Samples) -> tuple[Samples, Samples]:
        seen.append(unit.copy())
        both = np.concatenate((tail, unit), axis=1)
        return both[:, :LENGTH], both[:, LENGTH:]

    return in_units(LENGTH, 2, DELAY, lambda: np.zeros((2, DELAY), np.float32), work)


@pytest.mark.parametrize("block", [1, 3, 9, 10, 11, 57, 1_000])
@pytest.mark.parametrize("n", [1, 9, 10, 11, 95, 100])
def test_what_comes_out_is_what_went_in_and_units_do_not_depend_on_blocks(block: int, n: int) -> None:
    x, seen = noise(2, n), list[Samples]()
    out = np.concatenate(list(run(recorder(seen), split(x, block))), axis=1)
    assert np.array_equal(out, x)
    assert {unit.shape for unit in seen} == {(2, LENGTH)}
    padded = np.zeros((2, len(seen) * LENGTH), np.float32)
    padded[:, :n] = x
    assert np.array_equal(np.concatenate(seen, axis=1), padded)


def test_the_latency_is_the_longest_wait_and_no_longer() -> None:
    assert recorder([]).latency == LENGTH - 1 + DELAY


def test_a_run_leaves_no_trace_in_the_stage() -> None:
    x, stage = noise(2, 57), recorder([])
    first, second = (np.concatenate(list(run(stage, split(x, 7))), axis=1) for _ in range(2))
    assert np.array_equal(first, second)
