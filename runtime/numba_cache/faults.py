"""What went wrong with the cache after the start: each kind is logged once, counted always, and never raised."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CacheWarning:
    """One kind of fault: the first message of that kind, and how often it has happened."""

    kind: str
    message: str
    count: int

    def __str__(self) -> str:
        return f"{self.message} (1 time)" if self.count == 1 else f"{self.message} ({self.count} times)"


_lock = threading.Lock()
_seen: dict[str, CacheWarning] = {}


def record(kind: str, message: str) -> None:
    """Count a fault of this `kind`; its first `message` is logged."""
    with _lock:
        known = _seen.get(kind)
        _seen[kind] = CacheWarning(kind, message, 1) if known is None else replace(known, count=known.count + 1)
    if known is None:
        log.warning("%s Further warnings of this kind are only counted; see the diagnostics.", message)


def recorded() -> tuple[CacheWarning, ...]:
    """Every kind of fault so far."""
    with _lock:
        return tuple(_seen.values())
