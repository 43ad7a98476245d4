"""What this process may have of the machine: cores and memory, as its control groups, its affinity and the machine say.

In a container `os.cpu_count()` and /proc/meminfo speak of the host. Who believes them starts 64 threads on half a core,
and is killed without a word at a limit that it never asked for.

Control groups of version 2 and 1 (docs.kernel.org: cgroup-v2, cpu.max, memory.max; cgroup-v1, cpu.cfs_quota_us).
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GROUPS, OF_THIS_PROCESS, MEMINFO = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup"), Path("/proc/meminfo")
LARGEST_LIMIT = 2.0**60  # version 1 says "none" by a number of about 2^63


@dataclass(frozen=True)
class Group:
    """One group of one controller that this process is in. version : of control groups, 1 or 2."""

    folder: Path
    version: int

    def text(self, name: str) -> str:
        """What one of its files says. Raises OSError."""
        return (self.folder / name).read_text(encoding="ascii")


def groups(controller: str) -> Iterator[Group]:
    """The groups that bound this process's share of `controller`, from the innermost to the root."""
    try:
        lines = OF_THIS_PROCESS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            root, version = GROUPS, 2
        elif controller in controllers.split(","):
            root, version = _root_of(controllers, controller), 1
        else:
            continue
        group = root / path.lstrip("/")
        for folder in (group, *group.parents):  # in a container the inner ones are not to be seen: its root is theirs
            if folder.is_relative_to(root):
                yield Group(folder, version)


def _root_of(controllers: str, controller: str) -> Path:
    """Where a version-1 hierarchy is mounted: under all its names, or the one."""
    together = GROUPS / controllers
    return together if together.is_dir() else GROUPS / controller


def cores() -> int:
    """How many cores are worth asking for: those that we may run on, or the quota of processor time, rounded up."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([allowed, *(math.ceil(quota) for quota in _quotas())]))


def threads() -> int:
    """`THREADS` of the environment, if that is a number from 1 on; else the cores."""
    with contextlib.suppress(ValueError):
        return max(1, int(os.environ.get("THREADS", "")))
    return cores()


def _quotas() -> Iterator[float]:
    """In cores, of every group that has one."""
    for group in groups("cpu"):
        with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
            if group.version == 2:
                quota, period = group.text("cpu.max").split()  # "max 100000": no quota
            else:
                quota, period = group.text("cpu.cfs_quota_us"), group.text("cpu.cfs_period_us")  # -1: no quota
            if float(quota) > 0:
                yield float(quota) / float(period)


@dataclass(frozen=True)
class Memory:
    """Of one group that has a limit. used : without what is cached of files, which goes when it is needed."""

    limit_bytes: float
    used_bytes: float


def _limited() -> Iterator[Memory]:
    names = {
        2: ("memory.max", "memory.current", "inactive_file"),
        1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    }
    for group in groups("memory"):
        limit, used, cached = names[group.version]
        with contextlib.suppress(OSError, ValueError):
            most = float(group.text(limit))  # "max" is no number: no limit
            now = float(group.text(used))
            stat = dict(line.split() for line in group.text("memory.stat").splitlines())
            if most < LARGEST_LIMIT:
                yield Memory(most, max(0.0, now - float(stat.get(cached, 0))))


def _tightest() -> Memory | None:
    """The group with the least room left."""
    return min(_limited(), key=lambda memory: memory.limit_bytes - memory.used_bytes, default=None)


def memory_limit_bytes() -> float:
    """The most that this process and those beside it may take: of the tightest group, else of the machine."""
    found = _tightest()
    return min(found.limit_bytes if found else math.inf, _of_the_machine("MemTotal"))


def memory_used_bytes() -> float:
    """What is taken of `memory_limit_bytes`."""
    return max(0.0, memory_limit_bytes() - free_memory_bytes())


def free_memory_bytes() -> float:
    """What this process may still take: of the machine, and of every group."""
    left = [max(0.0, memory.limit_bytes - memory.used_bytes) for memory in _limited()]
    return min([_of_the_machine("MemAvailable"), *left])


def _of_the_machine(what: str) -> float:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return float(MEMINFO.read_text(encoding="ascii").split(f"{what}:")[1].split()[0]) * 1024
    return math.inf
