"""The warm-up: one thread, started once, that tells how it went and never harms."""

from __future__ import annotations

import threading

import pytest

import runtime_setup
from runtime import warm_up


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that has not warmed up."""
    monkeypatch.setattr(warm_up, "_thread", None)
    monkeypatch.setattr(warm_up, "_finished", threading.Event())
    monkeypatch.setattr(warm_up, "_record", dict.fromkeys(warm_up._record) | {"state": "not started"})


def test_it_runs_once_and_then_is_ready() -> None:
    go, calls = threading.Event(), list[bool]()

    def task() -> None:
        calls.append(go.wait(30))

    assert runtime_setup.warm_up_status()["state"] == "not started"
    assert not runtime_setup.wait_until_ready(0)
    runtime_setup.start_warm_up(task)
    runtime_setup.start_warm_up(task)
    assert runtime_setup.warm_up_status()["state"] == "running"
    assert not runtime_setup.is_ready()
    assert not runtime_setup.wait_until_ready(0.01)
    go.set()
    assert runtime_setup.wait_until_ready(30)
    status = runtime_setup.warm_up_status()
    assert (status["state"], status["error"], status["compilations"], status["cache_hits"]) == ("done", None, 0, 0)
    assert status["seconds"] >= 0
    assert calls == [True]


def test_a_failure_is_recorded_and_nobody_waits_for_it() -> None:
    def fail() -> None:
        raise ValueError("a bad day")

    runtime_setup.start_warm_up(fail)
    waiting = threading.Thread(target=runtime_setup.wait_until_ready, args=(600,), daemon=True)
    waiting.start()
    waiting.join(60)
    assert not waiting.is_alive()
    assert not runtime_setup.wait_until_ready(0)
    assert runtime_setup.warm_up_status()["state"] == "failed"
    assert runtime_setup.warm_up_status()["error"] == "ValueError: a bad day"
    assert not runtime_setup.is_ready()


def test_there_is_one_warm_up_whoever_asks_and_whenever() -> None:
    """A second one would compile the same again, beside visitors' work."""
    calls: list[str] = []
    runtime_setup.start_warm_up(lambda: calls.append("first"))
    assert runtime_setup.wait_until_ready(30)
    runtime_setup.start_warm_up(lambda: calls.append("after the first"))
    together = [threading.Thread(target=runtime_setup.start_warm_up, args=(lambda: calls.append("x"),)) for _ in "ab"]
    for thread in together:
        thread.start()
    for thread in (*together, *(one for one in threading.enumerate() if one.name == "warm-up")):
        thread.join(30)
    assert calls == ["first"]
    assert runtime_setup.warm_up_status()["state"] == "done"


def test_it_runs_in_a_thread_that_holds_up_no_exit() -> None:
    seen: list[threading.Thread] = []
    runtime_setup.start_warm_up(lambda: seen.append(threading.current_thread()))
    assert runtime_setup.wait_until_ready(30)
    assert seen[0] is not threading.current_thread()
    assert seen[0].daemon
    assert seen[0].name == "warm-up"
