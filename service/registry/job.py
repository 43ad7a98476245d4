"""One order: how far it is, and what became of it."""

from __future__ import annotations

import math
import secrets
import threading
import time
from enum import StrEnum
from typing import NamedTuple

from pipeline.errors import EnhancementError
from service.jobs import Order, Outcome
from service.line.pace import Pace
from service.work import Progress

TOKEN_BYTES = 24  # 32 letters


class State(StrEnum):
    """What a job is. The last three stay."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = {State.DONE, State.FAILED, State.CANCELLED}


class Now(NamedTuple):
    """How a job stands. before : recordings that are served first; left_s : of work, None if nobody can tell yet"""

    state: State
    progress: Progress
    left_s: float | None
    error: EnhancementError | None
    outcome: Outcome | None


class Job:
    """Whoever knows the token may see it, hear it and cancel it.

    State changes once for good: what ends first counts, so a cancelled job says so whatever its thread says later.
    """

    def __init__(self, order: Order, name: str, pace: Pace) -> None:
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        self.order, self.name = order, name
        self.created_s = time.time()
        self.ended_s = math.inf
        self.work_bytes = 0.0  # of samples, once somebody has looked
        self.ended = threading.Event()
        self._pace = pace
        self._lock = threading.Lock()
        self._state, self._progress = State.WAITING, Progress(0.0, "Starting…")
        self._began_s: float | None = None
        self._error: EnhancementError | None = None
        self._outcome: Outcome | None = None

    def now(self) -> Now:
        with self._lock:
            return Now(self._state, self._progress, self._left_s(), self._error, self._outcome)

    def show(self, progress: Progress) -> bool:
        """Note how far it is. Answers whether it is to go on."""
        with self._lock:
            if self._state in ENDED:
                return False
            self._progress = progress
            if progress.fraction > 0 and self._began_s is None:
                self._began_s, self._state = time.monotonic(), State.RUNNING
            return True

    def done(self, outcome: Outcome) -> bool:
        """Answers whether that was the end: not if it was cancelled meanwhile."""
        return self._end(State.DONE, outcome=outcome)

    def failed(self, error: EnhancementError) -> None:
        self._end(State.FAILED, error=error)

    def cancel(self) -> None:
        """It ends as cancelled at once; its work stops at its next block."""
        self._end(State.CANCELLED)

    def _end(self, state: State, *, outcome: Outcome | None = None, error: EnhancementError | None = None) -> bool:
        with self._lock:
            if self._state in ENDED:
                return False
            self._state, self.ended_s = state, time.time()
            self._outcome, self._error = outcome, error
            if outcome is not None:
                self._progress = Progress(1.0, "Done")
                if self._began_s is not None:
                    self._pace.learn(self.work_bytes, time.monotonic() - self._began_s)
        self.ended.set()
        return True

    def _left_s(self) -> float | None:
        if self._state in ENDED:
            return None
        if self._began_s is None:
            return self._pace.expected_s(self.work_bytes) if self.work_bytes else None
        return self._pace.left_s(self.work_bytes, self._progress.fraction, time.monotonic() - self._began_s)
