"""A request's body: how large it may be, and how slow.

Half a body holds a connection, and half an upload a file, for as long as the sender likes. So each must go on, and keep
up a least speed on the whole.
"""

from __future__ import annotations

import asyncio
import time

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from service.http.refusals import RequestError, too_large

PAUSE_S = 20.0  # between two pieces
START_S = 20.0  # until the least speed counts
LEAST_BYTES_PER_S = 2_000.0
FORM_BYTES = 16 * 1024  # what surrounds the files in a form


def check_announced(headers: Headers, most_bytes: float) -> None:
    """Before anything is read. Raises RequestError for what is announced as too large, or not as a number."""
    announced = headers.get("content-length", "0").strip()
    if not (announced.isascii() and announced.isdigit()):
        raise RequestError(400, "The length of the request is no number.")
    if int(announced[:20]) > most_bytes:
        raise too_large(most_bytes)


def limited(receive: Receive, most_bytes: float) -> Receive:
    """`receive`, which raises RequestError for what is larger or slower than it may be."""
    began, received, complete = time.monotonic(), 0, False

    async def receive_within_limits() -> Message:
        nonlocal received, complete
        if complete:  # from here on it only waits for the other end to hang up
            return await receive()
        waited = time.monotonic()
        allowed_s = START_S + received / LEAST_BYTES_PER_S - (waited - began)
        try:
            message = await asyncio.wait_for(receive(), max(0.0, min(PAUSE_S, allowed_s)))
        except TimeoutError:
            raise RequestError(408, "The request did not arrive in time.", suggestion="Try again.") from None
        received += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        if received > most_bytes:
            raise too_large(most_bytes)
        return message

    return receive_within_limits


async def whole(receive: Receive) -> bytes:
    """All of a body. Raises ConnectionResetError if the other end hangs up before."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, once more; after it what `receive` says."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return left.pop() if left else await receive()

    return receive_again
