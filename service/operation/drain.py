"""How the site stops: no new work is begun, and what is under way is finished, within a limit.

Meanwhile the server still listens. A page asks again and again how its job stands, and a program fetches its result by
another request than the one that it waited with: whose work has just ended is given a moment to come for it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_S = 0.5  # without any work: what was taken the moment before has begun by then
LINGER_S = 5.0  # after the last work, for its result to be fetched; a page looks once a second


class Drain:
    """Of one site. limit_s : from `begin` on, whatever is under way"""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._began_s = math.inf
        self._last_work_s = -math.inf
        self._under_way = 0
        self._lock = threading.Lock()

    def begin(self) -> None:
        """No new work from now on. Takes no lock: a signal's handler may call it."""
        self._began_s = min(self._began_s, time.monotonic())

    def has_begun(self) -> bool:
        """Whether new work is refused."""
        return self._began_s < math.inf

    def under_way(self) -> int:
        """How much is waited for."""
        return self._under_way

    def is_over(self) -> bool:
        """Whether the server may go: all is done and fetched, or the limit is reached."""
        now = time.monotonic()
        if now - self._began_s >= self.limit_s:
            return True
        with self._lock:
            is_quiet = not self._under_way and now - self._began_s >= QUIET_S
            return is_quiet and now - self._last_work_s >= LINGER_S

    @contextmanager
    def working(self) -> Iterator[None]:
        """Until the end, work is under way, whose result will be fetched."""
        with self.answering():
            try:
                yield
            finally:
                self._last_work_s = time.monotonic()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Until the end, an answer is under way."""
        with self._lock:
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1
