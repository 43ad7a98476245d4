"""In front of the whole app: every request passes here, or gets a line of JSON and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import gradio as gr
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.faults import explain
from service.http.password import Password
from service.http.refusals import RequestError, answer
from service.http.visitors import visitor_of
from service.line.shares import Rate, Shares, TooManyError
from service.operation.tally import is_told
from service.site import Site

from . import bodies, calls, doors, farewell, headers, origins, streams
from .doors import Door, Kind
from .listeners import Listeners, token_of
from .refused import RefusedLog

AT_ONCE = Shares(each=128, every=2000)  # requests that run now
UPLOADS_AT_ONCE = Shares(each=24, every=96)
STREAMS_AT_ONCE = Shares(each=64, every=1000)
RATE = Rate(per_s=50.0, burst=500.0)  # of what costs something
COSTLY = {Kind.CALL, Kind.ORDER, Kind.UPLOAD, Kind.PAGE}


class FrontDoor:
    """ASGI middleware. demo : whose functions may be called; open_doors : beside those that always are"""

    def __init__(
        self, app: ASGIApp, site: Site, demo: gr.Blocks, listeners: Listeners, open_doors: Sequence[Door] = ()
    ) -> None:
        self._app, self._site, self._demo, self._listeners = app, site, demo, listeners
        self._doors = (*doors.DOORS, *open_doors)
        self._refused = RefusedLog()
        self._password = Password(site.config.password)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        drain = self._site.drain
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            with ExitStack() as under_way:
                await self._http(scope, receive, _Answer(send, lambda: under_way.enter_context(drain.answering())))

    async def _http(self, scope: Scope, receive: Receive, send: _Answer) -> None:
        path = doors.path_of(scope)
        try:
            await self._admitted(scope, path, receive, send)
            if send.cut:
                await farewell.say(path, send, scope, receive)
        except asyncio.CancelledError:  # by the server alone, which has waited for us as long as it could
            if not await farewell.say(path, send, scope, receive):
                raise
        except (ClientDisconnect, ConnectionResetError) as fault:
            self._refuse(scope["method"], path, 499, fault)  # nobody is there to be told
        except Exception as fault:
            error = explain(fault)
            self._refuse(scope["method"], path, error.status, fault)
            if not send.started:
                refusal = answer(error, {"Connection": "close"} if error.status in (408, 413) else None)
                await refusal(scope, receive, send)

    def _refuse(self, method: str, path: str, status: int, fault: Exception) -> None:
        self._site.tally.refuse(status)
        if not is_told(fault):
            self._refused.note(method, path, status, type(fault).__name__)

    async def _admitted(self, scope: Scope, path: str, receive: Receive, send: _Answer) -> None:
        found = Headers(scope=scope)
        config = self._site.config
        origins.check_host(scope, found, config)
        send.origin = origins.allowed_origin(scope, found, config)
        if not doors.exists(path, self._doors):
            raise RequestError(404, "There is nothing here.")
        if scope["method"] == "OPTIONS" and "access-control-request-method" in found:
            await Response(status_code=204)(scope, receive, send)
            return
        if (door := doors.find(scope["method"], path, self._doors)) is None:
            raise RequestError(405, "This can be asked for, but not so.")
        peer = (scope.get("client") or ("", 0))[0]
        visitor = visitor_of(str(peer), found.get("x-forwarded-for", ""), config.proxy_hops)
        if not door.free:
            self._password.check(found.get("authorization"), visitor)
        believed = headers.passed_on(scope["headers"], config.proxy_hops)
        if self._site.drain.has_begun() and (door.begins or (door.opens and self._is_a_stranger(found))):
            raise farewell.stopping()
        if config.replica and (door.begins or door.opens):
            send.cookie = headers.binding(config.replica, Headers(raw=believed), config.file_lifetime_s)
        passed: Scope = {**scope, "visitor": visitor, "headers": believed}
        if door.kind in COSTLY and not RATE.take(visitor):
            raise TooManyError
        token = token_of(path, scope["query_string"]) if door.kind is Kind.STREAM else None
        if token is not None and (lost := streams.missing(self._demo, path, token)):
            await lost(passed, receive, send)
            return
        with ExitStack() as held:
            self._hold(held, door, visitor, token)
            await self._app(passed, await self._body(door, path, found, receive), send)

    def _is_a_stranger(self, found: Headers) -> bool:
        """Whether the visitor has begun nothing here, so that another replica serves them as well."""
        replica = self._site.config.replica
        return replica is not None and headers.replica_of(found) != replica

    def _hold(self, held: ExitStack, door: Door, visitor: str, token: str | None) -> None:
        """What the request takes of the visitor's shares while it runs."""
        held.enter_context(AT_ONCE.one(visitor))
        if door.kind is Kind.UPLOAD:
            held.enter_context(UPLOADS_AT_ONCE.one(visitor))
        elif door.kind is Kind.STREAM:
            held.enter_context(STREAMS_AT_ONCE.one(visitor))
            if token:
                held.enter_context(self._listeners.listens(token))

    async def _body(self, door: Door, path: str, found: Headers, receive: Receive) -> Receive:
        """Within the door's limits; of a call, in the form that Gradio can take."""
        most: float = self._site.config.max_upload_bytes + bodies.FORM_BYTES
        if door.most_bytes is not None:
            most = door.most_bytes
        bodies.check_announced(found, most)
        within = bodies.limited(receive, most)
        if door.kind is not Kind.CALL:
            return within
        raw = await bodies.whole(within)
        return bodies.replayed(calls.checked(self._demo, path, raw), receive)


class _Answer:
    """`send`, which completes the headers. started : the status is out; streams : and events follow it; cut : of these
    the last were left out, for they tell of Gradio's insides: the work for this request was cancelled meanwhile.

    begun : called when an answer begins that has an end, other than a stream's
    cookie : for who is not refused
    """

    def __init__(self, send: Send, begun: Callable[[], object]) -> None:
        self._send, self._begun = send, begun
        self.started = self.streams = self.cut = False
        self.origin: str | None = None
        self.cookie: str | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            found = MutableHeaders(raw=message["headers"])
            self.streams = found.get("content-type", "").startswith("text/event-stream")
            headers.complete(found, self.origin, self.cookie if message["status"] < 400 else None)
            if not self.streams:
                self._begun()
        task = asyncio.current_task()
        if self.streams and message["type"] == "http.response.body" and task is not None and task.cancelling():
            self.cut = True
            return
        await self._send(message)

    async def last(self, body: bytes) -> None:
        """The end of a stream, in our words."""
        await self._send({"type": "http.response.body", "body": body, "more_body": False})
