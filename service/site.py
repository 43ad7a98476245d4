"""What one running site consists of: its configuration, its storage, and the line of those who wait."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from .admission import AdmissionQueue
from .config import Config
from .storage import Storage

ASSETS = Path(__file__).resolve().parent.parent / "assets"
EXAMPLES = ASSETS / "examples"
CREDITS = EXAMPLES / "CREDITS.md"
EXAMPLE_SUFFIXES = {".flac", ".wav", ".mp3", ".ogg"}


@dataclass(frozen=True)
class Site:
    """A value: making it changes nothing in the process or on the disk."""

    config: Config = field(default_factory=Config.from_environ)
    storage: Storage = field(default_factory=Storage.choose)
    queue: AdmissionQueue = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "queue", AdmissionQueue(self.config.workers, self.config.queue_size))

    def may_open(self, path: str | os.PathLike[str]) -> bool:
        """Only what a visitor gave to this server, and the examples; each under its one plain name."""
        return self.storage.owns(path) or os.fspath(path) in map(str, examples())


def examples() -> list[Path]:
    """The example clips that are there."""
    if not EXAMPLES.is_dir():
        return []
    return sorted(path for path in EXAMPLES.iterdir() if path.suffix in EXAMPLE_SUFFIXES)
