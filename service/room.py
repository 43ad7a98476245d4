"""How much room there is for a recording's temporary files: on the disk, or in memory where the disk is memory.

A directory on a tmpfs (`docker run --tmpfs /tmp`) takes the memory that the container may have. Whoever fills it is
killed without a word, so it is asked first.
"""

from __future__ import annotations

import contextlib
import math
import shutil
from collections.abc import Iterator
from pathlib import Path

from .ledger import MB, RoomError

IN_MEMORY = {"tmpfs", "ramfs"}
# What nobody may take, for small things and for others: so much, or of a small disk a part.
RESERVE_BYTES, RESERVED_PART = 64 * MB, 1 / 20
CGROUPS = Path("/sys/fs/cgroup")


def free_bytes(folder: Path) -> float:
    """What may still be written below `folder`."""
    free = float(shutil.disk_usage(folder).free)
    return min(free, free_memory_bytes()) if is_in_memory(folder) else free


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


def free_memory_bytes() -> float:
    """What this process may still take: of the machine, and of its control groups (v2 and v1)."""
    return min([_of_the_machine(), *_of_groups()])


def _of_the_machine() -> float:
    with contextlib.suppress(OSError, ValueError, IndexError):
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        return float(text.split("MemAvailable:")[1].split()[0]) * 1024
    return math.inf


def _of_groups() -> Iterator[float]:
    """For every group above this process that has a limit. What is cached of files is free: it goes when needed."""
    for folder, limit, used, cached in _groups():
        with contextlib.suppress(OSError, ValueError):
            most = float((folder / limit).read_text(encoding="ascii"))  # "max" is no number: no limit
            now = float((folder / used).read_text(encoding="ascii"))
            stat = dict(line.split() for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines())
            yield max(0.0, most - now + float(stat.get(cached, 0)))


def _groups() -> Iterator[tuple[Path, str, str, str]]:
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if number == "0" and not controllers:
            root, names = CGROUPS, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            root, names = CGROUPS / "memory", ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        group = root / path.lstrip("/")
        for folder in (group, *group.parents):
            if folder.is_relative_to(root):
                yield folder, *names
