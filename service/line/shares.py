"""How much each visitor may have at once, and how often they may ask."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import EnhancementError

REMEMBERED = 10_000  # visitors whose rate is known; the one that was quiet longest is forgotten


class TooManyError(EnhancementError):
    """A visitor asks for too much at once (429), or all of them together do (503)."""

    def __init__(self, status: int = 429) -> None:
        super().__init__("Too many requests at once.", suggestion="Wait a moment, then try again.")
        self.status = status


class Shares:
    """What visitors hold now. each : one visitor at most; every : all together."""

    def __init__(self, each: int, every: int) -> None:
        self._each, self._every = each, every
        self._held: dict[str, int] = {}
        self._lock = threading.Lock()

    @contextmanager
    def one(self, visitor: str) -> Iterator[None]:
        """One thing more, until the end. Raises TooManyError."""
        with self._lock:
            mine = self._held.get(visitor, 0)
            if mine >= self._each:
                raise TooManyError(429)
            if sum(self._held.values()) >= self._every:
                raise TooManyError(503)
            self._held[visitor] = mine + 1
        try:
            yield
        finally:
            with self._lock:
                self._held[visitor] -= 1
                if not self._held[visitor]:
                    del self._held[visitor]


class Rate:
    """A bucket of `burst` tokens for each visitor, refilled by `per_s` a second."""

    def __init__(self, per_s: float, burst: float) -> None:
        self._per_s, self._burst = per_s, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def has(self, visitor: str) -> bool:
        """Whether there is a token; it stays."""
        return self._tokens(visitor, time.monotonic()) >= 1.0

    def take(self, visitor: str) -> bool:
        """Whether there was a token; then it is gone."""
        now = time.monotonic()
        left = self._tokens(visitor, now)
        granted = left >= 1.0
        self._left[visitor] = (left - 1.0 if granted else left), now
        self._left.move_to_end(visitor)  # whoever has not asked for longest is forgotten first
        while len(self._left) > REMEMBERED:
            self._left.popitem(last=False)
        return granted

    def _tokens(self, visitor: str, now: float) -> float:
        left, since = self._left.get(visitor, (self._burst, now))
        return min(self._burst, left + (now - since) * self._per_s)
