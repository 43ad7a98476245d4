"""What one running site consists of: its configuration, its storage, and the line of those who wait."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore

import runtime_setup
from pipeline.cache.store import Store
from pipeline.files.limits import Limits

from . import kept
from .config import Config
from .ledger import RoomError
from .line.admission import AdmissionQueue
from .line.pace import Pace
from .line.shares import Shares
from .operation.drain import Drain
from .operation.tally import Tally
from .room import check_disk
from .storage import Storage

ASSETS = Path(__file__).resolve().parent.parent / "assets"
EXAMPLES = ASSETS / "examples"
CREDITS = EXAMPLES / "CREDITS.md"
LONGEST_IN_LINE = 4  # recordings of the largest size that may be in the line together, served ones among them
SHORT_S = 15.0  # work of less has a lane of its own, where there is memory for one more
MEMORY_FOR_SHORT = 384 * 2**20
EXAMPLE_SUFFIXES = {".flac", ".wav", ".mp3", ".ogg"}


@dataclass(frozen=True)
class Site:
    """A value: making it changes nothing in the process or on the disk.

    unheard : work that was asked for and that nobody has listened to yet
    looking : who looks into recordings that are not served yet
    pace : how long work takes here
    drain : how it stops
    tally : what it has done
    cache : work that is kept for the next settings
    """

    config: Config = field(default_factory=Config.from_environ)
    storage: Storage = field(default_factory=Storage.choose)
    queue: AdmissionQueue = field(init=False)
    cache: Store = field(init=False)
    drain: Drain = field(init=False)
    unheard: Shares = field(default_factory=lambda: Shares(each=64, every=256))
    looking: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(2))

    pace: Pace = field(default_factory=Pace)
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        most_work = LONGEST_IN_LINE * Limits.from_environment().max_decoded_bytes
        line = AdmissionQueue(self.config.workers, self.config.queue_size, most_work, self._short_work)
        object.__setattr__(self, "queue", line)
        object.__setattr__(self, "cache", kept.store(self.config, self.storage))
        object.__setattr__(self, "drain", Drain(self.config.drain_s))
        # Whoever may send one recording of the largest size must also get its results.
        self.storage.ledger.bound(self.config.max_storage_bytes, 4 * self.config.max_upload_bytes)

    def make_room(self, size: float) -> None:
        """For so many bytes on the disk, if need be of what is kept. Raises RoomError."""
        try:
            check_disk(self.storage.root, size)
        except RoomError:
            self.cache.clear()
            check_disk(self.storage.root, size)

    def _short_work(self) -> float:
        """In bytes of samples; none where two at a time would not fit."""
        return self.pace.work_bytes(SHORT_S) if runtime_setup.free_memory_bytes() > MEMORY_FOR_SHORT else 0.0

    def may_open(self, path: str | os.PathLike[str]) -> bool:
        """Only what a visitor gave to this server, and the examples; each under its one plain name."""
        return self.storage.owns(path) or os.fspath(path) in map(str, examples())


def examples() -> list[Path]:
    """The example clips that are there."""
    if not EXAMPLES.is_dir():
        return []
    return sorted(path for path in EXAMPLES.iterdir() if path.suffix in EXAMPLE_SUFFIXES)
