"""How long a decoder may work: by a clock of the test's own, so that every second is where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import Cancelled, LimitError
from pipeline.files.decoded import Block, Blocks
from pipeline.files.watch import Watch, WatchedFile


class Clock:
    """Processor time of this thread."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("time.thread_time", made)
    return made


def decoded(clock: Clock, watch: Watch, *blocks: tuple[float, float]) -> Blocks:
    """Blocks of so many seconds of work each, and so many of sound; the decoder asks before it answers."""
    for work_s, sound_s in blocks:
        clock.now_s += work_s
        watch.check()
        yield Block(8_000, np.zeros((1, round(8_000 * sound_s)), np.float32))


@pytest.mark.parametrize(("work_s", "is_taken"), [(1.9, True), (2.1, False)])
def test_the_first_block_may_take_two_seconds(clock: Clock, work_s: float, is_taken: bool) -> None:
    watch = Watch()
    blocks = watch.over(decoded(clock, watch, (work_s, 1.0)))
    if is_taken:
        assert len(list(blocks)) == 1
    else:
        with pytest.raises(LimitError, match="more time"):
            next(blocks)


@pytest.mark.parametrize(("work_s", "blocks"), [(0.4, 100), (0.6, 15), (1.0, 3)])
def test_a_second_of_sound_may_take_half_a_second_and_all_of_it_two_more(
    clock: Clock, work_s: float, blocks: int
) -> None:
    """Of n blocks of a second each, n · work must not be more than 2 s + (n - 1) / 2."""
    watch = Watch()
    work = watch.over(decoded(clock, watch, *[(work_s - 1e-9, 1.0)] * 100))
    done = 0
    with suppress(LimitError):
        for _ in work:
            done += 1
    assert done == blocks


def test_what_was_saved_in_hours_of_sound_is_not_for_one_block(clock: Clock) -> None:
    watch = Watch()
    work = watch.over(decoded(clock, watch, *[(0.0, 60.0)] * 60, (2.1, 1.0)))
    for _ in range(60):
        next(work)
    with pytest.raises(LimitError, match="more time"):
        next(work)


def test_the_time_of_those_who_use_the_sound_is_not_the_decoders(clock: Clock) -> None:
    watch = Watch()
    for _ in watch.over(decoded(clock, watch, *[(0.1, 1.0)] * 5)):
        clock.now_s += 1000


def test_each_step_says_how_long_it_may_take(clock: Clock) -> None:
    watch = Watch()
    assert watch.step() == 2.0
    work = watch.over(decoded(clock, watch, (1.5, 1.0)))
    next(work)
    assert watch.step() == pytest.approx(2.0 + 0.5 - 1.5)


def test_who_has_cancelled_is_heard_and_the_file_ends_there(tmp_path: Path) -> None:
    (tmp_path / "sound").write_bytes(b"0123456789")
    answers: Iterator[bool] = iter([False, True])
    watch = Watch(lambda: next(answers))
    watch.step()
    with (tmp_path / "sound").open("rb") as file:
        watched = WatchedFile(file, watch, 2)
        assert (watched.length, watched.read(3)) == (8, b"234")
        assert watched.read(3) == b""
    with pytest.raises(Cancelled):
        watch.check()
