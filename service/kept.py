"""Work that is kept, so that a slider moved afterwards does not cost everything again: whose it is, and how much.

A recording is known by its content, and to its visitor alone: nobody can find out, by how quick an answer is, what
another one has sent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from pipeline.cache.store import Store
from pipeline.cache.work import RecordingCache

from .config import Config
from .room import free_bytes, is_in_memory
from .storage import Storage

PART_OF_FREE = 0.25  # of the disk's free room, that one file may take
PIECE = 1 << 20


def store(config: Config, storage: Storage) -> Store:
    """An empty one beside uploads and results. What needs a file is not kept where that would take memory."""

    def has_room(size: float) -> bool:
        try:
            return not is_in_memory(storage.root) and size < PART_OF_FREE * free_bytes(storage.root)
        except OSError:
            return False

    made = Store(storage.root, config.cache_bytes, has_room)
    storage.on_sweep.append(made.sweep)
    storage.on_close.append(made.clear)
    return made


def recording(
    kept: Store, source: Path, more: tuple[object, ...], whole: bool, check: Callable[[], None] = lambda: None
) -> RecordingCache | None:
    """The place of a recording; None where nothing is kept.

    more : visitor, track, stretch; whole : all of the recording is wanted
    check : called at every piece that is read; what it raises passes through
    """
    if kept.is_off:
        return None
    return RecordingCache(kept, (_digest(source, check) if whole else _place(source), *more))


def _digest(source: Path, check: Callable[[], None]) -> bytes:
    digest = hashlib.sha256()
    with source.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            check()
    return digest.digest()


def _place(source: Path) -> tuple[object, ...]:
    """The very file: nobody who wants its first ten seconds waits until all of it is read."""
    found = source.stat()
    return str(source), found.st_size, found.st_mtime_ns
