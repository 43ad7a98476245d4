"""What a finished job hands out: as a file, mixed, as a video, several at once."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from service.http.jobs import results
from service.http.jobs.results import MOST_ZIPPED
from service.media import amount
from service.site import Site
from tests.pipeline.files.films import film
from tests.service.http.jobs.test_orders import OFF, at_the_end, begun, client, file

__all__ = ["client", "file"]  # fixtures


@pytest.fixture
def job(client: TestClient, file: str) -> str:
    """Its path."""
    path = begun(client, file=file, settings=OFF)
    assert at_the_end(client, path)["state"] == "done"
    return path


def given(site: Site, path: Path, name: str = "") -> str:
    """As if it had been uploaded."""
    target = site.storage.new_folder("in") / (name or path.name)
    target.write_bytes(path.read_bytes())
    site.storage.give(target)
    return str(target)


@pytest.mark.parametrize("query", ["", "?amount=100", "?format=wav", "?amount=&format="])
def test_the_result_as_a_file(client: TestClient, job: str, query: str) -> None:
    result = client.get(job).json()["result"]
    answer = client.get(f"{job}/download{query}")
    assert (answer.status_code, answer.content) == (200, Path(result["file"]).read_bytes())
    assert answer.headers["content-disposition"] == 'attachment; filename="talk.clean.wav"'
    assert answer.headers["content-type"] == "audio/wav"
    part = client.get(f"{job}/download{query}", headers={"Range": "bytes=4-11"})
    assert (part.status_code, part.content) == (206, answer.content[4:12])
    head = client.head(f"{job}/download{query}")
    assert (head.headers["content-length"], head.content) == (str(len(answer.content)), b"")


def test_what_was_removed_as_a_file(client: TestClient, job: str) -> None:
    answer = client.get(f"{job}/removed")
    assert answer.content == Path(client.get(job).json()["result"]["removed"]).read_bytes()
    assert answer.headers["content-disposition"] == 'attachment; filename="talk.removed.flac"'


def test_a_mix_is_made_once_and_counts_as_room(
    client: TestClient, site: Site, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    make = amount.make

    def counted(*given: Any) -> None:
        made.append(given[3])
        make(*given)

    monkeypatch.setattr(amount, "make", counted)
    held = site.storage.ledger._held[""]
    answers = [client.get(f"{job}/download?amount=70&format=flac") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["content-disposition"] == 'attachment; filename="talk.clean-70.flac"'
    assert made == [70]
    assert site.storage.ledger._held[""] > held
    x, rate = soundfile.read(io.BytesIO(answers[0].content))
    assert (len(x), rate) == (48_000, 16_000)
    assert len(site.queue) == 0
    assert client.delete(job).status_code == 200
    assert not list(site.storage.root.glob("out-*"))
    assert site.storage.ledger._held[""] < held


def test_the_whole_of_it_in_another_format(client: TestClient, job: str) -> None:
    answer = client.get(f"{job}/download?format=flac")
    assert answer.headers["content-disposition"] == 'attachment; filename="talk.clean.flac"'
    x, _ = soundfile.read(io.BytesIO(answer.content), dtype="float32")
    y, _ = soundfile.read(client.get(job).json()["result"]["file"], dtype="float32")
    assert np.allclose(x, y, atol=1e-6)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("amount=101", "amount"),
        ("amount=-1", "amount"),
        ("amount=7.5", "amount"),
        ("amount=１", "amount"),
        ("format=exe", "output format"),
        ("format=../x", "output format"),
    ],
)
def test_what_cannot_be_is_refused(client: TestClient, job: str, query: str, said: str) -> None:
    answer = client.get(f"{job}/download?{query}")
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_work_for_a_mix_waits_in_the_line(client: TestClient, site: Site, job: str) -> None:
    """Where the line is full, it is refused as all work is."""
    for _ in range(site.config.workers + site.config.queue_size):
        site.queue.ticket()
    assert client.get(f"{job}/download?amount=5").status_code == 503
    assert client.get(f"{job}/download").status_code == 200


def test_where_there_is_no_room_for_a_mix(client: TestClient, site: Site, job: str) -> None:
    site.storage.ledger.bound(10.0, 10.0)
    assert client.get(f"{job}/download?amount=5").status_code == 507


def test_a_job_that_is_forgotten_while_its_mix_is_made(
    client: TestClient, site: Site, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = amount.make

    def late(*given: Any) -> None:
        make(*given)
        client.delete(job)

    monkeypatch.setattr(amount, "make", late)
    assert client.get(f"{job}/download?amount=5").status_code == 404
    assert not list(site.storage.root.glob("out-*"))


@pytest.mark.parametrize("path", ["download", "download?amount=7", "removed", "video"])
def test_before_the_end_and_after_its_lifetime_there_is_nothing(
    client: TestClient, site: Site, job: str, path: str
) -> None:
    assert client.get(f"/api/jobs/{'x' * 32}/{path}").status_code == 404
    for one in list(site.storage.root.rglob("*.*")):
        site.storage.discard(one)
    assert client.get(f"{job}/{path}").status_code == 404


def test_the_recording_is_gone_but_the_result_is_not(client: TestClient, site: Site, job: str, file: str) -> None:
    site.storage.discard(Path(file))
    assert client.get(f"{job}/download?amount=7").status_code == 404
    assert client.get(f"{job}/download").status_code == 200


def test_a_video_with_the_new_sound(client: TestClient, site: Site, job: str, tmp_path: Path) -> None:
    assert client.get(job).json()["result"]["video"] is False
    assert client.get(f"{job}/video").status_code == 404
    other = begun(client, file=given(site, film(tmp_path / "my film.mp4")), settings=OFF)
    assert at_the_end(client, other)["result"]["video"] is True
    site.storage.ledger.bound(10 * site.storage.ledger._held[""], 0.0)
    assert client.get(f"{other}/video").status_code == 507  # there is room for the sound alone
    site.storage.ledger.bound(1e9, 0.0)
    answer = client.get(f"{other}/video")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.headers["content-disposition"] == "attachment; filename*=utf-8''my%20film.clean.mp4"
    assert answer.content[4:8] == b"ftyp"


def test_several_as_one_file(client: TestClient, site: Site, job: str, talk: Path) -> None:
    others = [begun(client, file=given(site, talk, name), settings=OFF) for name in ("talk.wav", "größe.wav")]
    found = [at_the_end(client, path) for path in (job, *others)]
    tokens = [one["job"] for one in found]
    answer = client.get("/api/zip", params={"jobs": ",".join([*tokens, tokens[0], ""])})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"] == 'attachment; filename="enhanced.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["talk.clean.wav", "talk.clean (2).wav", "größe.clean.wav"]
        assert [archive.read(name) for name in archive.namelist()] == [
            Path(one["result"]["file"]).read_bytes() for one in found
        ]
    assert not site.storage._in_use


def test_the_files_are_kept_while_they_are_sent(
    client: TestClient, site: Site, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    zipped, token = results.archive.zipped, job.rpartition("/")[2]

    def slow(files: Any) -> Any:
        site.storage.sweep(-1.0)  # everything is too old
        yield from zipped(files)

    monkeypatch.setattr(results.archive, "zipped", slow)
    answer = client.get(f"/api/zip?jobs={token}")
    assert zipfile.ZipFile(io.BytesIO(answer.content)).namelist() == ["talk.clean.wav"]
    site.storage.sweep(-1.0)
    assert client.get(f"/api/zip?jobs={token}").status_code == 404


def test_where_a_job_is_forgotten_while_it_is_sent_the_answer_breaks_off(
    client: TestClient, job: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    zipped = results.archive.zipped

    def late(files: Any) -> Any:
        client.delete(job)
        yield from zipped(files)

    monkeypatch.setattr(results.archive, "zipped", late)
    with pytest.raises(ConnectionResetError):
        client.get(f"/api/zip?jobs={job.rpartition('/')[2]}")


@pytest.mark.parametrize(
    ("jobs", "status"),
    [
        ("", 400),
        (",", 400),
        (",".join(f"{n:032}" for n in range(MOST_ZIPPED + 1)), 400),
        ("x" * 32, 404),
        ("../x", 404),
    ],
)
def test_no_zip_of_what_is_not_there(client: TestClient, job: str, jobs: str, status: int) -> None:
    assert client.get("/api/zip", params={"jobs": jobs}).status_code == status
    if status == 404:
        assert client.get("/api/zip", params={"jobs": f"{job.rpartition('/')[2]},{jobs}"}).status_code == 404
