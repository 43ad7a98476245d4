"""Work in a thread: progress, result, faults, cancel."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest

import runtime_setup
from service.work import Handle, Progress, Work


def test_progress_then_result() -> None:
    seen = threading.Event()

    def function(handle: Handle) -> str:
        handle.between(0.5, 1.0)(0.5, "half of the second half")
        assert seen.wait(20)
        return "done"

    work = Work(function)
    for now in work.progress():
        if now.fraction:
            assert now == Progress(0.75, "half of the second half")
            seen.set()
    assert work.result() == "done"


def test_faults_are_carried_over() -> None:
    def function(_: Handle) -> None:
        raise ValueError("no")

    work = Work(function)
    for _ in work.progress():
        pass
    with pytest.raises(ValueError, match="no"):
        work.result()


def test_closing_the_generator_cancels_the_work() -> None:
    stopped = threading.Event()

    def function(handle: Handle) -> None:
        while not handle.cancelled():
            pass
        stopped.set()

    updates = Work(function).progress()
    next(updates)
    updates.close()
    assert stopped.wait(20)


@pytest.mark.parametrize(("fraction", "shown"), [(-1, 0), (2, 1), (0.25, 0.25)])
def test_fractions_stay_between_0_and_1(fraction: float, shown: float) -> None:
    seen = threading.Event()

    def function(handle: Handle) -> None:
        handle.report(fraction, "so far")
        assert seen.wait(20)

    for now in Work(function).progress():
        if now.text:
            assert now == Progress(shown, "so far")
            seen.set()


def test_what_a_failed_work_held_is_let_go_at_once() -> None:
    """Without waiting for the collector of cycles: a recording's samples are large."""
    held: list[weakref.ref[np.ndarray]] = []

    def fail(_: Handle) -> None:
        samples = np.zeros(1000)
        held.append(weakref.ref(samples))
        raise ValueError("no")

    gc.disable()
    try:
        work = Work(fail)
        list(work.progress())
        with pytest.raises(ValueError, match="no"):
            work.result()
        assert held[0]() is None
    finally:
        gc.enable()


def test_memory_goes_back_once_the_work_has_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    returned = threading.Event()

    def give_back() -> None:
        calls.append("memory")
        returned.set()

    monkeypatch.setattr(runtime_setup, "return_memory", give_back)
    work = Work(lambda _: calls.append("work"))
    for _ in work.progress():
        pass
    assert returned.wait(20)
    assert calls == ["work", "memory"]
