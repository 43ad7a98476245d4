"""Visitors of every kind: those who wait for their recording, and those who break off, cheat, or never listen.

Each is one request, or the few that make one up, and says itself what must come of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.conftest import Server
from tests.footprint import children
from tests.web import curl

TIMEOUT_S = 120
TURNED_AWAY = (400, 404, 408, 413, 422, 429, 499, 503, 507)


@dataclass
class Town:
    """What visitors share: the app, their recordings, and chance. heard : results that came back."""

    server: Server
    talk: Path
    long_talk: Path
    bad: list[Path]
    chance: random.Random
    heard: int = 0
    refused: int = 0

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0


def in_words(error: dict[str, Any]) -> None:
    """A refusal says what is wrong, and is none of the program's own faults."""
    assert error["error"].endswith("."), error
    assert error["status"] in TURNED_AWAY, error


def called(town: Town, endpoint: str, path: Path, **more: Any) -> Any:
    """By plain HTTP; what came back."""
    found = curl.call(town.url, endpoint, file=curl.upload(town.url, path), **more)
    town.heard += 1
    return found


def enhances(town: Town) -> None:
    """As curl does, and downloads what was made."""
    found = called(town, "enhance", town.talk, output_format=town.chance.choice(["wav", "mp3", "flac", "opus"]))
    assert httpx.get(found[0]["url"], timeout=TIMEOUT_S).raise_for_status().content


def analyzes(town: Town) -> None:
    assert called(town, "analyze", town.talk)


def enhances_with_the_client(town: Town) -> None:
    client = Client(town.url, verbose=False, download_files=False)
    try:
        _, report = client.predict(handle_file(str(town.talk)), preset="gentle", api_name="/enhance")
        assert report["denoiser"]
        town.heard += 1
    finally:
        client.close()


def errs_with_the_client(town: Town) -> None:
    client = Client(town.url, verbose=False, download_files=False)
    try:
        client.predict(
            handle_file(str(town.talk)), denoise_strength_db=town.chance.choice([99, -1]), api_name="/enhance"
        )
    except AppError as refusal:
        in_words(json.loads(str(refusal)))
        town.refused += 1
    else:
        raise AssertionError("a setting out of range was taken")
    finally:
        client.close()


def brings_a_bad_file(town: Town) -> None:
    try:
        called(town, town.chance.choice(["enhance", "analyze"]), path := town.chance.choice(town.bad))
    except curl.ApiError as refusal:
        in_words(refusal.error)
        town.refused += 1
    else:
        raise AssertionError(path)


def asks_for_a_strange_path(town: Town) -> None:
    path = town.chance.choice(
        ["/etc/passwd", "/proc/self/fd/3", f"{town.server.files}/x", "http://127.0.0.1:1/x", "", "..", "a\0b"]
    )
    try:
        curl.call(town.url, "enhance", file=curl.described(path))
    except curl.ApiError as refusal:
        in_words(refusal.error)
    except httpx.HTTPStatusError as refusal:
        assert refusal.response.status_code in TURNED_AWAY
    else:
        raise AssertionError(path)
    assert httpx.get(f"{town.url}/gradio_api/file={path[:1] and '/etc/passwd'}", timeout=60).status_code in (
        400,
        403,
        404,
    )
    town.refused += 1


