"""An open request waits for work, and takes it along when it ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from pipeline.errors import SettingsError
from service.http.jobs.waiting import Held, waited
from tests.asynchronous import finished

PATIENCE_S = 30


class Visitor:
    """The other end of a request; it leaves when it is told to."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.request = Request({"type": "http", "method": "GET", "headers": []}, self.receive)

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}


def steps(ended: threading.Event, stop: threading.Event | None = None) -> Generator[int, None, str]:
    try:
        number = 0
        while number < 3 or (stop is not None and not stop.wait(0.01)):
            yield (number := number + 1)
        return "done"
    finally:
        ended.set()


def test_what_the_work_returns_is_the_answer() -> None:
    ended = threading.Event()

    async def run() -> str:
        return await waited(Visitor().request, steps(ended))

    assert finished(run()) == "done"
    assert ended.is_set()


def test_what_it_raises_is_raised() -> None:
    def fails() -> Generator[int, None, None]:
        yield 1
        raise SettingsError("no")

    async def run() -> None:
        await waited(Visitor().request, fails())

    with pytest.raises(SettingsError):
        finished(run())


@pytest.mark.parametrize("how", ["hangs up", "is cancelled"])
def test_whoever_leaves_ends_the_work(how: str) -> None:
    ended, never = threading.Event(), threading.Event()

    async def run() -> None:
        visitor = Visitor()
        waiting = asyncio.ensure_future(waited(visitor.request, steps(ended, never)))
        await asyncio.sleep(0.05)
        assert not ended.is_set()
        if how == "hangs up":
            visitor.gone.set()
        else:
            waiting.cancel()
        await waiting

    with pytest.raises(ConnectionResetError if how == "hangs up" else asyncio.CancelledError):
        finished(run())
    assert ended.wait(PATIENCE_S)


@pytest.mark.parametrize("breaks", [False, True])
def test_what_is_held_is_released_once_it_was_sent_or_not(breaks: bool) -> None:
    said: list[str] = []

    async def send(message: Message) -> None:
        said.append(message["type"])
        if breaks:
            raise OSError

    async def run() -> None:
        held: Any = Held(Response(b"x"), lambda: said.append("released"))
        await held({"type": "http", "method": "GET", "headers": []}, Visitor().receive, send)

    if breaks:
        with pytest.raises(OSError):
            finished(run())
    else:
        finished(run())
    assert said[-1] == "released"
    assert said.count("released") == 1
