from __future__ import annotations

import numpy as np

from pipeline.stream.stage import Stage, chained, paired, run, run_whole, side_by_side, split
from tests.pipeline.signals import noise


def delay(samples: int) -> Stage:
    """The plainest stage with a memory."""

    def step(block, state):  # type: ignore[no-untyped-def]
        x = np.concatenate([state, block], axis=1)
        return x[:, : block.shape[1]], x[:, block.shape[1] :]

    return Stage(samples, lambda: np.zeros((2, samples), np.float32), step)


def test_latency_is_made_up_whatever_the_blocks() -> None:
    x = noise(2, 1_000)
    for samples in (0, 1, 300, 5_000):
        for block in (1, 7, 999, 2_000):
            out = np.concatenate(list(run(delay(samples), split(x, block))), axis=1)
            assert np.array_equal(out, x)


def test_latencies_add_up_in_a_chain() -> None:
    x = noise(2, 1_000)
    line = chained([delay(3), delay(0), delay(400)])
    assert line.latency == 403
    assert np.array_equal(run_whole(line, x), x)


def first_heard() -> Stage:
    """Answers with the first sample it was ever given, as what learns from a beginning would."""

    def step(block, state):  # type: ignore[no-untyped-def]
        state = block[:, :1] if state is None else state
        return np.broadcast_to(state, block.shape), state

    return Stage(0, lambda: None, step)


def test_every_stage_of_a_chain_hears_the_true_beginning() -> None:
    x = noise(2, 1_000)
    for block in (1, 7, 399, 2_000):
        for line in ([delay(3), first_heard()], [delay(3), delay(400), first_heard(), delay(5)]):
            out = np.concatenate(list(run(chained(line), split(x, block))), axis=1)
            assert np.array_equal(out, np.broadcast_to(x[:, :1], x.shape))


def test_a_run_leaves_no_trace() -> None:
    x, stage = noise(2, 1_000), delay(10)
    assert np.array_equal(run_whole(stage, x), run_whole(stage, x))


def test_nothing_in_nothing_out() -> None:
    assert run_whole(delay(5), np.zeros((2, 0), np.float32)).shape == (2, 0)
    assert list(run(delay(5), [])) == []


def test_pairs_are_of_the_same_moments() -> None:
    x = noise(2, 1_000)
    for samples in (0, 1, 300, 5_000):
        for block in (1, 7, 999, 2_000):
            pairs = list(paired(delay(samples), split(x, block)))
            assert all(a.shape == b.shape for a, b in pairs)
            for side in zip(*pairs, strict=True):
                assert np.array_equal(np.concatenate(side, axis=1), x)
    assert list(paired(delay(5), [])) == []


def test_side_by_side_every_channel_has_a_stage_and_all_stay_in_step() -> None:
    x = noise(3, 1_000)
    each = [mono_delay(samples) for samples in (0, 7, 300)]
    for block in (1, 7, 299, 2_000):
        line = side_by_side(each)
        assert line.latency == 300
        assert np.array_equal(np.concatenate(list(run(line, split(x, block))), axis=1), x)


def mono_delay(samples: int) -> Stage:
    """`delay`, of a single channel."""

    def step(block, state):  # type: ignore[no-untyped-def]
        line = np.concatenate([state, block], axis=1)
        return line[:, : block.shape[1]], line[:, block.shape[1] :]

    return Stage(samples, lambda: np.zeros((1, samples), np.float32), step)
