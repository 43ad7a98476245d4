"""A small disk for an app: a tmpfs in a mount namespace of its own, which a process keeps while apps come and go."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.conftest import PROJECT, Server, start_server

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
MOUNT = 'mount -t tmpfs -o size="$1",mode=0755 soak "$2" && echo mounted && exec sleep infinity'
ENTER = """
import os, sys
holder, as_root, project = sys.argv[1:4]
user = [] if as_root == "1" else ["--user", "--preserve-credentials"]
os.execvp("nsenter", ["nsenter", "--target", holder, "--mount", *user, sys.executable, project + "/app.py"])
"""


@dataclass(frozen=True)
class SmallDisk:
    """folder : where it is mounted, as the app sees it; seen : the same place from outside."""

    holder: int
    folder: Path

    @property
    def seen(self) -> Path:
        return Path(f"/proc/{self.holder}/root{self.folder}")

    def start(self, place: Path, **environment: str) -> Server:
        """The app, with its storage on this disk."""
        place.mkdir(exist_ok=True)
        command = ("-c", ENTER, str(self.holder), "1" if AS_ROOT else "0", str(PROJECT))
        server = start_server(place, *command, **{"GRADIO_TEMP_DIR": str(self.folder), **environment})
        return replace(server, files=self.seen)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Until the end, not one byte more can be written."""
        filler = self.seen / "filler"
        try:
            with filler.open("wb", buffering=0) as file:
                for size in (1 << 20, 1 << 12, 1):
                    while True:
                        try:
                            if not file.write(b"x" * size):
                                break
                        except OSError:
                            break
            yield
        finally:
            filler.unlink()


def can_be_made() -> bool:
    """Mounts of one's own are the kernel's to give; CI runs where it does, and takes a skipped test as a fault."""
    if sys.platform != "linux" or not all(map(shutil.which, ("unshare", "nsenter", "mount"))):
        return False
    command = [*_unshare(), "mount", "-t", "tmpfs", "probe", "/mnt"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _unshare() -> list[str]:
    return ["unshare", "--mount", *([] if AS_ROOT else ["--map-root-user"])]


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[SmallDisk]:
    """Mounted at `folder`, gone at the end."""
    folder.mkdir()
    command = [*_unshare(), "sh", "-c", MOUNT, "sh", str(size_bytes), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "mounted\n"
            yield SmallDisk(holder.pid, folder)
        finally:
            holder.kill()
