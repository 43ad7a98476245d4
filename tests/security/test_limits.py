"""Limits from the first byte: of bodies, of time, of connections, of room. The others are served meanwhile."""

from __future__ import annotations

import contextlib
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import MAX_UPLOAD_MB, Server, start_server, stop_server, until_ready
from tests.web import curl

FILES = 256  # descriptors that the server may have
PAUSE_S = 1.5
IMPATIENT = f"""if True:
    import resource, sys
    resource.setrlimit(resource.RLIMIT_NOFILE, ({FILES}, {FILES}))
    import app
    from web.front import bodies, transport
    bodies.PAUSE_S = bodies.START_S = transport.FIRST_REQUEST_S = {PAUSE_S}
    sys.exit(app.main())
"""
HEAD = "POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
PART = "--x\r\nContent-Disposition: form-data; name=files; filename=a.wav\r\n\r\n"

if sys.platform == "win32":
    pytest.skip("no limits of descriptors", allow_module_level=True)


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = start_server(tmp_path_factory.mktemp("impatient"), "-c", IMPATIENT, MAX_UPLOAD_MB=str(MAX_UPLOAD_MB))
    yield found
    stop_server(found)
    log = found.log.read_text()
    assert "Traceback" not in log
    assert len(log) < 20_000


@contextlib.contextmanager
def _connection(server: Server, first: str = "") -> Iterator[socket.socket]:
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as made:
        made.sendall(first.encode())
        yield made


