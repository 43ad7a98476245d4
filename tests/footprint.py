"""What a running app takes: memory, threads, descriptors, children, files; and whether its log is in order."""

from __future__ import annotations

import contextlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.conftest import Server

PATIENCE_S = 30  # generous: until what was let go is gone
WARM_UP_S = 400  # generous: it compiles, and may find nothing compiled
CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")


@dataclass(frozen=True)
class Footprint:
    """Of the process itself; `files` and `stored_bytes` of its storage."""

    rss_bytes: int
    threads: int
    descriptors: int
    children: int
    files: int
    stored_bytes: int


def footprint(server: Server) -> Footprint:
    """As it is now."""
    place = Path(f"/proc/{server.process.pid}")
    rss_pages = int((place / "statm").read_text().split()[1])
    sizes = []
    for path in server.kept():
        with contextlib.suppress(FileNotFoundError):
            sizes.append(path.stat().st_size)
    return Footprint(
        rss_pages * os.sysconf("SC_PAGE_SIZE"), len(list((place / "task").iterdir())),
        len(list((place / "fd").iterdir())), len(children(server.process.pid)), len(sizes), sum(sizes),
    )  # fmt: skip


def children(pid: int) -> list[int]:
    """Processes that a process has started, and not yet waited for."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += map(int, (task / "children").read_text().split())
    return found


def warmed_up(server: Server) -> None:
    """Wait until it has compiled and imported all that it ever will."""
    deadline = time.monotonic() + WARM_UP_S
    while time.monotonic() < deadline:
        if httpx.get(f"{server.url}/api/diagnostics", timeout=60).json()["warm_up"]["state"] != "running":
            return
        time.sleep(0.5)
    raise AssertionError("the warm-up does not end")


def settled(server: Server, most: Footprint | None = None) -> Footprint:
    """When it is at rest: not above `most`, or after `PATIENCE_S`; without `most`, when it has stayed the same."""
    deadline = time.monotonic() + PATIENCE_S
    before, now = None, footprint(server)
    while time.monotonic() < deadline:
        if most is not None and not above(now, most):
            return now
        if most is None and before == now:
            return now
        time.sleep(0.5)
        before, now = now, footprint(server)
    return now


def above(now: Footprint, most: Footprint) -> dict[str, tuple[int, int]]:
    """What is more than it may be: (now, most)."""
    pairs = {name: (getattr(now, name), getattr(most, name)) for name in vars(most)}
    return {name: pair for name, pair in pairs.items() if pair[0] > pair[1]}


class Log:
    """The app's log, read as it grows. forged : how a line begins that only a visitor would write."""

    def __init__(self, path: Path, forged: str = "no line begins so") -> None:
        self._path, self._forged, self._at = path, forged.encode(), path.stat().st_size

    def size_bytes(self) -> int:
        return self._path.stat().st_size

    def news(self) -> bytes:
        """What was written since the last look."""
        with self._path.open("rb") as file:
            file.seek(self._at)
            found = file.read()
        self._at += len(found)
        return found

    def faults(self, text: bytes) -> list[str]:
        """What must not be in it: tracebacks, control characters, lines that a visitor has begun."""
        found = []
        if b"Traceback (most recent call last)" in text:
            found.append(f"a traceback: {_excerpt(text[text.index(b'Traceback') :])}")
        if (control := CONTROL.search(text)) is not None:
            found.append(f"a control character: {text[max(0, control.start() - 80) : control.end() + 40]!r}")
        if re.search(rb"^" + re.escape(self._forged), text, re.MULTILINE):
            found.append("a line that a visitor wrote")
        return found


def _excerpt(text: bytes) -> str:
    """The last call of ours or of the libraries, and the fault."""
    lines = text.decode(errors="replace").splitlines()
    end = next((k for k, line in enumerate(lines[1:], 1) if line and not line.startswith((" ", "|"))), len(lines) - 1)
    return " / ".join(line.strip()[-140:] for line in lines[max(0, end - 2) : end + 1])
