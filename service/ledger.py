"""What has been given to whom: the files that may be named in a request, and the room that each visitor's take.

A file may be opened only if it stands here, under the one name that was given out. The room is bounded for each visitor
and in all, so that nobody can fill the disk for the others.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import EnhancementError

SMALLEST_BYTES = 64 * 1024  # what a file counts at least: a million empty ones fill a disk, too
MB = 2**20


class RoomError(EnhancementError):
    """There is no room for another file."""

    status = 507


class Ledger:
    """Unbounded until `bound` is called."""

    def __init__(self) -> None:
        self._most = self._share = math.inf
        self._files: dict[str, tuple[str, float]] = {}
        self._held: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    def bound(self, most_bytes: float, least_share: float) -> None:
        """most_bytes : of all files together; one visitor may hold a quarter of it, `least_share` at least."""
        self._most, self._share = most_bytes, max(most_bytes / 4, least_share)

    def __contains__(self, path: str) -> bool:
        return path in self._files

    def add(self, path: Path, visitor: str, size: float) -> None:
        """`path` may be named from now on."""
        with self._lock:
            self._remove(str(path))
            counted = max(size, SMALLEST_BYTES)
            self._files[str(path)] = visitor, counted
            self._held[visitor] += counted

    def remove(self, path: Path) -> None:
        """`path` is gone."""
        with self._lock:
            self._remove(str(path))

    @contextmanager
    def reserved(self, visitor: str, size: float) -> Iterator[None]:
        """Until the end, `size` bytes count as `visitor`'s: what work is going to write. Raises RoomError."""
        self.check_room(visitor, size)
        with self._lock:
            self._held[visitor] += size
        try:
            yield
        finally:
            with self._lock:
                self._release(visitor, size)

    def check_room(self, visitor: str, size: float = 0.0) -> None:
        """Raises RoomError if `visitor` cannot have a file of `size` bytes more."""
        with self._lock:
            held, every = self._held.get(visitor, 0.0), sum(self._held.values())
        if held + size > self._share:
            raise RoomError(
                f"You have {held / MB:.0f} MB of recordings here already, and {size / MB:.0f} MB more would be needed; "
                f"one visitor may have {self._share / MB:.0f} MB.",
                suggestion="They are removed by themselves after a while. Try again then, or use a smaller file.",
            )
        if every + size > self._most:
            raise RoomError("The server's room for recordings is full.", suggestion="Try again later.")

    def held_bytes(self) -> float:
        """Of all visitors."""
        with self._lock:
            return sum(self._held.values())

    def _remove(self, path: str) -> None:
        if path not in self._files:
            return
        visitor, counted = self._files.pop(path)
        self._release(visitor, counted)

    def _release(self, visitor: str, size: float) -> None:
        self._held[visitor] -= size
        if self._held[visitor] < 1:
            del self._held[visitor]
