"""How far it is: in each part from its beginning to its end, and asked at every block whether to go on."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.audio import Audio
from pipeline.errors import Cancelled
from pipeline.stream.progress import ProgressMonitor
from pipeline.stream.source import Counted, InMemory
from tests.pipeline.signals import noise


def test_a_part_goes_from_its_beginning_to_just_before_its_end() -> None:
    seen: list[tuple[float, str]] = []
    monitor = ProgressMonitor(lambda *now: seen.append(now), None)
    monitor.phase(0.2, 0.6, "at work")
    tick = monitor.tick(3)
    for _ in range(5):  # two more than were thought
        tick()
    assert seen == [(pytest.approx(f), "at work") for f in (0.2, 0.3, 0.4, 0.5, 0.6, 0.6)]


def test_where_the_end_is_not_known_half_of_it_is_30_blocks_away() -> None:
    seen: list[float] = []
    monitor = ProgressMonitor(lambda fraction, _: seen.append(fraction), None)
    monitor.phase(0.0, 1.0, "at work")
    tick = monitor.tick(None)
    for _ in range(300):
        tick()
    assert seen[1] == pytest.approx(1 / 31)
    assert seen[30] == pytest.approx(0.5)
    assert seen == sorted(seen)
    assert 0.9 < seen[-1] < 1


@pytest.mark.parametrize(("claimed_s", "expected"), [(4.0, [0.5, 1.0]), (1.0, [1.0, 1.0]), (None, [1 / 31, 2 / 32])])
def test_the_length_that_a_recording_claims_is_used(claimed_s: float | None, expected: list[float]) -> None:
    """It may be wrong: what is there more than claimed takes no more progress. Without one, it goes on for ever."""
    seen: list[float] = []
    monitor = ProgressMonitor(lambda fraction, _: seen.append(fraction), None)
    monitor.phase(0.0, 1.0, "at work")
    source = InMemory(Audio(noise(1, 32_000), 8_000))
    source.claimed_s = claimed_s
    counted = Counted(source)
    tick = monitor.along(counted)
    for _ in counted:
        tick()
    assert seen[1:] == [pytest.approx(share) for share in expected]


def test_each_part_and_each_block_asks_whether_to_go_on() -> None:
    answers = iter([False, False, True])
    monitor = ProgressMonitor(None, lambda: next(answers))
    monitor.phase(0.0, 1.0, "at work")
    tick = monitor.tick(10)
    tick()
    with pytest.raises(Cancelled, match="cancelled"):
        tick()
    with pytest.raises(Cancelled):
        ProgressMonitor(None, lambda: True).phase(0.0, 1.0, "at work")


def test_a_recording_in_memory_comes_in_blocks_of_two_seconds_as_often_as_asked() -> None:
    audio = Audio(noise(2, 50_000), 8_000)
    source = InMemory(audio)
    assert (source.sample_rate, source.channels) == (8_000, 2)
    for _ in range(2):
        blocks = list(source.blocks())
        assert [block.shape for block in blocks] == [(2, 16_000)] * 3 + [(2, 2_000)]
        assert np.array_equal(np.concatenate(blocks, axis=1), audio.samples)
    counted = Counted(source)
    assert (counted.block_count, counted.sample_count) == (0, 0)
    assert len(list(counted)) == counted.block_count == 4
    assert counted.sample_count == 50_000
