"""How much room there is for a recording's temporary files: on the disk, or in memory where the disk is memory.

A directory on a tmpfs (`docker run --tmpfs /tmp`) takes the memory that the container may have. Whoever fills it is
killed without a word, so it is asked first.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import runtime_setup

from .ledger import MB, RoomError

IN_MEMORY = {"tmpfs", "ramfs"}
# What nobody may take, for small things and for others: so much, or of a small disk a part.
RESERVE_BYTES, RESERVED_PART = 64 * MB, 1 / 20


def free_bytes(folder: Path) -> float:
    """What may still be written below `folder`."""
    free = float(shutil.disk_usage(folder).free)
    return min(free, runtime_setup.free_memory_bytes()) if is_in_memory(folder) else free


def check_disk(folder: Path, size: float) -> None:
    """Raises RoomError if there is no room below `folder` for `size` bytes more."""
    free = free_bytes(folder)
    if free < size + min(RESERVE_BYTES, RESERVED_PART * shutil.disk_usage(folder).total):
        raise RoomError(
            f"This needs {size / MB:.0f} MB of the server's disk, and {max(0.0, free) / MB:.0f} MB are free."
            if size
            else "The server's disk is full.",
            suggestion="Try again later, or use a shorter recording.",
        )


def is_full(folder: Path) -> bool:
    """Whether nothing more would be taken; cheap."""
    try:
        check_disk(folder, 0)
    except (RoomError, OSError):  # a disk that cannot be asked takes nothing either
        return True
    return False


def is_in_memory(folder: Path, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Whether what is written below `folder` is kept in memory (proc(5), mountinfo)."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        return False
    best, kind = "", ""
    for line in lines:
        before, _, after = line.partition(" - ")
        point = before.split()[4].encode().decode("unicode_escape")  # a space is written \040
        if folder.is_relative_to(point) and len(point) >= len(best):
            best, kind = point, after.split()[0]
    return kind in IN_MEMORY
