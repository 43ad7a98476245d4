"""The last word to whoever is still served when the server is told to stop."""

from __future__ import annotations

import json
from typing import Protocol

from starlette.types import Message, Receive, Scope

from service.faults import as_answer
from service.http.refusals import RequestError, answer

BACK_S = 60  # by when there may be another one


class Answer(Protocol):
    """started : the status is out; streams : and events follow it."""

    started: bool
    streams: bool

    async def __call__(self, message: Message) -> None:
        """As ASGI's send."""

    async def last(self, body: bytes) -> None:
        """The end of the answer."""


def stopping() -> RequestError:
    """What everybody is told."""
    return RequestError(
        503, "The server stops.", suggestion="Try again in a minute.", headers={"Retry-After": str(BACK_S)}
    )


async def say(path: str, send: Answer, scope: Scope, receive: Receive) -> bool:
    """Answer, or end a stream of events with a fault in its own words; False where a file breaks off, which says it
    as well."""
    if not send.started:
        await answer(stopping(), {"Connection": "close"})(scope, receive, send)
        return True
    if send.streams:
        await send.last(last_event(path).encode())
    return send.streams


def last_event(path: str) -> str:
    """For a page or for a program; a stream that only shows that we live just ends."""
    told = json.dumps(as_answer(stopping()), ensure_ascii=False)
    if path.endswith("/queue/data"):
        return f"data: {json.dumps({'msg': 'unexpected_error', 'message': str(stopping()), 'success': False})}\n\n"
    if "/call/" in path:
        return f"event: error\ndata: {json.dumps({'error': told})}\n\n"
    return ""
