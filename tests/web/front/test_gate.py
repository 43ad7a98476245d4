"""The front door as a whole, in front of an app that answers everything."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from service.config import Config
from service.line.shares import Rate, Shares
from service.operation.drain import Drain
from service.operation.tally import Tally
from tests.asynchronous import finished
from web.front import bodies, gate
from web.front.listeners import Listeners

Answer = tuple[int, dict[str, str], bytes]


class _Inner:
    """The app behind the door. fault : raised after the status, or before it."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.fault: BaseException | None = None
        self.kind = "application/json"
        self.begins = True
        self.heard: list[bool] = []
        self.listeners = Listeners()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(scope["path"])
        self.heard.append(self.listeners.listening("s1"))
        if self.begins:
            headers = [(b"server", b"uvicorn"), (b"content-type", self.kind.encode())]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
        if self.fault is not None:
            raise self.fault
        await send({"type": "http.response.body", "body": b"fine"})


@pytest.fixture
def inner() -> _Inner:
    return _Inner()


@pytest.fixture
def door(inner: _Inner, monkeypatch: pytest.MonkeyPatch) -> gate.FrontDoor:
    return _door(inner, monkeypatch, Drain(30.0))


def _door(inner: _Inner, monkeypatch: pytest.MonkeyPatch, drain: Drain, **environ: str) -> gate.FrontDoor:
    monkeypatch.setattr(gate, "RATE", Rate(per_s=0.0, burst=2.0))
    queue = SimpleNamespace(pending_messages_per_session={"s1": 1}, event_ids_to_events={})
    site: Any = SimpleNamespace(config=Config.from_environ(environ), drain=drain, tally=Tally())
    demo: Any = SimpleNamespace(fns={}, _queue=queue)
    return gate.FrontDoor(inner, site, demo, inner.listeners)


def _asked(
    door: gate.FrontDoor, path: str, method: str = "GET", query: bytes = b"", length: int | None = None, **more: str
) -> list[Message]:
    """Everything that is sent in answer. length : of the body, as it is announced; more : headers"""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http", "method": method, "path": path, "query_string": query, "client": ("1.2.3.4", 5),
        "server": ("127.0.0.1", 7860),
        "headers": [
            (b"host", b"localhost:7860"), *([] if length is None else [(b"content-length", b"%d" % length)]),
            *((name.replace("_", "-").encode(), value.encode()) for name, value in more.items()),
        ],
    }  # fmt: skip
    finished(door(scope, receive, send))
    return sent


def _answer(sent: list[Message]) -> Answer:
    start, body = sent
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]


def test_what_has_a_door_is_passed_on_and_completed(door: gate.FrontDoor, inner: _Inner) -> None:
    status, headers, body = _answer(_asked(door, "/health"))
    assert (status, body, inner.seen) == (200, b"fine", ["/health"])
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/docs", 404, "There is nothing here."),
        ("POST", "/health", 405, "This can be asked for, but not so."),
        ("POST", "/gradio_api/queue/join", 400, "The request is no JSON."),
    ],
)
def test_what_has_none_gets_a_line_of_json_and_reaches_nobody(
    door: gate.FrontDoor, inner: _Inner, method: str, path: str, status: int, error: str
) -> None:
    found, headers, body = _answer(_asked(door, path, method))
    assert (found, inner.seen) == (status, [])
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["error"] == error
    assert json.loads(body)["status"] == status


def test_a_fault_is_told_unless_the_answer_has_begun(door: gate.FrontDoor, inner: _Inner) -> None:
    """A second status within an answer would be garbage in the visitor's file."""
    inner.fault = ValueError("secret")
    begun = _asked(door, "/health")
    assert [(message["type"], message.get("status")) for message in begun] == [("http.response.start", 200)]
    inner.begins = False
    status, _, body = _answer(_asked(door, "/health"))
    assert status == 500
    assert b"secret" not in body
    assert "number" in json.loads(body)["suggestion"]


def test_what_costs_something_is_had_so_often_and_the_rest_at_will(door: gate.FrontDoor) -> None:
    assert [_answer(_asked(door, "/"))[0] for _ in range(3)] == [200, 200, 429]
    assert [_answer(_asked(door, "/health"))[0] for _ in range(3)] == [200] * 3


def test_who_has_a_stream_open_listens(door: gate.FrontDoor, inner: _Inner) -> None:
    assert _answer(_asked(door, "/gradio_api/queue/data", query=b"session_hash=s1"))[0] == 200
    assert _answer(_asked(door, "/health"))[0] == 200
    assert inner.heard == [True, False]
    status, _, body = _answer(_asked(door, "/gradio_api/queue/data", query=b"session_hash=s2"))
    assert (status, b"session_not_found" in body) == (200, True)
    assert len(inner.seen) == 2


