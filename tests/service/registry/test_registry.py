"""Jobs live on without a connection; what ends first counts."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

import pipeline
from pipeline import Settings
from pipeline.errors import AudioError, Cancelled
from service import jobs
from service.config import Config
from service.line.admission import Visit
from service.line.pace import Pace
from service.line.shares import TooManyError
from service.registry import registry as module
from service.registry.job import Job, State
from service.registry.registry import Registry, UnknownJobError
from service.site import Site
from service.work import Progress

PATIENCE_S = 270  # the first to enhance compiles
OFF = Settings.nothing()


@pytest.fixture
def site(site: Site) -> Site:
    return Site(Config.from_environ({"WORKERS": "1"}), site.storage)


@pytest.fixture
def registry(site: Site) -> Registry:
    return Registry(site)


def upload(site: Site, recording: Path, name: str = "talk.wav") -> Path:
    path = Path(shutil.copy(recording, site.storage.new_folder("in") / name))
    site.storage.give(path)
    return path


def ended(job: Job) -> State:
    assert job.ended.wait(PATIENCE_S)
    return job.now().state


class Gate:
    """Stands in for the work: it goes on when it is told to, and says when it was closed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fraction, self.closed, self.began = 0.0, threading.Event(), threading.Event()
        self.fault: Exception | None = None
        self.outcome: jobs.Outcome | None = None
        monkeypatch.setattr(module.jobs, "serve_one", self._served)

    def _served(self, site: Site, order: jobs.Order, weighed: jobs.Weighed) -> Generator[Progress, None, Any]:
        try:
            weighed(1000.0)
            while self.fault is None and self.outcome is None:
                self.began.set()
                time.sleep(0.01)
                yield Progress(self.fraction, "at work")
            if self.fault is not None:
                raise self.fault
            return self.outcome
        finally:
            self.closed.set()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    opened = Gate(monkeypatch)
    yield opened
    opened.fault = opened.fault or AudioError("The test is over.")  # else its jobs would work until the last test ends


def order(name: str = "x.wav", visitor: str = "") -> jobs.Order:
    return jobs.Order(Path(name), OFF, visit=Visit(visitor))


def test_a_job_is_done_without_anybody_listening(registry: Registry, site: Site, talk: Path) -> None:
    job = registry.start(jobs.Order(upload(site, talk), OFF, "flac"))
    assert ended(job) is State.DONE
    now = registry.get(job.token).now()
    assert now.outcome is not None
    assert now.outcome.after.is_file()
    assert (now.progress.fraction, now.left_s, now.error) == (1.0, None, None)
    assert job.work_bytes == 4 * 3 * 16_000
    registry.forget(job)
    assert not now.outcome.folder.exists()
    assert not site.storage.owns(now.outcome.after)
    with pytest.raises(UnknownJobError):
        registry.get(job.token)


def test_a_stretch_alone_is_enhanced(registry: Registry, site: Site, talk: Path) -> None:
    job = registry.start(jobs.Order(upload(site, talk), OFF, "flac", stretch=(1.0, 0.5)))
    assert ended(job) is State.DONE
    outcome = job.now().outcome
    assert outcome is not None
    assert outcome.report.before.duration_s == 0.5
    assert pipeline.load(outcome.removed).samples.shape == pipeline.load(outcome.after).samples.shape == (1, 8_000)
    assert job.work_bytes == 4 * 8_000


def test_tokens_cannot_be_guessed(registry: Registry, gate: Gate) -> None:
    tokens = {registry.start(order()).token for _ in range(20)}
    assert len(tokens) == 20
    assert {len(token) for token in tokens} == {32}


def test_cancelled_is_the_last_word(registry: Registry, gate: Gate, tmp_path: Path) -> None:
    """Not even a result that comes at the same moment overtakes it."""
    job = registry.start(order())
    assert gate.began.wait(PATIENCE_S)
    job.cancel()
    assert job.now().state is State.CANCELLED
    assert gate.closed.wait(PATIENCE_S)
    (tmp_path / "out").mkdir()
    late = jobs.Outcome(tmp_path / "out", *([tmp_path] * 2), report=None, source=tmp_path, stem="", title="")  # type: ignore[arg-type]
    assert not job.done(late)
    job.failed(AudioError("late"))
    assert not job.show(Progress(0.9, "late"))
    assert (job.now().state, job.now().error, job.now().outcome) == (State.CANCELLED, None, None)


