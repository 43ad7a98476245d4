"""Where work is kept: values by their keys, within a number of bytes. What was used longest ago goes first."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from .rows import Rows

MOST_ENTRIES = 128  # each may hold a file open
SHARE = 0.5  # of all bytes, that one file may have


class Closable(Protocol):
    """What holds something that must be given back."""

    @property
    def is_closed(self) -> bool:
        """Whether it is given back already, so that nobody can use it."""

    def close(self) -> None:
        """Give it back."""


@dataclass
class _Entry:
    value: Any
    closes: tuple[Closable, ...]
    used: float = field(default_factory=time.monotonic)
    users: int = 0
    is_out: bool = False


class Store:
    """For several threads. folder : of its files; called when the first is made

    most_bytes : of all files; 0 : nothing is kept
    has_room : whether so many bytes may be written now
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        most_bytes: float,
        has_room: Callable[[float], bool] = lambda _: True,
        most_entries: int = MOST_ENTRIES,
    ) -> None:
        self._folder, self._most, self._has_room, self._most_entries = folder, most_bytes, has_room, most_entries
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._held = 0.0
        self._lock = threading.RLock()

    @property
    def is_off(self) -> bool:
        """Whether nothing is ever kept."""
        return not self._most

    @property
    def held_bytes(self) -> float:
        """Of all files, those that are still being written among them."""
        return self._held

    def find(self, key: Hashable, until: ExitStack) -> Any | None:
        """What is kept, which stays whole until `until` is closed; None where nothing is."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            if any(one.is_closed for one in entry.closes):  # it was found damaged
                self._drop(key)
                return None
            self._entries.move_to_end(key)
            entry.used = time.monotonic()
            entry.users += 1
        until.callback(self._left, entry)
        return entry.value

    def keep(self, key: Hashable, value: Any, *closes: Closable) -> None:
        """closes : what `value` holds; closed when it is no longer kept, nor used by anybody."""
        with self._lock:
            self._drop(key)
            self._entries[key] = _Entry(value, closes)
            while len(self._entries) > (0 if self.is_off else self._most_entries):
                self._drop(next(iter(self._entries)))

    def rows(self, width: int, kind: type[np.generic], size: float) -> Rows | None:
        """A file for about so many bytes, for which what is old makes room; None where there cannot be one."""
        if size > SHARE * self._most:
            return None
        with self._lock:
            while self._held + size > self._most and self._entries:
                self._drop(next(iter(self._entries)))
            if self._held + size > self._most or not self._has_room(size):
                return None
            try:
                made = Rows(width, kind, self._folder, lambda: self._give_back(size))
            except OSError:
                return None
            self._held += size
            return made

    def sweep(self, lifetime_s: float) -> None:
        """Drop what nobody used for so long."""
        oldest = time.monotonic() - lifetime_s
        with self._lock:
            for key in [key for key, entry in self._entries.items() if entry.used <= oldest]:
                self._drop(key)

    def clear(self) -> None:
        """Drop all: its room is needed."""
        with self._lock:
            for key in list(self._entries):
                self._drop(key)

    def _drop(self, key: Hashable) -> None:
        if entry := self._entries.pop(key, None):
            entry.is_out = True
            self._close_unused(entry)

    def _left(self, entry: _Entry) -> None:
        with self._lock:
            entry.users -= 1
            self._close_unused(entry)

    def _close_unused(self, entry: _Entry) -> None:
        if entry.is_out and not entry.users:
            for one in entry.closes:
                one.close()

    def _give_back(self, size: float) -> None:
        with self._lock:
            self._held -= size