@pytest.mark.parametrize(
    ("share", "method", "path", "query"),
    [
        ("AT_ONCE", "GET", "/health", b""),
        ("UPLOADS_AT_ONCE", "POST", "/gradio_api/upload", b""),
        ("STREAMS_AT_ONCE", "GET", "/gradio_api/queue/data", b"session_hash=s1"),
    ],
)
def test_every_kind_has_its_share_at_once(
    door: gate.FrontDoor, monkeypatch: pytest.MonkeyPatch, share: str, method: str, path: str, query: bytes
) -> None:
    one = Shares(each=1, every=9)
    monkeypatch.setattr(gate, share, one)
    assert [_answer(_asked(door, path, method, query))[0] for _ in range(2)] == [200, 200]  # one after the other
    with one.one("1.2.3.4"):
        assert _answer(_asked(door, path, method, query))[0] == 429
    with one.one("5.6.7.8"):
        assert _answer(_asked(door, "/gradio_api/heartbeat/x"))[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("GET", "/health", 0),
        ("POST", "/gradio_api/cancel", 4 * 2**10),
        ("POST", "/gradio_api/queue/join", 64 * 2**10),
        ("POST", "/gradio_api/upload", Config.from_environ({}).max_upload_bytes + bodies.FORM_BYTES),
    ],
)
def test_a_body_is_as_large_as_its_door_allows(door: gate.FrontDoor, method: str, path: str, most: int) -> None:
    """Nobody reads the rest of what is too large, so the connection ends with the answer."""
    status, headers, _ = _answer(_asked(door, path, method, length=most + 1))
    assert (status, headers.get("connection")) == (413, "close")
    status, headers, _ = _answer(_asked(door, path, method, length=most))
    assert (status in (200, 400), headers.get("connection")) == (True, None)


@pytest.mark.parametrize(
    ("path", "begins", "kind", "last"),
    [
        ("/health", False, "", b"The server stops."),
        ("/gradio_api/call/enhance/s1", True, "text/event-stream", b"event: error\ndata: {"),
        ("/gradio_api/queue/data", True, "text/event-stream; charset=utf-8", b'data: {"msg": "unexpected_error"'),
    ],
)
def test_who_is_still_served_when_the_server_stops_gets_a_last_word(
    door: gate.FrontDoor, inner: _Inner, path: str, begins: bool, kind: str, last: bytes
) -> None:
    inner.begins, inner.kind, inner.fault = begins, kind, asyncio.CancelledError()
    start, end = _asked(door, path, query=b"session_hash=s1")
    assert start["status"] == (200 if begins else 503)
    assert last in end["body"]
    assert not end.get("more_body")
    assert begins or json.loads(end["body"])["suggestion"]


def test_a_file_that_breaks_off_is_seen_to_break_off(door: gate.FrontDoor, inner: _Inner) -> None:
    inner.fault = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        _asked(door, "/health")


BINDING = "speech_replica=b; Path=/; Max-Age=93600; HttpOnly; SameSite=Lax"


@pytest.mark.parametrize(
    ("method", "path", "binds"),
    [
        ("GET", "/", True), ("GET", "/config", True), ("POST", "/api/jobs", True), ("POST", "/api/enhance", True),
        ("GET", "/api/jobs/abc", False), ("GET", "/health", False), ("POST", "/gradio_api/queue/join", False),
        ("GET", "/nothing", False),
    ],
)  # fmt: skip
def test_who_begins_something_at_a_replica_is_brought_back_to_it(
    inner: _Inner, monkeypatch: pytest.MonkeyPatch, method: str, path: str, binds: bool
) -> None:
    """The two before the last but one only look; the last two are refused, the first of them for want of a body."""
    door = _door(inner, monkeypatch, Drain(30.0), REPLICA="b")
    for cookie in ("speech_replica=a", "x=1"):
        found = _answer(_asked(door, path, method, cookie=cookie))[1]
        assert found.get("set-cookie") == (BINDING if binds else None)


def test_one_alone_sets_no_cookie(door: gate.FrontDoor) -> None:
    assert "set-cookie" not in _answer(_asked(door, "/"))[1]


@pytest.mark.parametrize(
    ("hops", "said", "is_secure"), [("1", "https", True), ("1", "http", False), ("0", "https", False)]
)
def test_the_cookie_is_for_tls_alone_where_our_proxy_says_so(
    inner: _Inner, monkeypatch: pytest.MonkeyPatch, hops: str, said: str, is_secure: bool
) -> None:
    door = _door(inner, monkeypatch, Drain(30.0), REPLICA="b", PROXY_HOPS=hops)
    found = _answer(_asked(door, "/", x_forwarded_proto=said))[1]["set-cookie"]
    assert found == f"{BINDING}{'; Secure' * is_secure}"


@pytest.mark.parametrize(
    ("replica", "cookie", "path", "status"),
    [
        ("b", "", "/", 503),
        ("b", "speech_replica=a", "/", 503),
        ("b", "speech_replica=ab", "/config", 503),
        ("b", "xspeech_replica=b", "/", 503),
        ("b", "speech_replica=b", "/", 200),
        ("b", "x=1;  speech_replica=b; y=2", "/config", 200),
        ("b", "", "/api/jobs/abc", 200),  # without a cookie a program asks for what it has here
        ("b", "", "/assets/index.js", 200),
        ("", "", "/", 200),
    ],
)
def test_a_replica_that_stops_keeps_who_is_its_own(
    inner: _Inner, monkeypatch: pytest.MonkeyPatch, replica: str, cookie: str, path: str, status: int
) -> None:
    drain = Drain(30.0)
    drain.begin()
    door = _door(inner, monkeypatch, drain, REPLICA=replica)
    found, headers, _ = _answer(_asked(door, path, cookie=cookie))
    assert found == status
    assert ("set-cookie" in headers) == (status == 200 and path in ("/", "/config") and replica == "b")
