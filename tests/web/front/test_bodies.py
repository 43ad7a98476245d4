"""How large and how slow a body may be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.datastructures import Headers
from starlette.types import Message, Receive

from service.http.refusals import RequestError
from tests.asynchronous import finished
from web.front import bodies


def _sender(*messages: tuple[float, bytes, bool]) -> Receive:
    left: Iterator[tuple[float, bytes, bool]] = iter(messages)

    async def receive() -> Message:
        pause, body, more = next(left)
        await asyncio.sleep(pause)
        return {"type": "http.request", "body": body, "more_body": more}

    return receive


def _status(work: Any) -> int:
    try:
        finished(work)
    except RequestError as refusal:
        return refusal.status
    return 200


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "PAUSE_S", 0.2)
    monkeypatch.setattr(bodies, "START_S", 0.5)


def test_a_body_in_time_and_of_size_is_itself() -> None:
    receive = bodies.limited(_sender((0.0, b"ab", True), (0.05, b"c", False)), 3)
    assert finished(bodies.whole(receive)) == b"abc"


def test_too_much_is_refused_when_it_is_too_much() -> None:
    assert _status(bodies.whole(bodies.limited(_sender((0, b"ab", True), (0, b"cd", True)), 3))) == 413


@pytest.mark.usefixtures("impatient")
def test_a_pause_is_too_long() -> None:
    assert _status(bodies.whole(bodies.limited(_sender((0, b"a", True), (5, b"b", False)), 100))) == 408


@pytest.mark.usefixtures("impatient")
def test_drops_are_too_slow_together() -> None:
    drops = [(0.1, b"x", True)] * 50
    assert _status(bodies.whole(bodies.limited(_sender(*drops), 100))) == 408


def test_a_steady_stream_may_take_longer_than_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "START_S", 0.2)
    stream = [(0.0, bytes(100_000), True)] + [(0.1, bytes(1000), True)] * 4 + [(0.1, b"", False)]
    assert _status(bodies.whole(bodies.limited(_sender(*stream), 10**6))) == 200


def test_after_the_end_nobody_is_hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "START_S", 0.5)
    receive = bodies.limited(_sender((0, b"a", False), (0.6, b"", False)), 3)

    async def twice() -> Message:
        await receive()
        return await receive()

    assert finished(twice())["type"] == "http.request"


def test_who_hangs_up_is_no_end_of_a_body() -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(ConnectionResetError):
        finished(bodies.whole(gone))


@pytest.mark.parametrize(
    ("length", "status"),
    [("0", 200), ("100", 200), ("101", 413), ("9" * 400, 413), ("-1", 400), ("1e3", 400), ("٣", 400), ("", 400)],
)
def test_what_is_announced(length: str, status: int) -> None:
    async def check() -> None:
        bodies.check_announced(Headers(raw=[(b"content-length", length.encode("utf-8"))]), 100)

    assert _status(check()) == status
