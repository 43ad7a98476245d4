"""A request as bytes, and what comes back: nothing is tidied up on the way, as HTTP clients do."""

from __future__ import annotations

import contextlib
import errno
import http.client
import itertools
import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

LIMIT_S = 60  # for one answer; generous, as machines that test are busy. Who takes longer hangs
LONGEST = 8_000_000  # bytes of an answer
SECRET = "secret-4711-of-the-visitor"
"""In headers that are nobody's business: it must not come back."""


_made = itertools.count()


def visitor() -> str:
    """Who asks: another one after a while, so that none is refused only because of all that came before."""
    number = next(_made) // 100
    return f"10.0.{number // 200}.{number % 200}"


@dataclass(frozen=True)
class Request:
    """`said_length` : another one than the body has; None = without."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    said_length: str | None = ""

    def as_bytes(self) -> bytes:
        """Closed by the server, unless a header says otherwise."""
        names = {name.lower() for name, _ in self.headers}
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        given = {
            "Host": "127.0.0.1", "Connection": "close", "Cookie": f"a={SECRET}", "X-Private": SECRET,
            "X-Forwarded-For": visitor(),
        }  # fmt: skip
        lines += [f"{name}: {value}" for name, value in given.items() if name.lower() not in names]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body is not None and self.said_length is not None and "transfer-encoding" not in names:
            lines.append(f"Content-Length: {self.said_length or len(self.body)}")
        head = "\r\n".join(lines).encode("latin-1", "replace")
        return head + b"\r\n\r\n" + (self.body or b"")


class EndlessError(Exception):
    """A stream shows signs of life, and never says what came of the call."""


@dataclass(frozen=True)
class Answer:
    """status : 0 where the connection was closed without a word, -1 where nothing came within the limit."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_stream(self) -> bool:
        return self.headers.get("content-type", "").startswith("text/event-stream")

    def json(self) -> Any:
        return json.loads(self.body)


@contextlib.contextmanager
def connection(port: int, limit_s: float = LIMIT_S) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), limit_s) as opened:
        opened.settimeout(limit_s)
        yield opened


def _say_end(opened: socket.socket) -> None:
    """That nothing more will come; to whom it concerns no more, where the other end has closed already."""
    try:
        opened.shutdown(socket.SHUT_WR)
    except OSError as error:  # which Python counts among no ConnectionError
        if error.errno != errno.ENOTCONN:
            raise


def send(port: int, data: bytes, method: str = "GET", *, limit_s: float = LIMIT_S, ends: bool = False) -> Answer:
    """Send `data` and read the answer; of an endless one, its head. ends : say that nothing more will come."""
    try:
        with connection(port, limit_s) as opened:
            with contextlib.suppress(ConnectionError):  # it may have answered already, and closed
                opened.sendall(data)
                if ends:
                    _say_end(opened)
            return _read(opened, method)
    except TimeoutError:
        return Answer(-1)


def ask(port: int, request: Request) -> Answer:
    return send(port, request.as_bytes(), request.method)


def _read(opened: socket.socket, method: str) -> Answer:
    response = http.client.HTTPResponse(opened, method=method)
    status, headers, body = 0, {}, b""
    try:
        response.begin()
        status, headers = response.status, {name.lower(): value for name, value in response.getheaders()}
        if not headers.get("content-type", "").startswith("text/event-stream"):
            body = response.read(LONGEST + 1)
    except (ConnectionError, http.client.HTTPException):
        pass
    finally:
        response.close()
    return Answer(status, headers, body)


def events(port: int, target: str, limit_s: float = LIMIT_S) -> list[tuple[str, str]]:
    """(event, data) of a stream, to its end; event "" where it names none. Raises EndlessError."""
    found, event, deadline = [], "", time.monotonic() + limit_s
    with connection(port, limit_s) as opened:
        opened.sendall(Request("GET", target).as_bytes())
        response = http.client.HTTPResponse(opened)
        response.begin()
        assert response.status < 500, response.status
        if response.status != 200:
            return []
        for line in response:
            if time.monotonic() > deadline:
                raise EndlessError(str(found[-3:]))
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                event = text[7:]
            elif text.startswith("data: "):
                found.append((event, text[6:]))
                if _is_last(event, text[6:]):
                    break
    return found


def _is_last(event: str, data: str) -> bool:
    """The queue's own stream stays open for more of the same session."""
    ends = ('"msg":"process_completed"', '"msg":"close_stream"', '"msg":"unexpected_error"')
    return event in ("complete", "error") or any(end in data.replace(": ", ":") for end in ends)