def _answer(connection: socket.socket) -> str:
    """All that comes until the other end hangs up."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts).decode()


def _memory_mb(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def test_half_a_request_is_hung_up_on(impatient: Server) -> None:
    for half in ("", "GET", "GET / HTTP/1.1\r\nHost: local", "POST /health HTTP/1.1\r\nX: " + "y" * 10_000):
        with _connection(impatient, half) as connection:
            assert _answer(connection) == "" or "400" in _answer(connection)


def test_a_request_after_a_request_may_take_its_time_but_not_for_ever(impatient: Server) -> None:
    request = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with _connection(impatient, request) as connection:
        connection.recv(65536)
        time.sleep(PAUSE_S / 10)
        connection.sendall(request.encode())
        assert "200 OK" in _answer(connection)


def test_a_request_that_came_with_the_one_before_is_not_cut_off(impatient: Server) -> None:
    """Its answer takes three seconds, the patience with half a request is less."""
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n" for path in ("/health", "/gradio_api/upload_progress")
    ]
    with _connection(impatient, "".join(requests)) as connection:
        said = _answer(connection)
    assert "200 OK" in said
    assert "There is no such upload." in said


@pytest.mark.parametrize("route", ["upload", "queue/join", "call/v2/enhance", "cancel"])
def test_half_a_body_is_not_waited_for(impatient: Server, route: str) -> None:
    head = HEAD.replace("upload", route) + "Content-Length: 1000\r\n\r\n"
    with _connection(impatient, head + PART) as connection:
        assert " 408 " in _answer(connection)
    _nothing_stays(impatient)


def test_a_body_that_drips_is_not_waited_for(impatient: Server) -> None:
    with _connection(impatient, HEAD + "Content-Length: 100000\r\n\r\n" + PART) as connection:
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                time.sleep(PAUSE_S / 10)
                connection.sendall(b"x")
        with contextlib.suppress(ConnectionError):
            assert " 408 " in _answer(connection)
    _nothing_stays(impatient)


def _nothing_stays(server: Server) -> None:
    deadline = time.monotonic() + 30
    while server.kept() or list(server.files.glob("*/in-*")):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_upload_that_breaks_off_leaves_nothing(impatient: Server) -> None:
    for body in (PART, PART + "x" * 500_000):
        with _connection(impatient, HEAD + "Content-Length: 1000000\r\n\r\n" + body):
            pass
    _nothing_stays(impatient)


@pytest.mark.parametrize(
    ("route", "size"),
    [
        ("queue/join", 2**17),
        ("call/enhance", 2**17),
        ("call/v2/enhance", 2**17),
        ("run/predict", 2**17),
        ("reset", 9999),
    ],
)
def test_json_has_a_size(server: Server, route: str, size: int) -> None:
    body = b'{"data": ["' + b"x" * size + b'"]}'
    assert httpx.post(f"{server.url}/gradio_api/{route}", content=body, timeout=30).status_code == 413
    head = HEAD.replace("upload", route) + "Content-Length: 200000000\r\n\r\n"  # announced: refused before it comes
    with _connection(server, head) as connection:
        assert " 413 " in _answer(connection)
    head = HEAD.replace("upload", route) + "Transfer-Encoding: chunked\r\n\r\n"  # not announced: refused on the way
    with _connection(server, head) as connection, contextlib.suppress(ConnectionError):
        for _ in range(2000):
            connection.sendall(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
        raise AssertionError("64 MB were taken")


def test_an_upload_that_is_not_announced_has_a_size_too(server: Server) -> None:
    before = server.kept()
    with _connection(server, HEAD + "Transfer-Encoding: chunked\r\n\r\n") as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(f"{len(PART):x}\r\n{PART}\r\n".encode())
            for _ in range(MAX_UPLOAD_MB * 2**20 // 0x8000 + 8):
                connection.sendall(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
        with contextlib.suppress(ConnectionError):
            assert " 413 " in _answer(connection)
    assert server.kept() == before


def test_a_request_holds_so_many_files(server: Server) -> None:
    before = server.kept()
    files = [("files", (f"{number}.wav", b"x")) for number in range(21)]
    assert httpx.post(f"{server.url}/gradio_api/upload", files=files, timeout=30).status_code == 413
    assert server.kept() == before
    assert len(httpx.post(f"{server.url}/gradio_api/upload", files=files[:3], timeout=30).json()) == 3


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("text/plain", b"x", 415), ("multipart/form-data", b"x", 415), ("multipart/form-data; boundary=", b"x", 415),
        ("multipart/form-data; boundary=x", b"", 400), ("multipart/form-data; boundary=x", b"garbage", 400),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--", 400),
        ("multipart/form-data; boundary=x", PART.encode() + b"half", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 50 + b"\r\n1\r\n--x--", 400),
        ("multipart/form-data; boundary=x", b"--x\r\nA: " + b"b" * 9000 + b"\r\n\r\n1\r\n--x--", 400),
        ("multipart/form-data; boundary=" + "y" * 5000, b"x", 400),
    ],
)  # fmt: skip
def test_forms_that_are_none(server: Server, kind: str, body: bytes, status: int) -> None:
    before = server.kept()
    answer = httpx.post(f"{server.url}/gradio_api/upload", content=body, headers={"Content-Type": kind}, timeout=30)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert server.kept() == before


@pytest.mark.parametrize(
    "name", ["..", ".", "/", "../../etc/passwd", "a\\b", "x" * 400 + ".wav", "\u202egpj.wav", "CON", ""]
)
def test_an_uploads_name_is_no_path(server: Server, talk: Path, name: str) -> None:
    before = server.kept()
    with talk.open("rb") as file:
        answer = httpx.post(f"{server.url}/gradio_api/upload", files={"files": (name or "\t", file)}, timeout=30)
    path = Path(answer.json()[0])
    assert server.kept() - before == {path}
    assert path.parent.name.startswith("in-")
    assert len(path.name) <= 80
    assert ".." not in str(path)


def test_slow_visitors_do_not_keep_others_out(impatient: Server, talk: Path) -> None:
    """More connections than the server has descriptors, each with half of something."""
    with contextlib.ExitStack() as held:
        for number in range(FILES + 44):
            half = (HEAD + "Content-Length: 1000\r\n\r\n" + PART, "GET / HTTP/1.1\r\n", "")[number % 3]
            with contextlib.suppress(ConnectionError):
                held.enter_context(_connection(impatient, half))
        deadline = time.monotonic() + 60
        while True:  # at once, or as soon as the first of them are hung up on
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{impatient.url}/health", timeout=5).json()["status"] == "healthy":
                    break
            assert time.monotonic() < deadline
    assert curl.call(impatient.url, "analyze", file=curl.upload(impatient.url, talk))
    _log_stays_small(impatient)


def _log_stays_small(server: Server) -> None:
    assert len(server.log.read_bytes()) < 20_000


def test_invented_sessions_cost_little(server: Server) -> None:
    """At 170 KB each, as many again would be 27 MB more."""
    function = next(
        number
        for number, one in enumerate(httpx.get(f"{server.url}/config", timeout=30).json()["dependencies"])
        if not one["queue"] and not one["inputs"] and one["backend_fn"]
    )
    until_ready(server)
    memory = []
    with httpx.Client(base_url=server.url, timeout=60) as visitor:
        for number in range(320):
            if number % 160 == 159:
                memory.append(_memory_mb(server))
            body = {"data": [], "fn_index": function, "session_hash": f"invented{number}"}
            assert visitor.post("/gradio_api/run/predict", json=body).status_code in (200, 429)
    assert memory[1] < memory[0] + 20


def test_room_is_bounded_for_each_visitor_and_said(tmp_path: Path) -> None:
    server = start_server(tmp_path, MAX_UPLOAD_MB="1", MAX_STORAGE_MB="5", PROXY_HOPS="1")
    try:
        statuses: dict[str, list[int]] = {}
        for visitor in ("10.0.0.1", "10.0.0.2"):
            for _ in range(6):
                answer = httpx.post(
                    f"{server.url}/gradio_api/upload", files={"files": ("a.wav", bytes(900_000))},
                    headers={"X-Forwarded-For": visitor}, timeout=30,
                )  # fmt: skip
                statuses.setdefault(visitor, []).append(answer.status_code)
        assert statuses == {"10.0.0.1": [200] * 4 + [507] * 2, "10.0.0.2": [200] + [507] * 5}
        assert "Try again" in answer.json()["suggestion"]
    finally:
        stop_server(server)


def test_the_log_of_refusals_is_bounded(tmp_path: Path) -> None:
    server = start_server(tmp_path)
    try:
        before = len(server.log.read_bytes())
        with httpx.Client(base_url=server.url, timeout=30) as visitor:
            for number in range(500):
                assert visitor.get(f"/{number}\u202e%0a%1b[31mERROR").status_code == 404
        said = server.log.read_bytes()[before:].decode()
    finally:
        stop_server(server)
    assert said.isprintable() or said.replace("\n", "").isprintable()
    assert 20 <= said.count("Refused: 404") <= 30
    assert len(said) < 6000


def test_the_limits_of_the_tests_are_those_of_the_app() -> None:
    """That the servers above are impatient in the right places."""
    from web.front import bodies, transport

    assert 5 <= bodies.PAUSE_S <= 60
    assert 5 <= bodies.START_S <= 60
    assert 5 <= transport.FIRST_REQUEST_S <= 60
