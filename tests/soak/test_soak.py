"""After hundreds of visitors, a full disk and a kill -9, the app takes as much as after the first few."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from service.storage import PREFIX
from tests.conftest import stop_server
from tests.footprint import Footprint, Log, above, settled, warmed_up
from tests.fuzz.scale import SEED, STRESS, count, tried
from tests.pipeline.signals import noise, speech_like
from tests.web import curl

from . import visitors
from .place import SmallDisk, can_be_made, small_disk
from .visitors import EVERYBODY, Town

REQUESTS = count(24, 500)
FIRST = count(13, 20)  # of every kind one at least, then it is measured
DISK_BYTES = 192 << 20  # the app leaves a reserve of it free
LIFETIME_S = 15
MORE = {
    "rss_bytes": 48_000_000,
    "threads": 6,
    "descriptors": 6,
    "children": 1,
}  # than after the first requests; the decoders' helper
LOG_BYTES = 400  # for each request, on average
ENVIRONMENT = {"MAX_UPLOAD_MB": "4", "WORKERS": "1", "FILE_LIFETIME_S": str(LIFETIME_S)}

pytestmark = [
    pytest.mark.stress,
    pytest.mark.skipif(not can_be_made(), reason="needs Linux, util-linux, and the right to mount"),
]


def recordings(folder: Path) -> dict[str, Path]:
    """A short one, one that takes a while, and bad ones of several kinds."""
    talk, long_talk = folder / "talk.wav", folder / "long.flac"
    x = speech_like(16_000, 2.0)
    soundfile.write(talk, (x + noise(1, x.shape[1], -45.0)).T, 16_000)
    silence = np.zeros(48_000 * 60 * 4, np.float32)
    silence[: 3 * x.shape[1]] = np.repeat(x[0], 3)
    soundfile.write(long_talk, silence, 48_000)
    contents = {
        "empty.wav": b"",
        "text.mp3": b"some words, no sound",
        "cut.wav": talk.read_bytes()[:50],
        "zeros.m4a": bytes(9_000),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {"talk": talk, "long_talk": long_talk, **{name: folder / name for name in contents}}


def town_of(disk: SmallDisk, place: Path, folder: Path) -> Town:
    found = recordings(folder)
    talk, long_talk = found.pop("talk"), found.pop("long_talk")
    server = disk.start(place, **ENVIRONMENT)
    return Town(server, talk, long_talk, list(found.values()), random.Random(SEED if STRESS else 1))


def test_hundreds_of_visitors(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    with small_disk(tmp_path / "disk", DISK_BYTES) as disk:
        town = town_of(disk, tmp_path / "app", tmp_path / "recordings")
        try:
            everybody = town.chance.choices(*zip(*EVERYBODY, strict=True), k=REQUESTS)
            everybody[: len(EVERYBODY)] = [visit for visit, _ in EVERYBODY]
            seen = Log(town.server.log)
            receive(town, everybody[:FIRST])
            warmed_up(town.server)
            first = settled(town.server)
            died = count(FIRST, REQUESTS // 5)
            receive(town, everybody[FIRST:died])
            faults = in_order(seen)
            killed_and_started_again(disk, town, tmp_path)
            seen = Log(town.server.log)
            receive(town, everybody[died : died + FIRST])
            warmed_up(town.server)
            first = least(first, settled(town.server))
            with_a_full_disk(disk, town)
            receive(town, everybody[died + FIRST :])
            as_at_first(town, first)
            assert faults + in_order(seen) == []
            assert town.heard > REQUESTS // 5
            assert town.refused > REQUESTS // 5
        finally:
            town.server.process.kill()
            town.server.process.wait()


def receive(town: Town, visits: list[visitors.Visit]) -> None:
    for visit in visits:
        visit(town)
        tried[f"soak: {visit.__name__}"] += 1
        assert town.server.process.poll() is None, visit.__name__
        assert httpx.get(f"{town.url}/health", timeout=60).json()["status"] == "healthy", visit.__name__


def with_a_full_disk(disk: SmallDisk, town: Town) -> None:
    """And afterwards it works as before, by itself."""
    kept = curl.upload(town.url, town.talk)
    with disk.full():
        for _ in range(count(3, 20)):
            visitors.at_a_full_disk(town)
            tried["soak: at_a_full_disk"] += 1
        with pytest.raises((curl.ApiError, httpx.HTTPStatusError)) as refusal:
            curl.call(town.url, "enhance", file=kept)
        if isinstance(refusal.value, curl.ApiError):
            assert refusal.value.error["error"].endswith("."), refusal.value.error
            assert "went wrong inside" not in refusal.value.error["error"]
    visitors.enhances(town)


def killed_and_started_again(disk: SmallDisk, town: Town, tmp_path: Path) -> None:
    """With files of visitors and work that goes on: the next run removes what the killed one left."""
    visitors.never_listens(town)
    left = {path.name for path in disk.seen.glob(f"{PREFIX}*")}
    assert len(left) == 1
    town.server.process.kill()
    town.server.process.wait()
    town.server = disk.start(tmp_path / "app again", **ENVIRONMENT)
    assert left.isdisjoint(path.name for path in disk.seen.iterdir())


def least(one: Footprint, other: Footprint) -> Footprint:
    """A process that has compiled takes more memory than the next one, which finds the code compiled."""
    return Footprint(**{name: min(value, getattr(other, name)) for name, value in vars(one).items()})


def as_at_first(town: Town, first: Footprint) -> None:
    """Memory, threads, descriptors and children; and nothing stored, when the visitors' time is over."""
    most = Footprint(**{name: getattr(first, name) + MORE.get(name, 0) for name in vars(first)})
    most = replace(most, files=0, stored_bytes=0)
    now = settled(town.server, most)
    print(f"after {FIRST}: {first}\nafter {REQUESTS}: {now}")
    assert not above(now, most), (now, first)
    deadline = time.monotonic() + 4 * LIFETIME_S * STRESS
    while (folders := _folders(town.server.files)) and time.monotonic() < deadline:
        time.sleep(1)
    assert len(folders) <= count(2 * REQUESTS, 0)  # an empty one is kept for another lifetime


def _folders(storage: Path) -> list[Path]:
    return [path for path in storage.rglob("*") if path.is_dir() and not path.name.startswith(PREFIX)]


def in_order(seen: Log) -> list[str]:
    """What is wrong with the log, which must be short."""
    text = seen.news()
    assert len(text) < 20_000 + LOG_BYTES * REQUESTS
    return seen.faults(text)


def test_it_stops_when_told_to_and_leaves_nothing(tmp_path: Path) -> None:
    """In the middle of work that somebody waits for."""
    (tmp_path / "recordings").mkdir()
    with small_disk(tmp_path / "disk", DISK_BYTES) as disk:
        town = town_of(disk, tmp_path / "app", tmp_path / "recordings")
        visitors.never_listens(town)
        time.sleep(0.5)
        assert stop_server(town.server) == 0
        assert list(disk.seen.iterdir()) == []
        tried["soak: stops"] += 1
        assert Log(town.server.log).faults(town.server.log.read_bytes()) == []
