"""Work that an open request waits for: it ends when the other end hangs up. And what is held while it is answered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, TypeVar

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.work import finished, mapped

A = TypeVar("A")
T = TypeVar("T")
# Requests that wait so, each in a thread; the line itself takes fewer.
PLACES = anyio.CapacityLimiter(256)


async def waited(request: Request, work: Generator[Any, None, T]) -> T:
    """What `work` returns; raises what it raises. Its progress is told to nobody.

    Raises ConnectionResetError if nobody waits for the answer any more; then `work` is closed.
    """
    over = threading.Event()

    def go_on(_: object = None) -> None:
        if over.is_set():
            raise ConnectionResetError

    def to_the_end() -> T:
        with closing(work):
            go_on()
            return finished(mapped(work, go_on))

    working = asyncio.ensure_future(anyio.to_thread.run_sync(to_the_end, limiter=PLACES, abandon_on_cancel=True))
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ConnectionResetError
        return working.result()
    finally:
        over.set()
        for task in (working, leaving):
            task.cancel()


async def completed(work: Generator[A, None, T], tell: Callable[[A], object] = lambda _: None) -> T:
    """What `work` returns; raises what it raises. Whoever stops waiting, closes it. tell : called in its thread"""
    over = threading.Event()

    def go_on(now: A) -> None:
        if over.is_set():
            raise ConnectionResetError
        tell(now)

    try:
        return await anyio.to_thread.run_sync(
            lambda: finished(mapped(work, go_on)), limiter=PLACES, abandon_on_cancel=True
        )
    finally:
        over.set()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Held(Response):
    """An answer during which something is held. release : called once it was sent, or could not be"""

    def __init__(self, response: Response, release: Callable[[], object]) -> None:
        super().__init__()
        self._response, self._release = response, release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._response(scope, receive, send)
        finally:
            self._release()
