"""What the player asks for, over HTTP."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.service.http.jobs.test_orders import OFF, at_the_end, begun, client, file

__all__ = ["client", "file"]  # fixtures


@pytest.fixture
def media(client: TestClient, file: str) -> dict[str, Any]:
    found = at_the_end(client, begun(client, file=file, settings=OFF, listens=True))
    assert found["state"] == "done", found
    return {**found["media"], "job": found["job"]}


def test_all_that_the_player_needs_is_there(client: TestClient, media: dict[str, Any]) -> None:
    assert (media["duration_s"], media["channels"], media["sample_rate"]) == (3.0, 1, 48_000)
    assert list(media["tracks"]) == ["before", "after", "removed"]
    sizes = {track["bytes"] for track in media["tracks"].values()}
    assert len(sizes) == 1
    assert sizes.pop() % media["frame_bytes"] == 0
    for track in media["tracks"].values():
        whole = client.get("/" + track["url"])
        assert (whole.status_code, whole.headers["content-type"]) == (206, "audio/mpeg")
        assert len(whole.content) == track["bytes"]
        assert client.head("/" + track["url"]).headers["content-length"] == str(track["bytes"])
    picture = client.get(f"/{media['spectrogram']['url']}/after/0/0.png")
    assert picture.content.startswith(b"\x89PNG")
    peaks = client.get(f"/{media['peaks']['url']}", params={"track": "before", "points": 50})
    assert np.frombuffer(peaks.content, np.int8).reshape(50, 2).any()


@pytest.mark.parametrize(
    ("header", "status", "length", "said"),
    [
        ("bytes=0-287", 206, 288, "bytes 0-287/36576"),
        ("bytes=36500-99999", 206, 76, "bytes 36500-36575/36576"),
        ("bytes=-2", 206, 2, "bytes 36574-36575/36576"),
        ("bytes=36576-", 416, None, None),
        ("bytes=5-4", 416, None, None),
        ("lines=1-2", 206, 36576, "bytes 0-36575/36576"),
    ],
)
def test_parts_of_a_copy(
    client: TestClient, media: dict[str, Any], header: str, status: int, length: int | None, said: str | None
) -> None:
    found = client.get("/" + media["tracks"]["after"]["url"], headers={"Range": header})
    assert found.status_code == status
    assert found.headers.get("content-range") == said
    if length is not None:
        assert len(found.content) == length


@pytest.mark.parametrize(
    "path",
    [
        "other.mp3", "spectrogram/other/0/0.png", "spectrogram/before/9/0.png", "spectrogram/before/0/9999.png",
        "peaks?track=other",
    ],
)  # fmt: skip
def test_what_is_not_there(client: TestClient, media: dict[str, Any], path: str) -> None:
    assert client.get(f"/api/jobs/{media['job']}/{path}").status_code == 404


@pytest.mark.parametrize(
    "query", ["points=0", "points=1e3", "points=9999", "start_s=nan", "start_s=2&stop_s=1", "stop_s=x"]
)
def test_numbers_that_cannot_be(client: TestClient, media: dict[str, Any], query: str) -> None:
    assert client.get(f"/api/jobs/{media['job']}/peaks?{query}").status_code == 400


def test_nothing_to_hear_before_the_end_or_without_being_asked(client: TestClient, file: str) -> None:
    path = begun(client, file=file, settings=OFF)
    assert client.get(f"{path}/after.mp3").status_code == 404
    assert at_the_end(client, path)["media"] is None
    assert client.get(f"{path}/after.mp3").status_code == 404


def test_who_forgets_a_job_while_it_is_heard_is_told_that_it_is_gone(
    client: TestClient, media: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a fault of the server's: the files were there when it looked."""

    def forgotten(*_: object) -> bytes:
        assert client.delete(f"/api/jobs/{media['job']}").json()["state"] == "forgotten"
        raise FileNotFoundError

    monkeypatch.setattr("service.http.jobs.listening.outline", forgotten)
    assert client.get(f"/{media['peaks']['url']}").status_code == 404
