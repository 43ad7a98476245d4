"""A place in the line, from asking to the real end of the work."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from pipeline.errors import AudioError
from service import jobs
from service.config import Config
from service.ledger import RoomError
from service.line.admission import Visit
from service.site import Site
from service.work import Handle


@pytest.fixture
def site(site: Site) -> Site:
    return Site(Config.from_environ({"WORKERS": "1"}), site.storage)


@pytest.fixture
def upload(site: Site, talk: Path) -> Path:
    path = Path(shutil.copy(talk, site.storage.new_folder("in")))
    site.storage.give(path, "a")
    return path


def test_a_place_stays_taken_until_the_work_has_really_stopped(site: Site, upload: Path) -> None:
    """A decoder that is deaf for a while must not let the next one begin beside it."""
    may_stop, began = threading.Event(), threading.Event()

    def deaf(_: Handle) -> None:
        began.set()
        assert may_stop.wait(20)

    running = jobs.served(site, upload, deaf, Visit("a"))
    while not began.is_set():
        next(running)
    running.close()  # the visitor has left
    with site.queue.ticket("b") as guest:
        assert guest.before() == 1
        may_stop.set()
        deadline = time.monotonic() + 20
        while guest.before():
            assert time.monotonic() < deadline
    assert len(site.queue) == 0


def test_a_place_is_given_back_after_a_fault_and_a_result(site: Site, upload: Path) -> None:
    def fail(_: Handle) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        list(jobs.served(site, upload, fail, Visit("a")))
    assert len(site.queue) == 0
    list(jobs.served(site, upload, lambda _: "result", Visit("a")))
    assert len(site.queue) == 0


def test_what_is_no_recording_holds_no_place_and_is_removed(site: Site, upload: Path) -> None:
    upload.write_text("Dear diary")
    with pytest.raises(AudioError):
        list(jobs.served(site, upload, lambda _: None, Visit("a")))
    assert len(site.queue) == 0
    assert not upload.exists()


def test_a_recording_weighs_what_its_samples_fill(site: Site, upload: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = []
    monkeypatch.setattr("service.line.admission.AdmissionQueue.weigh", lambda _, __, work: weights.append(work))
    list(jobs.served(site, upload, lambda _: None, Visit("a")))
    samples = upload.read_bytes()[44:]
    assert weights[0] == pytest.approx(2 * len(samples), rel=0.01)  # 16 bit on the disk, float32 as samples


@pytest.mark.parametrize(("rate", "channels", "suffix"), [(8_000, 1, "wav"), (44_100, 2, "wav"), (48_000, 6, "flac")])
def test_every_channel_weighs_and_however_it_is_stored(
    site: Site, tmp_path: Path, rate: int, channels: int, suffix: str
) -> None:
    path = tmp_path / f"talk.{suffix}"
    soundfile.write(path, np.zeros((rate, channels)), rate)
    assert jobs.claimed_bytes(site, path, Handle()) == 4 * rate * channels


@pytest.mark.parametrize(
    ("claimed_s", "weight"),
    [(10.0, 4 * 10 * 16_000 * 2), (None, 4 * (96_044 * 8 / 16_000) * 16_000 * 2), (1e9, 2700 * 2**20)],
)
def test_who_does_not_say_how_long_it_is_weighs_as_a_telephone_would_and_nobody_more_than_is_taken(
    site: Site, upload: Path, monkeypatch: pytest.MonkeyPatch, claimed_s: float | None, weight: float
) -> None:
    found = SimpleNamespace(claimed_s=claimed_s, sample_rate=16_000, channels=2)
    monkeypatch.setattr("pipeline.files.decode.Recording", lambda *_, **__: found)
    assert upload.stat().st_size == 96_044
    assert jobs.claimed_bytes(site, upload, Handle()) == weight


@pytest.mark.parametrize(("disk", "kept", "begins"), [(3.3, 2.3, True), (3.2, 2.3, False), (3.3, 2.2, False)])
def test_a_byte_of_samples_needs_as_many_on_the_disk_as_the_result_the_rest_and_itself(
    site: Site, upload: Path, monkeypatch: pytest.MonkeyPatch, disk: float, kept: float, begins: bool
) -> None:
    samples = jobs.claimed_bytes(site, upload, Handle())
    monkeypatch.setattr("service.room.RESERVE_BYTES", 0)
    monkeypatch.setattr("service.room.free_bytes", lambda _: disk * samples)
    site.storage.ledger.bound(4 * (upload.stat().st_size + kept * samples), 0)
    began: list[Handle] = []
    work = jobs.served(site, upload, began.append, Visit("a"), writes=True)
    if begins:
        list(work)
    else:
        with pytest.raises(RoomError):
            list(work)
    assert bool(began) is begins


def test_without_room_for_the_result_no_work_begins(site: Site, upload: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.room.free_bytes", lambda _: 100_000)
    with pytest.raises(RoomError) as refusal:
        list(jobs.served(site, upload, lambda _: pytest.fail("began"), Visit("a"), writes=True))
    assert refusal.value.status == 507
    assert len(site.queue) == 0
    list(jobs.served(site, upload, lambda _: None, Visit("a")))  # to look at it costs no room


def test_results_count_as_their_visitors(site: Site, upload: Path) -> None:
    site.storage.ledger.bound(40 * 2**20, 0)
    outcome = None
    running = jobs.serve_one(site, jobs.Order(upload, jobs.preset("default"), visit=Visit("a")))
    while outcome is None:
        try:
            next(running)
        except StopIteration as end:
            outcome = end.value
    sizes = sum(path.stat().st_size for path in (upload, outcome.after, outcome.removed))
    site.storage.ledger.check_room("a", 10 * 2**20 - sizes - 3 * 64 * 1024)
    with pytest.raises(RoomError):
        site.storage.ledger.check_room("a", 10 * 2**20 - sizes + 1)
    site.storage.ledger.check_room("b", 10 * 2**20)
