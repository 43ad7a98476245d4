"""Work in parts: what comes out is the same whoever works, and nobody works on when it is over."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import Cancelled, Settings, enhance_file
from pipeline.stages.denoise.choice import denoiser
from pipeline.stream.crew import CREW, Crew
from pipeline.stream.line import Part, worked
from pipeline.stream.stage import of_parts, paired, run, split
from tests.pipeline.files.media import write_wav
from tests.pipeline.signals import noise, speech_like

PATIENCE_S = 30.0


@pytest.fixture(params=["1", "2", "5"])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("THREADS", request.param)
    return int(request.param)


def adding(number: int) -> Part:
    """Answers each item with what it has seen so far, and its own number."""

    def step(item: list[int], seen: int) -> tuple[list[int], int]:
        return [*item, seen * 10 + number], seen + 1

    return Part(lambda: 0, step)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_every_part_sees_all_items_in_order(count: int) -> None:
    answers = list(worked([adding(k) for k in range(4)], ([] for _ in range(count))))
    assert answers == [[n * 10 + k for k in range(4)] for n in range(count)]


@pytest.mark.usefixtures("threads")
def test_without_parts_the_items_come_as_they_are() -> None:
    assert list(worked([], [1, 2])) == [1, 2]


def test_the_one_who_asks_calls_what_gives_the_items(threads: int) -> None:
    """A decoder counts the processor time of its thread."""
    callers, workers = set(), set()

    def items() -> Iterator[int]:
        for k in range(30):
            callers.add(threading.get_ident())
            yield k

    def step(item: int, state: None) -> tuple[int, None]:
        workers.add(threading.get_ident())
        return item, state

    assert list(worked([Part(lambda: None, step)] * 3, items())) == list(range(30))
    assert callers == {threading.get_ident()}
    assert len(workers) <= threads


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_fault_in_a_part_is_raised_and_ends_all(part: int) -> None:
    def step(item: int, state: None) -> tuple[int, None]:
        if item == 7:
            raise ZeroDivisionError("seven")
        return item, state

    parts = [adding_nothing()] * part + [Part(lambda: None, step)] + [adding_nothing()] * (2 - part)
    with pytest.raises(ZeroDivisionError, match="seven"):
        list(worked(parts, range(100)))
    assert not helpers()


@pytest.mark.usefixtures("threads")
def test_a_fault_of_the_items_is_raised_and_ends_all() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(worked([adding_nothing()] * 3, items()))
    assert not helpers()


@pytest.mark.usefixtures("threads")
def test_whoever_stops_asking_ends_all() -> None:
    results = worked([adding_nothing()] * 4, iter(range(10**9)))
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert not helpers()
    assert CREW._working == {}


@pytest.mark.parametrize("block", [0, 3])
def test_a_cancelled_enhancement_frees_its_threads_though_its_fault_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, block: int
) -> None:
    monkeypatch.setenv("THREADS", "3")
    source, asked = write_wav(tmp_path / "talk.wav", speech_like(16_000, 20)), []
    with pytest.raises(Cancelled) as fault:
        enhance_file(source, tmp_path / "out.wav", cancelled=lambda: asked.append(1) or len(asked) > 5 + 10 * block)
    assert fault.value.__traceback__ is not None  # it holds the frames of what was cancelled
    assert not helpers()
    assert CREW._working == {}


def test_where_no_thread_can_be_started_the_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADS", "4")

    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    assert list(worked([adding(0), adding(1)], [[], []])) == [[0, 1], [10, 11]]


def test_two_threads_do_work_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADS", "2")
    meeting = threading.Barrier(2, timeout=PATIENCE_S)

    def meet_at(its: int) -> Part:
        def step(item: int, state: None) -> tuple[int, None]:
            if item == its:
                meeting.wait()  # broken, where the other part waits for this one's end
            return item, state

        return Part(lambda: None, step)

    assert list(worked([meet_at(1), meet_at(0)], range(20))) == list(range(20))


def test_where_all_cores_are_taken_nobody_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADS", "2")
    workers = set()

    def step(item: int, state: None) -> tuple[int, None]:
        workers.add(threading.get_ident())
        return item, state

    done, leave = threading.Event(), threading.Event()

    def another_recording() -> None:
        with CREW.working():
            done.set()
            leave.wait(PATIENCE_S)

    other = threading.Thread(target=another_recording)
    other.start()
    try:
        assert done.wait(PATIENCE_S)
        list(worked([Part(lambda: None, step)] * 3, range(50)))
    finally:
        leave.set()
        other.join()
    assert workers == {threading.get_ident()}


def test_who_may_not_help_wakes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of them would wake each other for ever, and take the time of those who work."""
    monkeypatch.setenv("THREADS", "1")
    crew, woken = Crew(), []
    with crew.working():
        monkeypatch.setattr(crew._lock, "notify_all", lambda: woken.append(1))
        with crew.helping() as is_free:
            assert not is_free
        assert not woken
        crew._most = 2
        with crew.helping() as is_free:
            assert is_free
        assert woken == [1]


def test_a_line_within_a_line_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THREADS", "2")
    inner = worked([adding_nothing()] * 2, range(5))
    assert {len(CREW._working) for _ in worked([adding_nothing()] * 2, inner)} == {1}


@pytest.mark.parametrize("block", [1_000, 70_000])
def test_a_denoiser_answers_the_same(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    settings, found = Settings(), []
    x = speech_like(16_000, 12) + noise(1, 12 * 16_000, -40)
    for threads in ("1", "2", "4"):
        monkeypatch.setenv("THREADS", threads)
        stage = denoiser(settings.denoise, settings.dereverb, 16_000, 1).stages[0]
        assert len(stage.line.parts) > 5
        found.append(np.concatenate(list(run(stage, split(x, block))), axis=1))
    assert found[0].shape == x.shape
    assert all(np.array_equal(found[0], other) for other in found[1:])


def test_a_file_is_the_same_to_the_last_byte(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source, written = write_wav(tmp_path / "talk.wav", speech_like(16_000, 8)), []
    for threads in ("1", "2", "4"):
        monkeypatch.setenv("THREADS", threads)
        report = enhance_file(source, tmp_path / "out.wav", removed=tmp_path / "removed.wav")
        files = [(tmp_path / name).read_bytes() for name in ("out.wav", "removed.wav")]
        written.append((files, report.before, report.after))
    assert all(one == written[0] for one in written[1:])


@pytest.mark.usefixtures("threads")
def test_pairs_are_of_the_same_moment() -> None:
    def later(item: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        line = np.concatenate((state, item), axis=1)
        return line[:, : item.shape[1]], line[:, item.shape[1] :]

    part = Part(lambda: np.zeros((1, 100), np.float32), later)
    x = noise(1, 5_000)
    pairs = list(paired(of_parts(100, [part]), split(x, 333)))
    assert all(np.array_equal(before, after) for before, after in pairs)
    assert np.array_equal(np.concatenate([before for before, _ in pairs], axis=1), x)


def adding_nothing() -> Part:
    return Part(lambda: None, lambda item, state: (item, state))


def helpers() -> list[Any]:
    return [thread for thread in threading.enumerate() if thread.name == "enhancement"]
