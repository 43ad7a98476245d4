"""Connections: how many there may be, and how long half a request may take.

uvicorn bounds neither: 250 slow senders hold 250 descriptors for ever, and the one after the last descriptor costs a
second of every second and a traceback. So a connection that does not begin a request in time is closed, and one too
many at once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

FIRST_REQUEST_S = 15.0  # from the connection, or from the end of the request before, to the end of a request's head
STALLED_S = 60.0  # that nobody takes an answer off the line
RESERVED_FILES = 160  # descriptors for recordings, pipes, libraries, and for what is accepted to be hung up on
BACKLOG = 64  # accepted in one go, before the first of them is counted
MOST_CONNECTIONS = 2000
LEAST_CONNECTIONS = 32


def most_connections() -> int:
    """So many that there are descriptors left for the work. The limit is raised as far as the system lets us."""
    try:
        import resource
    except ImportError:  # Windows
        return MOST_CONNECTIONS // 4
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 2 * RESERVED_FILES
    highest = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < highest:
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest, hard))
        soft = highest
    free = MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else soft - RESERVED_FILES
    return max(LEAST_CONNECTIONS, min(MOST_CONNECTIONS, free))


class BoundedConnection(H11Protocol):
    """uvicorn's HTTP/1.1, within bounds. most, most_each : connections at a time, in all and of one address."""

    most: ClassVar[int] = MOST_CONNECTIONS
    most_each: ClassVar[int] = MOST_CONNECTIONS
    _open: ClassVar[Counter[str]] = Counter()
    _head_timer: asyncio.TimerHandle | None = None
    _stall_timer: asyncio.TimerHandle | None = None
    _counted = ""

    def connection_made(self, transport: Any) -> None:
        """One more; or none, where there are too many."""
        super().connection_made(transport)
        address = str(self.client[0]) if self.client else "local"
        if self._open.total() >= self.most or self._open[address] >= self.most_each:
            transport.abort()
            return
        self._counted = address
        self._open[address] += 1
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """One less."""
        if self._counted:
            self._open[self._counted] -= 1
            if not self._open[self._counted]:
                del self._open[self._counted]
            self._counted = ""
        self._stop_waiting()
        self._stop_stalling()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A part of a request; once its head is complete, the front door counts the time."""
        if self.transport.is_closing():
            return
        answered = self.cycle
        super().data_received(data)
        if self.cycle is not answered:
            self._stop_waiting()

    def on_response_complete(self) -> None:
        """The next request may come, but does not have to."""
        answered = self.cycle
        super().on_response_complete()
        if self.cycle is answered:  # else the next one was here already
            self._await_head()

    def pause_writing(self) -> None:
        """The other end takes nothing at the moment."""
        super().pause_writing()
        self._stop_stalling()
        self._stall_timer = self.loop.call_later(STALLED_S, self.transport.abort)

    def resume_writing(self) -> None:
        """It takes something again."""
        self._stop_stalling()
        super().resume_writing()

    def _stop_stalling(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def _await_head(self) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self._head_timer = self.loop.call_later(FIRST_REQUEST_S, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def send_400_response(self, msg: str) -> None:
        """To what is no HTTP; unless an answer has been given already, as to a form that goes wrong on the way."""
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:
            self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Whoever asks for a WebSocket gets an answer in HTTP; the log need not hear of it."""
