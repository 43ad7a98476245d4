"""What a request does, whoever asks: its files are kept while it works, and nothing is left when it was in vain."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import pipeline
from pipeline import Cancelled, Settings, SettingsError, enhancement
from pipeline.errors import AudioError
from pipeline.presets import PRESETS
from pipeline.settings import Loudness
from service import jobs
from service.config import Config
from service.line.admission import Visit
from service.site import Site
from service.storage import Storage
from service.work import Handle
from tests.pipeline.signals import speech_like

OFF = Settings.nothing()


def upload(site: Site, recording: Path, name: str = "talk.wav") -> Path:
    path = Path(shutil.copy(recording, site.storage.new_folder("in") / name))
    site.storage.give(path)
    return path


def finished(work: Iterator[Any]) -> Any:
    """What the generator returns in the end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def results(site: Site) -> list[Path]:
    return list(site.storage.root.glob("out-*"))


def meanwhile(monkeypatch: pytest.MonkeyPatch, do: Callable[[dict[str, Any]], None]) -> None:
    """Have `do` called with what the enhancement was given, when it is done."""
    real = pipeline.enhance_file

    def enhance_file(*given: Any, **named: Any) -> Any:
        report = real(*given, **named)
        do(named)
        return report

    monkeypatch.setattr(pipeline, "enhance_file", enhance_file)


def test_a_result_is_there_with_what_was_removed(site: Site, talk: Path) -> None:
    source = upload(site, talk)
    outcome = finished(jobs.serve_one(site, jobs.Order(source, OFF, "flac")))
    assert outcome.source == source
    assert outcome.after.name == "talk.clean.flac"
    assert outcome.removed.name == "talk.removed.flac"
    assert soundfile.info(outcome.after).frames == soundfile.info(outcome.removed).frames == soundfile.info(talk).frames
    assert {path.name for path in outcome.folder.iterdir()} == {"talk.clean.flac", "talk.removed.flac"}


def test_a_result_that_has_more_bytes_than_an_upload_may(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compressed recording becomes a WAV: what is ours has no limits."""
    monkeypatch.setenv("MAX_UPLOAD_MB", "1")
    x = np.zeros(16_000 * 30, np.float32)
    x[:32_000] = speech_like(16_000, 2.0)[0]
    soundfile.write(tmp_path / "talk.flac", x, 16_000, "PCM_24")
    order = jobs.Order(upload(site, tmp_path / "talk.flac", "talk.flac"), OFF, listens=True)
    made = jobs.enhance(Handle(), site, order)
    assert made.after.stat().st_size > 2**20 > made.source.stat().st_size
    assert made.media is not None


def test_the_sweeper_takes_neither_the_upload_nor_the_result_of_who_is_being_served(
    site: Site, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, lambda _: site.storage.sweep(-60))  # all files are too old for it
    source = upload(site, talk)
    outcome = finished(jobs.serve_one(site, jobs.Order(source, OFF)))
    assert source.is_file()
    assert outcome.after.is_file()
    assert outcome.removed.is_file()
    site.storage.sweep(-60)
    assert not source.exists()  # nobody is served any more


def test_who_cancels_when_all_is_done_but_the_last_word_leaves_nothing(
    site: Site, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would ever fetch the result."""
    done, left = threading.Event(), threading.Event()

    def wait(named: dict[str, Any]) -> None:
        done.set()
        assert left.wait(60)
        assert named["cancelled"]()

    meanwhile(monkeypatch, wait)
    source = upload(site, talk)
    running = jobs.serve_one(site, jobs.Order(source, OFF))
    while not done.is_set():
        next(running)
    running.close()
    left.set()
    for thread in threading.enumerate():
        if thread.name == "work":
            thread.join(60)
    assert results(site) == []
    assert source.is_file()


def test_a_cancelled_one_leaves_nothing_and_keeps_the_upload(
    site: Site, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any) -> None:
        raise Cancelled("The enhancement was cancelled.")

    meanwhile(monkeypatch, refuse)
    source = upload(site, talk)
    with pytest.raises(Cancelled):
        finished(jobs.serve_one(site, jobs.Order(source, OFF)))
    assert results(site) == []
    assert source.is_file()


def test_a_file_that_is_no_recording_goes_with_its_folder(site: Site, talk: Path) -> None:
    source = upload(site, talk)
    source.write_text("Dear diary, this is no recording.")
    for work in (
        jobs.serve_one(site, jobs.Order(source, OFF)),
        jobs.served(site, source, lambda handle: jobs.analyze(handle, site, source)),
    ):
        with pytest.raises(AudioError):
            finished(work)
        assert not source.exists()
        assert not source.parent.exists()
        assert results(site) == []
        source.parent.mkdir()
        source.write_text("Dear diary, this is no recording.")
        site.storage.give(source)


def test_an_analysis_stops_when_its_visitor_leaves(site: Site, talk: Path) -> None:
    source = upload(site, talk)

    class Left(Handle):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled, match="cancelled"):
        jobs.analyze(Left(), site, source)
    assert jobs.analyze(Handle(), site, source)["duration_s"] == 3.0


