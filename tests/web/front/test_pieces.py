"""The small parts of the front door."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.datastructures import MutableHeaders

from service.line.shares import TooManyError
from service.operation import budget
from web.front import bodies, calls, doors, gate, headers, refused, transport
from web.front.listeners import Listeners, token_of
from web.front.refused import RefusedLog
from web.patches import sessions
from web.server import OneLine


@pytest.mark.parametrize(
    ("root", "path", "asked"),
    [
        ("", "/health", "/health"),
        ("/app", "/app/health", "/health"),
        ("/app/", "/app/", "/"),
        ("/app", "/apples", "/apples"),
        ("/app", "/health", "/health"),
    ],
)
def test_what_is_asked_for_below_a_root(root: str, path: str, asked: str) -> None:
    assert doors.path_of({"root_path": root, "path": path}) == asked


@pytest.mark.parametrize(
    ("path", "query", "token"),
    [
        ("/gradio_api/call/enhance/abc", b"", "abc"),
        ("/gradio_api/call/v2/enhance/abc", b"", "abc"),
        ("/gradio_api/queue/data", b"session_hash=s1&x=2", "s1"),
        ("/gradio_api/queue/data", b"", ""),
        ("/gradio_api/heartbeat/s1", b"", None),
        ("/gradio_api/upload_progress", b"upload_id=s1", None),
    ],
)
def test_who_listens_to_what(path: str, query: bytes, token: str | None) -> None:
    assert token_of(path, query) == token


def test_somebody_listens_until_the_last_has_gone() -> None:
    listeners = Listeners()
    assert not listeners.listening("a", None, "")
    with listeners.listens("a"):
        with listeners.listens("a"):
            assert listeners.listening("b", "a")
        assert listeners.listening("a")
    assert not listeners.listening("a")


def _passed(hops: int, *pairs: tuple[str, str]) -> dict[str, str]:
    raw = [(name.encode(), value.encode()) for name, value in pairs]
    return {name.decode(): value.decode() for name, value in headers.passed_on(raw, hops)}


def test_only_our_own_proxies_words_are_passed_on() -> None:
    given = [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-host", "h"), ("cookie", "c")]
    assert _passed(0, *given) == {"cookie": "c"}
    assert _passed(1, *given) == dict(given)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("x-forwarded-host", "speech.example:8443", True),
        ("x-forwarded-host", "[2001:db8::1]:80, b.example", True),
        ("x-forwarded-host", "a:b:c", False),
        ("x-forwarded-host", "\x01", False),
        ("x-forwarded-host", "evil/path", False),
        ("x-forwarded-proto", "https", True),
        ("x-forwarded-proto", "javascript", False),
        ("x-forwarded-port", "443", True),
        ("x-forwarded-port", "x", False),
        ("x-forwarded-prefix", "/a/b-c", True),
        ("x-forwarded-prefix", "//evil", False),
        ("x-forwarded-for", "1.2.3.4, ::1", True),
        ("x-forwarded-for", "<script>", False),
    ],
)
def test_a_proxy_speaks_of_hosts_and_paths_or_is_not_heard(name: str, value: str, kept: bool) -> None:
    assert (name in _passed(1, (name, value))) is kept


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("bytes=0-", True),
        ("bytes=0-0", True),
        ("bytes=-5", True),
        ("bytes=5-4", False),
        ("bytes=-", False),
        ("", False),
    ],
)
def test_a_range_is_plain_or_none(value: str, kept: bool) -> None:
    assert ("range" in _passed(0, ("range", value), ("if-range", "x"))) is kept


def test_the_password_goes_no_further_than_the_door() -> None:
    assert set(_passed(1, ("Authorization", "Basic Ong="), ("accept", "*/*"))) == {"accept"}


def test_the_log_of_refusals_is_one_line_each_and_not_too_many(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    log = RefusedLog()
    with caplog.at_level(logging.INFO):
        for _ in range(100):
            log.note("GET\n", "/\r\nERROR forged \u202e" + "x" * 500, 404, "RequestError")
        assert len(caplog.messages) == refused.LINES + 1
        assert all(message.isprintable() and len(message) < 200 for message in caplog.messages)
        now += budget.PERIOD_S + 1
        log.note("GET", "/", 404, "RequestError")
    assert caplog.messages[-2] == "Refused: 70 more in that minute."


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/srv/in-k3y/Jane.wav", "/api/jobs/k3y", "/api/jobs/k3y/download", "/gradio_api/heartbeat/k3y",
        "/gradio_api/call/enhance/k3y", "/gradio_api/call/v2/enhance/k3y", "/gradio_api/file=\nJane",
    ],
)  # fmt: skip
def test_no_key_and_no_name_of_a_file_is_logged(caplog: pytest.LogCaptureFixture, path: str) -> None:
    with caplog.at_level(logging.INFO):
        RefusedLog().note("GET", path, 404, "RequestError")
    assert "Refused: 404 GET /" in caplog.text
    assert "k3y" not in caplog.text
    assert "Jane" not in caplog.text


def test_a_line_of_the_log_is_a_line() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "a %s", ("b\nc\x1b[31m\u202e ä",), None)
    line = OneLine("%(levelname)s %(message)s").format(record)
    assert line == "INFO a b\\nc\\x1b[31m\\u202e ä"


class _Transport:
    """What a connection is told, without one."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.aborted = False

    def get_extra_info(self, name: str) -> Any:
        return (self._address, 1) if name in ("peername", "sockname") else None

    def abort(self) -> None:
        self.aborted = True

    close = abort

    def is_closing(self) -> bool:
        return self.aborted


