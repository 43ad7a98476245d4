"""What is said of a file that is handed out: who may keep it, and whether it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from service.http.routes import routes
from service.registry.registry import Registry
from service.site import Site


@pytest.fixture
def visitor(site: Site) -> TestClient:
    return TestClient(Starlette(routes=routes(site, Registry(site))))


def given(site: Site, name: str) -> Path:
    path = site.storage.new_folder() / name
    path.write_bytes(b"0123456789")
    site.storage.give(path, "a")
    return path


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_visitors_browser_may_keep_it_for_an_hour_and_nobody_on_the_way(
    site: Site, visitor: TestClient, method: str
) -> None:
    """The name is the key: a cache that many share would give it to whoever asks there."""
    answer = visitor.request(method, f"/gradio_api/file={given(site, 'talk.wav')}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, max-age=3600"
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["content-length"] == "10"
    assert answer.content == (b"0123456789" if method == "GET" else b"")


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("talk.wav", "audio/wav", "inline"),
        ("talk.FLAC", "audio/flac", "inline"),
        ("talk.mp3", "audio/mpeg", "inline"),
        ("talk.opus", "audio/ogg", "inline"),
        ("talk.m4a", "audio/mp4", "inline"),
        ("spectrogram-after.png", "image/png", "inline"),
        ("talk.mov", "video/quicktime", "inline"),
        ("talk.html", "application/octet-stream", "attachment"),
        ("talk.svg", "application/octet-stream", "attachment"),
        ("talk", "application/octet-stream", "attachment"),
    ],
)
def test_sound_and_pictures_are_shown_and_all_else_is_stored(
    site: Site, visitor: TestClient, name: str, kind: str, shown: str
) -> None:
    headers = visitor.get(f"/gradio_api/file={given(site, name)}").headers
    assert headers["content-type"] == kind
    assert headers["content-disposition"] == f'{shown}; filename="{name}"'


def test_what_was_not_given_or_is_gone_is_not_there(site: Site, visitor: TestClient) -> None:
    gone = given(site, "talk.wav")
    gone.unlink()
    for path in (gone, site.storage.root / ".lock", "/etc/passwd"):
        answer = visitor.get(f"/gradio_api/file={path}")
        assert (answer.status_code, "cache-control" in answer.headers) == (404, False)
        assert "not uploaded" in answer.json()["error"]


def test_how_it_is_now_is_kept_by_nobody(visitor: TestClient) -> None:
    for path in ("/health", "/api/diagnostics"):
        assert visitor.get(path).headers["cache-control"] == "no-store"
