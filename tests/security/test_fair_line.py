"""Two visitors: one fills the line, does not listen, goes away; the other is served all the same."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Server, start_server, stop_server
from tests.web import curl

PATIENCE_S = 3.0
QUEUE_SIZE = 5
IMPATIENT = f"""if True:
    import sys
    from service.line import attention
    attention.PATIENCE_S = {PATIENCE_S}
    import app
    sys.exit(app.main())
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of one place with a short line and little patience. Visitors are told apart as behind a proxy."""
    folder = tmp_path_factory.mktemp("small")
    found = start_server(folder, "-c", IMPATIENT, WORKERS="1", QUEUE_SIZE=str(QUEUE_SIZE), PROXY_HOPS="1")
    yield found
    stop_server(found)


class Visitor:
    """Somebody with an address of their own."""

    def __init__(self, server: Server, address: str) -> None:
        self.server = server
        self.client = httpx.Client(
            base_url=f"{server.url}/gradio_api", headers={"X-Forwarded-For": f"6.6.6.6, {address}"}, timeout=120
        )

    def upload(self, path: Path) -> dict[str, Any]:
        with path.open("rb") as file:
            return curl.described(self.client.post("/upload", files={"files": (path.name, file)}).json()[0])

    def ask(self, endpoint: str, file: dict[str, Any]) -> str:
        """Asks for work, and does not listen. The path of its stream."""
        answer = self.client.post(f"/call/v2/{endpoint}", json={"file": file}).raise_for_status()
        return f"/call/{endpoint}/{answer.json()['event_id']}"

    def listen(self, stream: str) -> Iterator[tuple[str, Any]]:
        """Events as they come."""
        event = ""
        with self.client.stream("GET", stream) as lines:
            for line in lines.iter_lines():
                if line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield event, json.loads(line.removeprefix("data: "))

    def last(self, stream: str) -> tuple[str, Any]:
        return list(self.listen(stream))[-1]


@pytest.fixture
def hog(small: Server) -> Iterator[Visitor]:
    visitor = Visitor(small, "10.0.0.1")
    yield visitor
    visitor.client.close()


@pytest.fixture
def guest(small: Server) -> Iterator[Visitor]:
    visitor = Visitor(small, "10.0.0.2")
    yield visitor
    visitor.client.close()


def _listening(
    visitor: Visitor, file: dict[str, Any], count: int, held: contextlib.ExitStack
) -> list[Iterator[tuple[str, Any]]]:
    """Asks for so many enhancements, and keeps their streams open until the end."""
    opened = []
    for _ in range(count):
        events = visitor.listen(visitor.ask("enhance", file))
        next(events)
        held.callback(events.close)  # type: ignore[attr-defined]
        opened.append(events)
    return opened


def test_calls_that_nobody_reads_hold_no_place_and_end(small: Server, hog: Visitor, guest: Visitor, talk: Path) -> None:
    file = hog.upload(talk)
    unread = [hog.ask("enhance", file) for _ in range(20)]
    assert guest.last(guest.ask("analyze", guest.upload(talk)))[0] == "complete"
    time.sleep(PATIENCE_S + 1)
    event, data = hog.last(unread[0])
    assert event == "error"
    assert "listened" in json.loads(data["error"])["error"]
    assert "Traceback" not in small.log.read_text()


def test_whoever_fills_the_line_makes_room(hog: Visitor, guest: Visitor, long_talk: Path) -> None:
    with contextlib.ExitStack() as held:
        streams = _listening(hog, hog.upload(long_talk), QUEUE_SIZE + 1, held)
        asked = guest.ask("analyze", guest.upload(long_talk))  # a short one would be served beside the hog's
        waiting = next(text for event, (*_, text) in _progress(guest.listen(asked)) if event == "generating")
        assert waiting.startswith("Waiting: 1 recording")  # before the hog's others
        # The last of the hog's; or the one before it, where the work of an earlier test still held a place.
        last = next(
            words for words in (list(stream)[-1][1]["error"] for stream in reversed(streams)) if "Too many" not in words
        )
        assert "made room" in last


def _progress(events: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """Events with the words of their progress."""
    for event, data in events:
        now = data[0] if isinstance(data, list) and data else {}
        text = now.get("text", "") if isinstance(now, dict) else ""
        if text:
            yield event, [text]


def test_a_place_is_free_again_when_its_visitor_has_left(
    small: Server, hog: Visitor, guest: Visitor, talk: Path, long_talk: Path
) -> None:
    with contextlib.ExitStack() as held:
        _listening(hog, hog.upload(long_talk), 1, held)
    assert guest.last(guest.ask("analyze", guest.upload(talk)))[0] == "complete"
    assert not [path for path in small.kept() if path.name == "long.clean.wav"]  # the hog's work did not just end


def test_an_address_that_is_made_up_is_not_believed(small: Server, long_talk: Path) -> None:
    """Only what our own proxy says counts, the last entry: whoever makes up those before it is one visitor."""
    one, two = (Visitor(small, "10.0.0.9") for _ in range(2))
    two.client.headers["X-Forwarded-For"] = "1.2.3.4, 10.0.0.9"
    with contextlib.ExitStack() as held:
        held.callback(one.client.close)
        held.callback(two.client.close)
        file = one.upload(long_talk)
        for number in range(QUEUE_SIZE + 1):
            _listening((one, two)[number % 2], file, 1, held)
        event, data = two.last(two.ask("enhance", file))
        assert event == "error"
        assert "Too many recordings" in data["error"]


if sys.platform == "win32":  # no SIGTERM, so the servers of these tests would stay
    pytest.skip("SIGTERM", allow_module_level=True)
