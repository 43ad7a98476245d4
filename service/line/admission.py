"""Whose turn it is. The processor serves a few recordings at a time; the others wait, and see how many are before them.

The line counts work and visitors, not heads. Alone, a visitor may fill it; once it is full, whoever holds more than a
share makes room for a visitor who holds less. And visitors are served in turn, however many recordings each has
waiting: start-time fair queueing (Goyal, Vin and Cheng, "Start-time Fair Queueing", SIGCOMM 1996, eq. 1 and 2) with
equal weights.

While long work holds all places, one short recording at a time is served beside it: nobody waits minutes for seconds.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType

from pipeline.errors import EnhancementError

LEAST_WORK = 1.0  # of a recording that nobody has looked at yet


class BusyError(EnhancementError):
    """So many are waiting that another one would wait too long."""

    status = 503

    def __init__(self, waiting: int) -> None:
        super().__init__(
            "Too many recordings are waiting already.", details=f"{waiting} are.", suggestion="Try again in a minute."
        )


class MadeRoomError(EnhancementError):
    """The line was full, and this visitor held more of it than a share."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "This recording made room for another visitor's: several of yours were waiting, and the line was full.",
            suggestion="Try again once your other recordings are done.",
        )


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Visit:
    """Who asks for work, and whether they still listen to what becomes of it.

    visitor : "" = this process itself
    """

    visitor: str = ""
    listening: Callable[[], bool] = _always


OURSELVES = Visit()


class AdmissionQueue:
    """places : served at a time; longest : how many more may wait; most_work : what all of them may hold together, in
    any unit. A visitor's share is a quarter, of the places and of the work.

    short_work : what counts as short now, in the same unit; 0 = there is no lane for it
    """

    def __init__(
        self, places: int, longest: int, most_work: float = math.inf, short_work: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._places, self._longest, self._most_work, self._short_work = places, longest, most_work, short_work
        self._line: list[Ticket] = []
        self._lock = threading.Lock()
        self._now = 0.0  # virtual time: the start tag of whoever was admitted last
        self._finished: defaultdict[str, float] = defaultdict(float)  # each visitor's last finish tag

    def ticket(self, visitor: str = "") -> Ticket:
        """A place in the line, until its `leave`. Raises BusyError."""
        with self._lock:
            ticket = Ticket(self, visitor)
            ticket.start = max(self._now, self._finished[visitor])
            self._line.append(ticket)
            self._make_room(ticket)
            self._finished[visitor] = ticket.start + ticket.work
            self._admit()
            return ticket

    def weigh(self, ticket: Ticket, work: float) -> None:
        with self._lock:
            ticket.work, ticket.is_weighed = max(LEAST_WORK, work), True
            self._make_room(ticket)
            self._finished[ticket.visitor] = max(self._finished[ticket.visitor], ticket.start + ticket.work)
            self._admit()

    def before(self, ticket: Ticket) -> int:
        with self._lock:
            if ticket.admitted:
                return 0
            if ticket not in self._line:
                raise MadeRoomError
            return 1 + self._waiting().index(ticket)

    def leave(self, ticket: Ticket) -> None:
        with self._lock:
            if ticket in self._line:
                self._line.remove(ticket)
                self._admit()
            if not self._line:  # nobody is owed anything
                self._now = 0.0
                self._finished.clear()

    def counts(self) -> tuple[int, int]:
        """Who is served, and who waits."""
        with self._lock:
            served = sum(ticket.admitted for ticket in self._line)
            return served, len(self._line) - served

    def __len__(self) -> int:
        return len(self._line)

    def _waiting(self) -> list[Ticket]:
        """Who is not served yet, the next first."""
        return sorted((ticket for ticket in self._line if not ticket.admitted), key=lambda one: one.start)

    def _admit(self) -> None:
        """Let in whoever is next, while there are places."""
        waiting = self._waiting()
        served = [ticket for ticket in self._line if ticket.admitted]
        free = self._places - sum(not ticket.is_beside for ticket in served)
        for ticket in waiting[: max(0, free)]:
            ticket.admitted, self._now = True, max(self._now, ticket.start)
        if free > 0 or any(ticket.is_beside for ticket in served):
            return
        short = self._short_work()
        if all(ticket.is_weighed and ticket.work > short for ticket in served):
            for ticket in [one for one in waiting if one.is_weighed and one.work <= short][:1]:
                ticket.admitted = ticket.is_beside = True

    def _make_room(self, newest: Ticket) -> None:
        """Send away, last first, what those who hold much have waiting, until the line fits; else `newest`, and nobody
        but it. Raises BusyError."""
        line = list(self._line)
        while not self._fits(line):
            most = max(self._held(line, newest.visitor), 1 / 4)
            others = [one for one in line if not one.admitted and self._held(line, one.visitor) > most]
            if not others:
                self._line.remove(newest)
                raise BusyError(max(0, len(self._line) - self._places))
            line.remove(max(others, key=lambda one: (self._held(line, one.visitor), one.start)))
        self._line = line

    def _fits(self, line: list[Ticket]) -> bool:
        """One recording alone always does: what may be sent at all is decided elsewhere."""
        work = sum(ticket.work for ticket in line)
        return len(line) <= self._places + self._longest and (len(line) == 1 or work <= self._most_work)

    def _held(self, line: list[Ticket], visitor: str) -> float:
        """The part of the line that is a visitor's: of its places or of its work, whichever is more."""
        own = [ticket.work for ticket in line if ticket.visitor == visitor]
        return max(len(own) / (self._places + self._longest), sum(own) / self._most_work)


class Ticket(AbstractContextManager["Ticket"]):
    """One recording's place. work : what it weighs, is_weighed : and that is known; start : its start tag; admitted :
    it is its turn, is_beside : beside long work."""

    def __init__(self, queue: AdmissionQueue, visitor: str) -> None:
        self._queue = queue
        self.visitor = visitor
        self.work = LEAST_WORK
        self.start = 0.0
        self.admitted = self.is_weighed = self.is_beside = False

    def before(self) -> int:
        """How many must leave before it is this one's turn; 0 = now. Raises MadeRoomError."""
        return self._queue.before(self)

    def weigh(self, work: float) -> None:
        """Say how much work it is, once that is known or when it is more. Raises BusyError."""
        self._queue.weigh(self, work)

    def leave(self) -> None:
        """Give the place back; again does no harm."""
        self._queue.leave(self)

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.leave()
