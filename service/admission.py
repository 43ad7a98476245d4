"""Whose turn it is: the processor serves a few requests at a time, and the others see how many are before them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import EnhancementError


class BusyError(EnhancementError):
    """So many are waiting that another one would wait too long."""

    status = 503

    def __init__(self, waiting: int) -> None:
        super().__init__(
            "Too many recordings are waiting already.", details=f"{waiting} are.", suggestion="Try again in a minute."
        )


class AdmissionQueue:
    """First come, first served. `places` : served at a time; `longest` : how many more may wait."""

    def __init__(self, places: int, longest: int) -> None:
        self._places, self._longest = places, longest
        self._line: list[object] = []
        self._lock = threading.Lock()

    @contextmanager
    def ticket(self) -> Iterator[Ticket]:
        """A place in the line, given back at the end. Raises BusyError."""
        ticket = Ticket(self)
        with self._lock:
            if len(self._line) >= self._places + self._longest:
                raise BusyError(len(self._line) - self._places)
            self._line.append(ticket)
        try:
            yield ticket
        finally:
            with self._lock:
                self._line.remove(ticket)

    def before(self, ticket: object) -> int:
        with self._lock:
            return max(0, self._line.index(ticket) + 1 - self._places)


class Ticket:
    """One request's place."""

    def __init__(self, queue: AdmissionQueue) -> None:
        self._queue = queue

    def before(self) -> int:
        """How many must leave before it is this one's turn; 0 = now."""
        return self._queue.before(self)