def test_a_fault_is_kept_in_words(registry: Registry, gate: Gate) -> None:
    job = registry.start(order())
    gate.fault = AudioError("The file is damaged.")
    assert ended(job) is State.FAILED
    error = job.now().error
    assert error is not None
    assert error.message == "The file is damaged."
    gate.fault = ZeroDivisionError("of our own")
    other = registry.start(order())
    assert ended(other) is State.FAILED
    assert "of our own" not in str(other.now().error)


def test_who_follows_gets_the_result_and_who_stops_following_cancels(
    registry: Registry, gate: Gate, site: Site
) -> None:
    job = registry.start(order())
    following = registry.follow(job)
    assert next(following).text in ("Starting…", "at work")
    following.close()
    assert job.now().state is State.CANCELLED
    assert gate.closed.wait(PATIENCE_S)
    job = registry.start(order())
    gate.fault = AudioError("The file is damaged.")
    with pytest.raises(AudioError):
        list(registry.follow(job))
    job = Job(order(), "x", Pace())
    job.cancel()
    with pytest.raises(Cancelled):
        list(registry.follow(job))


def test_nobody_has_more_than_a_share(registry: Registry, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    held = [registry.start(order(visitor="a")) for _ in range(module.EACH)]
    with pytest.raises(TooManyError):
        registry.start(order(visitor="a"))
    registry.start(order(visitor="b"))
    gate.fault = AudioError("end")
    assert all(ended(job) is State.FAILED for job in held)


def test_what_has_expired_is_forgotten(registry: Registry, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    old, kept = registry.start(order()), registry.start(order())
    old.cancel()
    lifetime_s = registry._site.config.file_lifetime_s
    old.ended_s -= lifetime_s + 1
    monkeypatch.setattr(module, "REMEMBERED", 2)
    registry.start(order())
    with pytest.raises(UnknownJobError):
        registry.get(old.token)
    kept.cancel()
    registry.start(order())
    registry.start(order())  # more than are remembered: the oldest that has ended goes
    with pytest.raises(UnknownJobError):
        registry.get(kept.token)


def test_how_long_is_said_from_what_is_expected_and_then_from_what_was_seen() -> None:
    pace = Pace(100.0)
    assert pace.left_s(1000.0, 0.0, 3.0) == 10.0
    assert pace.left_s(1000.0, 0.05, 1.0) == pytest.approx((9.5 + 19.0) / 2)
    assert pace.left_s(1000.0, 0.5, 20.0) == 20.0
    pace.learn(1000.0, 0.1)  # too short to say anything
    assert pace.expected_s(100.0) == 1.0
    for _ in range(30):
        pace.learn(1000.0, 20.0)
    assert pace.expected_s(100.0) == pytest.approx(2.0, rel=0.01)
    assert pace.work_bytes(2.0) == pytest.approx(100.0, rel=0.01)


def test_the_wait_is_what_those_before_still_take(registry: Registry, site: Site) -> None:
    jobs_there = [Job(order(), "x", site.pace) for _ in range(3)]
    for number, job in enumerate(jobs_there):
        job.work_bytes, job.created_s = site.pace.work_bytes(10.0 * (number + 1)), float(number)
        registry._jobs[job.token] = job
    jobs_there[0].show(Progress(0.001, "at work"))
    for number, job in enumerate(jobs_there[1:], 1):
        job.show(Progress(0.0, "Waiting", number))
    assert registry.wait_s(jobs_there[0]) is None
    assert registry.wait_s(jobs_there[1]) == pytest.approx(10.0, abs=0.5)
    assert registry.wait_s(jobs_there[2]) == pytest.approx(30.0, abs=0.5)