def breaks_off_an_upload(town: Town) -> None:
    """In the middle of the file; sometimes with a reset."""
    content = town.long_talk.read_bytes()
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="talk.flac"\r\n\r\n'
    request = (
        f"POST /gradio_api/upload HTTP/1.1\r\nHost: 127.0.0.1:{town.port}\r\nContent-Length: {len(content)}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", town.port), TIMEOUT_S) as opened:
        opened.sendall(request.encode() + head + content[: town.chance.randrange(len(content) // 2)])
        if town.chance.random() < 0.5:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    town.refused += 1


def _asked(town: Town, path: Path) -> str | None:
    """The address of the events of a call; None if it was refused."""
    posted = httpx.post(
        f"{town.url}/gradio_api/call/v2/enhance", json={"file": curl.upload(town.url, path)}, timeout=TIMEOUT_S
    )
    if posted.status_code != 200:
        assert posted.status_code in TURNED_AWAY, posted.text
        return None
    return f"{town.url}/gradio_api/call/enhance/{posted.json()['event_id']}"


def never_listens(town: Town) -> None:
    """To what was asked for."""
    _asked(town, town.talk)


def stops_listening(town: Town) -> None:
    """At some moment of the work."""
    address = _asked(town, town.long_talk)
    if address is None:
        return
    lines = town.chance.randrange(12)
    with httpx.stream("GET", address, timeout=TIMEOUT_S) as stream, contextlib.closing(stream.iter_lines()) as told:
        for _, line in zip(range(lines), told, strict=False):
            if line.startswith(("event: complete", "event: error")):
                break


def _press(town: Town, path: Path) -> str | None:
    """Enhance on the page; the job's token, or None if it was refused."""
    order = {"file": curl.upload(town.url, path)["path"], "listens": True}
    answer = httpx.post(f"{town.url}/api/jobs", json=order, timeout=TIMEOUT_S)
    if answer.status_code != 202:
        assert answer.status_code in TURNED_AWAY, answer.text
        return None
    return str(answer.json()["job"])


def _looks(town: Town, token: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{town.url}/api/jobs/{token}", timeout=TIMEOUT_S).raise_for_status().json()
    return found


def uses_the_page(town: Town) -> None:
    token = _press(town, town.talk)
    assert token is not None
    deadline = time.monotonic() + TIMEOUT_S
    while (job := _looks(town, token))["state"] in ("waiting", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    assert job["state"] == "done", job
    for track in job["media"]["tracks"].values():
        part = httpx.get(f"{town.url}/{track['url']}", headers={"Range": "bytes=0-28799"}, timeout=TIMEOUT_S)
        assert part.status_code == 206, part.text
    town.heard += 1


def cancels(town: Town) -> None:
    """On the page, while it waits or works."""
    token = _press(town, town.long_talk)
    if token is None:
        return
    for _ in range(town.chance.randrange(6)):
        _looks(town, token)
        time.sleep(0.2)
    assert httpx.delete(f"{town.url}/api/jobs/{token}", timeout=TIMEOUT_S).json()["state"] in ("cancelled", "forgotten")


def kills_a_helper(town: Town) -> None:
    """A process of the app's, if it has one, in the middle of its work: one recording is lost, in words."""
    address = _asked(town, town.talk)
    if address is None:
        return
    with httpx.stream("GET", address, timeout=TIMEOUT_S) as stream:
        event = ""
        for line in stream.iter_lines():
            for child in children(town.server.process.pid)[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            event = line.removeprefix("event: ") if line.startswith("event: ") else event
            if event == "error" and line.startswith("data: "):
                in_words(json.loads(json.loads(line.removeprefix("data: "))["error"]))
            if event in ("complete", "error"):
                break
    assert event in ("complete", "error")


def looks_around(town: Town) -> None:
    for path in (
        "/",
        "/config",
        "/health",
        "/api/diagnostics",
        "/gradio_api/info",
        "/nothing",
        "/gradio_api/startup-events",
    ):
        assert httpx.get(f"{town.url}{path}", timeout=TIMEOUT_S).status_code in (200, 404)


Visit = Callable[[Town], None]
EVERYBODY: list[tuple[Visit, int]] = [
    (enhances, 4), (analyzes, 5), (enhances_with_the_client, 2), (errs_with_the_client, 2), (brings_a_bad_file, 5),
    (asks_for_a_strange_path, 4), (breaks_off_an_upload, 6), (never_listens, 2), (stops_listening, 5), (uses_the_page,
    2),
    (cancels, 5), (kills_a_helper, 1), (looks_around, 2),
]  # fmt: skip
"""Who comes, and how often."""


def at_a_full_disk(town: Town) -> None:
    """Nothing can be kept: every upload and every result is refused in words."""
    with contextlib.suppress(httpx.TransportError):  # it may hang up before all has been sent
        with town.talk.open("rb") as file:
            answer = httpx.post(f"{town.url}/gradio_api/upload", files={"files": ("talk.wav", file)}, timeout=TIMEOUT_S)
        assert answer.status_code in TURNED_AWAY, answer.text
    assert httpx.get(f"{town.url}/health", timeout=TIMEOUT_S).status_code == 200
    time.sleep(0.05)
    town.refused += 1
