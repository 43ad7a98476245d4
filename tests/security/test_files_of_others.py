"""While a visitor's recording is worked on, nobody else gets it, by whatever name its file may also be reached."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.conftest import Server
from tests.web import curl

DESCRIPTORS = range(64)
DOORS = ("file=", "file/")
SECRET_BYTES = 2_000


@pytest.fixture(scope="module")
def victim(server: Server, long_talk: Path) -> Iterator[Path]:
    """An upload whose enhancement runs during the tests of this file."""
    description = curl.upload(server.url, long_talk)
    posted = httpx.post(f"{server.url}/gradio_api/call/v2/enhance", json={"file": description}, timeout=60)
    events = f"{server.url}/gradio_api/call/enhance/{posted.raise_for_status().json()['event_id']}"
    stop, begun, ended = threading.Event(), threading.Event(), threading.Event()

    def listen() -> None:
        with httpx.stream("GET", events, timeout=300) as stream:
            for line in stream.iter_lines():
                if "Measuring" in line or "Removing" in line:
                    begun.set()
                if stop.is_set():
                    return
        ended.set()

    listener = threading.Thread(target=listen)
    listener.start()
    assert begun.wait(60)
    yield Path(description["path"])
    assert not ended.is_set(), "the work ended before the attacks did: they proved nothing"
    stop.set()
    listener.join()


def _open_as(server: Server, victim: Path) -> int:
    """The number under which the app has the victim's recording open now; it opens it more than once."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if link.readlink() == victim:
                    return int(link.name)
    raise AssertionError("the recording is not open")


def _descriptors_of(server: Server) -> list[str]:
    pid = server.process.pid
    folders = ("/proc/self/fd", "/proc/thread-self/fd", f"/proc/{pid}/fd", f"/proc/{pid}/task/{pid}/fd", "/dev/fd")
    return [f"{folder}/{number}" for folder in folders for number in DESCRIPTORS] + ["/dev/stdin"]


def _roundabout(victim: Path) -> list[str]:
    """The victim's own path, written in ways that a list of forbidden ones would forget."""
    folder, name = victim.parent, victim.name
    return [
        f"/proc/self/root{victim}",
        f"/proc/1/root{victim}",
        f"{folder}/../{folder.name}/{name}",
        f"{folder}/./{name}",
        f"{folder}//{name}",
        f"/{victim}",
        f"{victim}/",
        f"{victim}/.",
        f"{victim}\0",
        f"{victim}%00",
        f"file://{victim}",
        f"http://127.0.0.1{victim}",
        str(victim).upper(),
    ]


def _encoded(path: str) -> str:
    """So that the client sends it as it is, and does not tidy it up on the way."""
    return quote(path, safe="")


def test_it_is_really_open_meanwhile(server: Server, victim: Path) -> None:
    """Else the tests below would prove nothing."""
    assert _open_as(server, victim) in DESCRIPTORS


@pytest.mark.parametrize("door", DOORS)
def test_no_alias_of_an_open_file_is_served(server: Server, victim: Path, door: str) -> None:
    secret = victim.read_bytes()[:SECRET_BYTES]
    with httpx.Client() as visitor:
        for alias in _descriptors_of(server) + _roundabout(victim):
            answer = visitor.get(f"{server.url}/gradio_api/{door}{_encoded(alias)}", timeout=20)
            assert answer.status_code in (400, 403, 404), alias
            assert secret not in answer.content
            assert str(server.files) not in answer.text


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("alias", ["/proc/self/fd/{}", "/dev/fd/{}"])
def test_no_alias_tells_that_a_file_is_there(server: Server, victim: Path, method: str, alias: str) -> None:
    """The same answer for a descriptor that is open and for one that is not."""
    with httpx.Client() as visitor:
        answers = [
            visitor.request(method, f"{server.url}/gradio_api/file={alias.format(number)}", timeout=20)
            for number in (*DESCRIPTORS, 60_000)
        ]
    assert len({(answer.status_code, answer.content) for answer in answers}) == 1


def test_no_alias_is_taken_as_an_upload(server: Server, victim: Path) -> None:
    number = _open_as(server, victim)
    descriptors = [alias for alias in _descriptors_of(server) if alias.endswith(f"/{number}")]
    assert len(descriptors) == 5
    for alias in [*descriptors, *_roundabout(victim)]:
        for endpoint in ("analyze", "enhance"):
            try:
                curl.call(server.url, endpoint, file=curl.described(alias))
            except curl.ApiError as refusal:
                assert str(server.files) not in str(refusal.error)
            except httpx.HTTPStatusError as refusal:
                assert refusal.response.status_code < 500
            else:
                raise AssertionError(alias)


def test_no_alias_is_taken_as_a_job(server: Server, victim: Path) -> None:
    number = _open_as(server, victim)
    for alias in (
        f"/proc/self/fd/{number}",
        f"/proc/self/root{victim}",
        f"{victim}/.",
        f"{victim.parent}/./{victim.name}",
    ):
        for order in ({"file": alias}, {"like": alias}, {"file": alias, "stretch": [0, 1]}):
            answer = httpx.post(f"{server.url}/api/jobs", json=order, timeout=30)
            assert answer.status_code in (404, 422), (order, answer.text)
            assert str(server.files) not in answer.text
            assert "fd/" not in answer.text


def test_no_job_is_found_by_a_guess(server: Server, victim: Path) -> None:
    """A victim's work is under way; nothing but its token leads there."""
    for guess in ("0", "1", "x" * 32, "..", "%2e%2e", "*", victim.parent.name, victim.parent.name.removeprefix("in-")):
        for door in ("", "/before.mp3", "/peaks", "/spectrogram/before/0/0.png", "/download", "/removed", "/video"):
            assert httpx.get(f"{server.url}/api/jobs/{guess}{door}", timeout=30).status_code == 404, (guess, door)


def test_the_owner_still_gets_it(server: Server, victim: Path) -> None:
    answer = httpx.get(f"{server.url}/gradio_api/file={victim}", timeout=20)
    assert answer.status_code == 200
    assert answer.content == victim.read_bytes()


def test_the_examples_are_still_served(server: Server) -> None:
    config = httpx.get(f"{server.url}/config").text
    assert "exercise-bike" in config
    example = Path(__file__).resolve().parents[2] / "assets/examples/exercise-bike.flac"
    assert httpx.get(f"{server.url}/gradio_api/file={example}", timeout=20).content == example.read_bytes()
    credits = example.parent / "CREDITS.md"
    assert httpx.get(f"{server.url}/gradio_api/file={credits}", timeout=20).status_code == 404
