"""What is in every answer, and what of a request is never in one."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.conftest import Server
from tests.web import curl

SECRET = "b7e1f0aa"


@pytest.fixture(scope="module")
def upload(server: Server, talk: Path) -> str:
    return f"{server.url}/gradio_api/file={curl.upload(server.url, talk)['path']}"


@pytest.mark.parametrize("path", ["/", "/health", "/nothing", "/gradio_api/info", "/theme.css"])
def test_browsers_are_told_to_be_careful(server: Server, path: str) -> None:
    found = httpx.get(server.url + path, timeout=30).headers
    assert found["x-content-type-options"] == "nosniff"
    assert found["referrer-policy"] == "same-origin"
    policy = found["content-security-policy"]
    assert "object-src 'none'" in policy
    assert "huggingface.co" in policy.split("frame-ancestors")[1]
    assert "http:" not in policy
    assert "server" not in found
    assert "set-cookie" not in found
    assert "access-control-allow-origin" not in found


def test_a_file_is_never_a_page(server: Server, tmp_path: Path) -> None:
    for name in ("page.html", "drawing.svg", "script.js", "x.xhtml", "noending", "a.wav.htm"):
        path = tmp_path / name
        path.write_text("<script>alert(1)</script>")
        found = httpx.get(f"{server.url}/gradio_api/file={curl.upload(server.url, path)['path']}").headers
        assert found["content-type"] == "application/octet-stream"
        assert found["content-disposition"].startswith("attachment")
        assert found["content-security-policy"] == "sandbox"


def test_a_recording_is_played_in_its_place(upload: str) -> None:
    found = httpx.get(upload).headers
    assert found["content-type"] == "audio/wav"
    assert found["content-disposition"].startswith("inline")


@pytest.mark.parametrize("ranges", ["bytes=0-9", "bytes=5-", "bytes=-7"])
def test_a_range_is_served_and_echoes_nothing(upload: str, talk: Path, ranges: str) -> None:
    headers = {"Range": ranges, "Cookie": f"a={SECRET}", "Authorization": SECRET, "X-Other": SECRET}
    answer = httpx.get(upload, headers=headers)
    whole = talk.read_bytes()
    first, last = ranges.removeprefix("bytes=").split("-")
    assert answer.status_code == 206
    assert answer.content == (whole[int(first) : int(last) + 1 if last else None] if first else whole[-int(last) :])
    assert SECRET not in str(answer.headers)


@pytest.mark.parametrize(
    "ranges",
    [
        "bytes=1-2-3",
        "bytes=9-1",
        "bytes=-",
        "bytes=a-b",
        "lines=1-2",
        "bytes=0-1,5-6",
        "bytes=" + "0-1," * 500,
        "bytes=٣-",
    ],
)
def test_a_range_that_is_none_gets_the_whole_file(upload: str, talk: Path, ranges: str) -> None:
    answer = httpx.get(upload, headers={"Range": ranges.encode()})
    assert answer.status_code == 200
    assert answer.content == talk.read_bytes()


def test_a_range_beyond_the_end_is_told_so(upload: str) -> None:
    answer = httpx.get(upload, headers={"Range": "bytes=999999999-"})
    assert answer.status_code == 416
    assert len(answer.content) < 200


def test_two_ranges_are_none(upload: str) -> None:
    answer = httpx.get(upload, headers=[("Range", "bytes=0-1"), ("Range", "bytes=2-3")])
    assert answer.status_code == 200


def test_head_of_a_file_has_its_length(upload: str, talk: Path) -> None:
    answer = httpx.head(upload)
    assert (answer.status_code, int(answer.headers["content-length"])) == (200, talk.stat().st_size)


def test_a_forwarded_address_is_no_header_of_the_page(server: Server) -> None:
    """Of a proxy that is not ours, nothing gets into the page."""
    page = httpx.get(server.url, headers={"X-Forwarded-Prefix": f"/{SECRET}", "X-Other": SECRET}, timeout=30)
    assert SECRET not in page.text
