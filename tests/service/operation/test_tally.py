"""What was done is told in a line each, and counted; nothing of a visitor's is in it."""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pipeline import Settings
from pipeline.errors import AudioError, Cancelled, EnhancementError, FullError
from service import jobs
from service.http.refusals import answer_fault
from service.http.routes import routes
from service.line.admission import Visit
from service.operation import budget
from service.operation.budget import Budget
from service.operation.tally import Spread, Tally, is_told, kind_of
from service.registry.registry import Registry
from service.site import Site

SECRET = "Jane Doe"
ADDRESS = "203.0.113.77"
ENHANCED = re.compile(r"Work: enhance outcome=done status=200 waited_s=[\d.]+ took_s=[\d.]+ sound_s=3\.0")


@pytest.mark.parametrize(
    ("fault", "outcome", "status", "kind"),
    [
        (None, "done", 200, None),
        (AudioError(SECRET), "refused", 422, "AudioError"),
        (FullError(SECRET), "failed", 507, "FullError"),
        (OSError(28, SECRET), "failed", 500, "FullError"),
        (MemoryError(SECRET), "failed", 500, "MemoryError"),
        (KeyError(SECRET), "failed", 500, "Unforeseen"),
        (Cancelled(SECRET), "cancelled", 499, None),
        (GeneratorExit(SECRET), "cancelled", 499, None),
        (asyncio.CancelledError(SECRET), "cancelled", 499, None),
        (ConnectionResetError(SECRET), "cancelled", 499, None),
    ],
)
def test_how_work_ended_is_told_and_counted_by_words_of_ours(
    caplog: pytest.LogCaptureFixture, fault: BaseException | None, outcome: str, status: int, kind: str | None
) -> None:
    tally = Tally()
    with caplog.at_level(logging.INFO), suppress(BaseException), tally.entry("enhance") as entry:
        entry.sound_s = 63.04
        if fault is not None:
            raise fault
    (line,) = caplog.messages
    assert line.startswith(f"Work: enhance outcome={outcome} status={status}")
    assert ("fault=" in line) is (kind is not None)
    assert "sound_s=63.0" in line
    assert SECRET not in caplog.text
    assert tally.work == {("enhance", outcome): 1}
    assert tally.faults == ({("enhance", kind): 1} if kind else {})
    assert tally.sound_s.get("enhance", 0.0) == (63.04 if fault is None else 0.0)
    assert fault is None or is_told(fault)
    assert not is_told(AudioError("another"))


def test_time_before_the_turn_is_waiting(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    now_s = 100.0
    monkeypatch.setattr("service.operation.tally.time.monotonic", lambda: now_s)
    tally = Tally()
    with caplog.at_level(logging.INFO), tally.entry("analyze") as entry:
        entry.began_s = now_s
        now_s += 4
        entry.turn()
        entry.sound_s = 40.0
        now_s += 2
    assert "waited_s=4.00 took_s=2.00 sound_s=40.0" in caplog.text
    assert (tally.waited["analyze"].sum, tally.took["analyze"].sum) == (4.0, 2.0)
    assert tally.factors["analyze"].sum == 0.05
    assert tally.factors["analyze"].counts == [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]  # at most 0.05


def test_a_value_on_a_bound_is_within_it_and_one_above_all_is_counted() -> None:
    spread = Spread((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 2.0, 3.0):
        spread.add(value)
    assert (spread.counts, spread.sum) == ([2, 2, 1], 8.0)


def test_a_fault_without_a_word_of_ours_is_unforeseen() -> None:
    class Named(Exception):
        pass

    assert kind_of(Named()) == "Unforeseen"


def test_so_many_lines_in_a_minute(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 1000.0
    monkeypatch.setattr(budget.time, "monotonic", lambda: now_s)
    lines = Budget(logging.getLogger("a test"), 2, "Work")
    with caplog.at_level(logging.INFO):
        for number in range(9):
            lines.info("Work: %d", number)
        now_s += budget.PERIOD_S + 1
        lines.info("Work: %s", "again")
    assert caplog.messages == [
        *("Work: 0", "Work: 1", "Work: more of it is counted for a minute, not told."),
        *("Work: 7 more in that minute.", "Work: again"),
    ]


def _upload(site: Site, recording: Path) -> Path:
    path = Path(shutil.copy(recording, site.storage.new_folder("in") / f"{SECRET}.wav"))
    site.storage.give(path)
    return path


def test_every_request_that_did_work_has_one_line_and_nothing_of_the_visitors_in_it(
    site: Site, talk: Path, caplog: pytest.LogCaptureFixture
) -> None:
    registry = Registry(site)
    client = TestClient(Starlette(routes=routes(site, registry), exception_handlers={EnhancementError: answer_fault}))
    visit = Visit(ADDRESS)
    with caplog.at_level(logging.INFO):
        with talk.open("rb") as file:
            client.post("/gradio_api/upload", files={"files": (f"{SECRET}.wav", file)}).raise_for_status()
        order = jobs.Order(_upload(site, talk), Settings.nothing(), visit=visit, name=SECRET)
        job = registry.start(order)
        assert job.ended.wait(270)
        client.get(f"/api/jobs/{job.token}/download?amount=50&format=flac").raise_for_status()
        source = _upload(site, talk)
        list(jobs.served(site, source, lambda handle: jobs.analyze(handle, site, source), visit))
        nothing = _upload(site, talk)
        nothing.write_text(SECRET)
        with pytest.raises(AudioError):
            list(jobs.serve_one(site, jobs.Order(nothing, Settings.nothing(), visit=visit)))
        client.get("/page/app.js").raise_for_status()  # no work
        client.get("/health").raise_for_status()
    work = [message for message in caplog.messages if message.startswith("Work: ")]
    assert [line.split()[1:3] for line in work] == [
        *(["upload", "outcome=done"], ["enhance", "outcome=done"], ["mix", "outcome=done"]),
        *(["analyze", "outcome=done"], ["enhance", "outcome=refused"]),
    ]
    assert ENHANCED.fullmatch(work[1]), work[1]
    assert f"bytes={talk.stat().st_size}" in work[0]
    assert all("sound_s=3.0" in line for line in work[1:4])
    assert "fault=AudioError" in work[4]
    for word in (SECRET, "Jane", ADDRESS, job.token, str(site.storage.root), ".wav"):
        assert word not in "\n".join(work), word
