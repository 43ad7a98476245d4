"""What the site has done since its start: a line of the log for each piece of work, and counts for `/metrics`.

Kinds of work and of outcomes are words of ours. Nothing of a visitor's is here: no name, no address, no text, no path.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect

from pipeline.errors import Cancelled, EnhancementError, is_full

from .budget import Budget

log = logging.getLogger(__name__)

LINES = 600  # of work in a minute; the line and its shares keep it far below
DURATIONS_S = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
FACTORS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # seconds of work for one of sound
CANCELLED_STATUS = 499
TOLD = "is told in the log"  # an attribute of a fault
LEFT = (GeneratorExit, Cancelled, ClientDisconnect, ConnectionError, asyncio.CancelledError)  # who asked is gone


class Spread:
    """How values are spread: how many are at most each of `bounds`, and their sum."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds, self.counts, self.sum = bounds, [0] * (len(bounds) + 1), 0.0

    def add(self, value: float) -> None:
        self.counts[sum(value > bound for bound in self.bounds)] += 1
        self.sum += value


@dataclass
class Entry:
    """One piece of work, while it is done. what : it is; sound_s, stored_bytes : of the recording, None = unknown"""

    what: str
    sound_s: float | None = None
    stored_bytes: int | None = None
    began_s: float = field(default_factory=time.monotonic)
    turn_s: float | None = None

    def turn(self) -> None:
        """Its turn has come: from now on it works."""
        self.turn_s = time.monotonic()


def is_told(fault: BaseException) -> bool:
    """Whether the log has its line already."""
    return TOLD in vars(fault)


def kind_of(fault: BaseException) -> str:
    """One of a few words, whatever the fault says."""
    if isinstance(fault, EnhancementError):
        return type(fault).__name__
    return "FullError" if is_full(fault) else "MemoryError" if isinstance(fault, MemoryError) else "Unforeseen"


class Tally:
    """Of one site. All counts are read under `lock`."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.work: Counter[tuple[str, str]] = Counter()  # by what it is, and its outcome
        self.faults: Counter[tuple[str, str]] = Counter()  # by what failed, and the kind
        self.refused: Counter[int] = Counter()  # requests, by status
        self.sound_s: defaultdict[str, float] = defaultdict(float)
        self.uploaded_bytes = 0
        self.took: defaultdict[str, Spread] = defaultdict(lambda: Spread(DURATIONS_S))
        self.waited: defaultdict[str, Spread] = defaultdict(lambda: Spread(DURATIONS_S))
        self.factors: defaultdict[str, Spread] = defaultdict(lambda: Spread(FACTORS))
        self._lines = Budget(log, LINES, "Work")

    @contextmanager
    def entry(self, what: str) -> Iterator[Entry]:
        """Around a piece of work; how it ends is noted."""
        made = Entry(what)
        try:
            yield made
        except LEFT as fault:
            self._note(made, "cancelled", CANCELLED_STATUS)
            vars(fault)[TOLD] = True
            raise
        except BaseException as fault:
            status = fault.status if isinstance(fault, EnhancementError) else 500
            self._note(made, "refused" if status < 500 else "failed", status, kind_of(fault))
            vars(fault)[TOLD] = True
            raise
        else:
            self._note(made, "done", 200)

    def refuse(self, status: int) -> None:
        """A request was refused, or failed, at the door."""
        with self.lock:
            self.refused[status] += 1

    def _note(self, entry: Entry, outcome: str, status: int, fault: str = "") -> None:
        now = time.monotonic()
        turn_s = now if entry.turn_s is None else entry.turn_s
        waited_s, took_s = turn_s - entry.began_s, now - turn_s
        with self.lock:
            self.work[entry.what, outcome] += 1
            if fault:
                self.faults[entry.what, fault] += 1
            self.uploaded_bytes += entry.stored_bytes or 0
            self.waited[entry.what].add(waited_s)
            if outcome == "done":
                self.took[entry.what].add(took_s)
                if entry.sound_s:
                    self.sound_s[entry.what] += entry.sound_s
                    self.factors[entry.what].add(took_s / entry.sound_s)
        told = {
            "outcome": outcome,
            "status": status,
            "fault": fault,
            "waited_s": f"{waited_s:.2f}",
            "took_s": f"{took_s:.2f}",
            "sound_s": "" if entry.sound_s is None else f"{entry.sound_s:.1f}",
            "bytes": "" if entry.stored_bytes is None else entry.stored_bytes,
        }
        pairs = (f"{name}={value}" for name, value in told.items() if value != "")
        self._lines.info("Work: %s %s", entry.what, " ".join(pairs))