def test_who_waits_is_told_how_many_are_before(site: Site, talk: Path) -> None:
    source = upload(site, talk)
    one = Site(Config.from_environ({"WORKERS": "1"}), site.storage)
    with one.queue.ticket(), one.queue.ticket():
        assert first_words(one, source) == "Waiting: 2 recordings are before yours."
    with one.queue.ticket():
        assert first_words(one, source) == "Waiting: 1 recording is before yours."


def first_words(site: Site, source: Path) -> str:
    work = jobs.serve_one(site, jobs.Order(source, OFF))
    return next(now.text for now in work if now.text)


def test_names_of_presets_and_formats_are_checked() -> None:
    assert jobs.preset("podcast") is PRESETS["podcast"]
    for name in ("nothing", "", None, 3, ["podcast"]):
        with pytest.raises(SettingsError, match="Unknown preset"):
            jobs.preset(name)
    with pytest.raises(SettingsError, match="not known"):
        jobs.Order(Path("x.wav"), OFF, "exe")


def test_only_what_was_uploaded_is_opened(site: Site, talk: Path) -> None:
    source = upload(site, talk)
    assert jobs.uploaded(site, str(source)) == source
    for other in (str(talk), "/etc/passwd", None, 7, f"{source.parent}/./{source.name}"):
        with pytest.raises(AudioError, match="not uploaded"):
            jobs.uploaded(site, other)


def served_again(site: Site, source: Path, wanted: Settings, visitor: str) -> jobs.Outcome:
    order = jobs.Order(source, wanted, visit=Visit(visitor), listens=True)
    made: jobs.Outcome = finished(jobs.serve_one(site, order))
    return made


def test_a_recording_that_comes_again_is_not_measured_again(
    site: Site, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = served_again(site, upload(site, talk), Settings(), "me")
    assert site.cache.held_bytes > 0
    for path in first.folder.iterdir():
        os.utime(path, (0, 0))
    measured: list[object] = []
    plain = enhancement._measured
    monkeypatch.setattr(enhancement, "_measured", lambda *given: (measured.append(given), plain(*given))[1])

    moved = replace(Settings(), loudness=Loudness(True, -20.0))
    again = served_again(site, upload(site, talk, "other name.wav"), moved, "me")
    assert not measured
    fresh = served_again(site, upload(site, talk), moved, "somebody else")
    assert len(measured) == 1  # what one visitor sent is not told to another, not even by how long it takes
    assert again.after.read_bytes() == fresh.after.read_bytes()
    assert again.removed.read_bytes() == fresh.removed.read_bytes()
    assert first.media
    assert again.media
    assert again.media.tracks["before"].copy.path.parent == again.folder
    assert again.media.tracks["before"].copy.path.samefile(first.media.tracks["before"].copy.path)
    site.storage.sweep(3600)  # what is old goes, but not what the newer result needs
    assert not first.after.exists()
    for track in again.media.tracks.values():
        assert track.copy.path.exists()
        assert track.outline.exists()
        assert track.overview.path.exists()


def test_another_recording_of_the_same_name_is_another(site: Site, talk: Path) -> None:
    source = upload(site, talk)
    served_again(site, source, Settings(), "me")
    x, rate = soundfile.read(source)
    soundfile.write(source, -0.5 * x, rate)
    held = site.cache.held_bytes
    served_again(site, source, Settings(), "me")
    assert site.cache.held_bytes > held


def test_a_result_that_was_removed_meanwhile_is_not_missed(site: Site, talk: Path) -> None:
    source = upload(site, talk)
    first = served_again(site, source, Settings(), "me")
    shutil.rmtree(first.folder)
    again = served_again(site, source, Settings(), "me")
    assert again.media
    assert again.media.tracks["before"].copy.path.is_file()


def test_what_is_kept_makes_room_for_work(site: Site, talk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served_again(site, upload(site, talk), Settings(), "me")
    kept = site.cache.held_bytes
    assert kept > 0
    monkeypatch.setattr("service.room.free_bytes", lambda _: 2.0**40 if not site.cache.held_bytes else 1.0)
    site.make_room(10)
    assert site.cache.held_bytes == 0


def test_nothing_is_kept_where_that_would_take_memory_nor_where_it_is_switched_off(
    tmp_path: Path, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.kept.is_in_memory", lambda _: True)
    for values in ({}, {"CACHE_MB": "0"}):
        storage = Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)})
        storage.open(3600)
        site = Site(Config.from_environ(values), storage)
        served_again(site, upload(site, talk), Settings(), "me")
        assert site.cache.held_bytes == 0
        assert site.cache.is_off is bool(values)
        storage.close()


def test_what_is_kept_goes_with_the_files(site: Site, talk: Path) -> None:
    served_again(site, upload(site, talk), Settings(), "me")
    assert site.cache.held_bytes > 0
    for told in site.storage.on_sweep:
        told(3600)
    assert site.cache.held_bytes > 0
    for told in site.storage.on_sweep:
        told(0)
    assert site.cache.held_bytes == 0