def test_connections_are_counted_in_all_and_for_each_address(monkeypatch: pytest.MonkeyPatch) -> None:
    from uvicorn import Config
    from uvicorn.server import ServerState

    kind = transport.BoundedConnection
    monkeypatch.setattr(kind, "most", 3)
    monkeypatch.setattr(kind, "most_each", 2)
    loop = SimpleNamespace(call_later=lambda *_: SimpleNamespace(cancel=lambda: None))
    config = Config(lambda: None, log_config=None)

    def connect(address: str) -> tuple[Any, _Transport]:
        made, line = kind(config, ServerState(), {}, loop), _Transport(address)  # type: ignore[arg-type]
        made.connection_made(line)
        return made, line

    opened = [connect("1.1.1.1"), connect("1.1.1.1"), connect("1.1.1.1"), connect("2.2.2.2"), connect("3.3.3.3")]
    assert [line.aborted for _, line in opened] == [False, False, True, False, True]
    for connection, _ in opened:
        connection.connection_lost(None)
    assert not kind._open
    again, line = connect("3.3.3.3")
    assert not line.aborted
    again.connection_lost(None)


def test_descriptors_are_left_for_the_work() -> None:
    assert transport.LEAST_CONNECTIONS <= transport.most_connections() <= transport.MOST_CONNECTIONS
    assert transport.RESERVED_FILES > transport.BACKLOG


def test_sessions_are_forgotten_but_not_those_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MOST", 3)
    queue: Any = SimpleNamespace(pending_event_ids_session={}, event_ids_to_events={})
    listeners = Listeners()
    known = sessions._Sessions(queue, listeners)
    for name in ("heard", "running", "idle"):
        known[name] = []
        queue.pending_event_ids_session[name] = {f"event of {name}"}
    queue.event_ids_to_events["event of running"] = object()
    with listeners.listens("heard"):
        for number in range(10):
            known[f"invented {number}"] = []
        assert set(known) == {"heard", "running", "invented 9"}
        assert set(queue.pending_event_ids_session) == {"heard", "running"}
        for number in range(5):
            with listeners.listens(f"event {number}"):  # a program listens to its event
                queue.pending_event_ids_session[f"call {number}"] = {f"event {number}"}
                known[f"call {number}"] = []
                known["another"] = []
                assert f"call {number}" in known
                del known["another"]


def test_how_much_strangers_may_have() -> None:
    """Each number a second time: the other tests put smaller ones in their place, to be quick."""
    assert {kind.name for kind in gate.COSTLY} == {"CALL", "ORDER", "UPLOAD", "PAGE"}
    assert (bodies.PAUSE_S, bodies.START_S, bodies.LEAST_BYTES_PER_S, bodies.FORM_BYTES) == (20, 20, 2000, 16 * 1024)
    assert (calls.DEEPEST, calls.MOST_PARAMETERS) == (32, 200)
    assert (transport.FIRST_REQUEST_S, transport.STALLED_S) == (15, 60)
    assert (transport.MOST_CONNECTIONS, transport.LEAST_CONNECTIONS) == (2000, 32)
    assert (transport.RESERVED_FILES, transport.BACKLOG) == (160, 64)
    assert (refused.LINES, budget.PERIOD_S, refused.SHOWN) == (30, 60, 60)


def test_invented_sessions_are_five_hundred_at_most() -> None:
    queue: Any = SimpleNamespace(pending_event_ids_session={}, event_ids_to_events={})
    known = sessions._Sessions(queue, Listeners())
    for number in range(600):
        known[f"invented {number}"] = []
    assert list(known) == [f"invented {number}" for number in range(100, 600)]


@pytest.mark.parametrize(
    ("share", "each", "every"), [("AT_ONCE", 128, 2000), ("UPLOADS_AT_ONCE", 24, 96), ("STREAMS_AT_ONCE", 64, 1000)]
)
def test_how_much_one_visitor_may_have_at_once_and_all_together(share: str, each: int, every: int) -> None:
    held_by = getattr(gate, share)
    with ExitStack() as held:
        for number in range(every):
            held.enter_context(held_by.one(f"test {number // each}"))
            if number == each - 1:
                with pytest.raises(TooManyError) as refusal:
                    held.enter_context(held_by.one("test 0"))
                assert refusal.value.status == 429
        with pytest.raises(TooManyError) as refusal:
            held.enter_context(held_by.one("another"))
        assert refusal.value.status == 503


def test_how_often_one_visitor_may_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    assert [gate.RATE.take("test") for _ in range(501)] == [True] * 500 + [False]
    now += 2
    assert [gate.RATE.take("test") for _ in range(101)] == [True] * 100 + [False]


@pytest.mark.parametrize("origin", [None, "https://friend.example"])
def test_what_is_put_into_every_answer(origin: str | None) -> None:
    given = MutableHeaders({"server": "uvicorn", "access-control-allow-origin": "*", "content-type": "text/html"})
    headers.complete(given, origin)
    assert "server" not in given
    assert given["content-type"] == "text/html"
    assert given.get("access-control-allow-origin") == origin
    assert given["permissions-policy"] == "camera=(), geolocation=(), microphone=(self)"
    assert given["cross-origin-opener-policy"] == "same-origin"
    policy = {one.split()[0]: one.split()[1:] for one in given["content-security-policy"].split("; ")}
    space = ["https://huggingface.co", "https://*.huggingface.co", "https://*.hf.space"]
    assert policy.pop("frame-ancestors") == ["'self'", *space]
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == ["'self'"]
    assert policy["object-src"] == ["'none'"]
    mine = {"'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"}
    assert {source for sources in policy.values() for source in sources} == mine  # nothing from elsewhere


def test_a_file_keeps_the_policy_of_its_own() -> None:
    given = MutableHeaders({"content-security-policy": "sandbox"})
    headers.complete(given, None)
    assert given["content-security-policy"] == "sandbox"
