"""A copy of the checkout in which one mutation at a time is tried."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .places import Mutation

FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)  # a test's name may have spaces


@dataclass(frozen=True)
class Verdict:
    """by : the test that noticed, or how else it showed."""

    noticed: bool
    by: str


class Tree:
    """The files that git knows and new ones that it does not ignore, with compiled code, to start quickly.

    place : of the copy. The tests to ask are those in it: for one that was written in the checkout since, pytest finds
        no file, and ends as if it had noticed.
    """

    def __init__(self, root: Path, place: Path) -> None:
        self.place = place
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
        for name in filter(None, names):
            if (root / name).is_file():
                (place / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, place / name)
        bake = [sys.executable, "runtime_setup.py", "--bake", ".numba_baked"]
        subprocess.run(bake, cwd=place, capture_output=True, check=True)

    def try_out(self, mutation: Mutation, tests: list[str], timeout_s: float) -> Verdict:
        """Whether one of the test files fails, or does not end, with the mutation in place."""
        path = self.place / mutation.path
        kept = path.read_bytes()
        path.write_bytes(mutation.source)
        try:
            status, output = self._pytest(["-x", *tests], timeout_s)
        finally:
            path.write_bytes(kept)
        if status is None:
            return Verdict(True, "time-out")
        first = FAILED.search(output)
        return Verdict(status != 0, first[1] if first else f"exit status {status}")

    def failing(self, tests: Iterable[str]) -> list[str]:
        """Those of `tests` that fail in the copy as it is; all of them, where pytest cannot try them."""
        if not (known := sorted(tests)):
            return []
        status, output = self._pytest(known, 3600)
        return FAILED.findall(output) if status in (0, 1) else known

    def _pytest(self, arguments: list[str], timeout_s: float) -> tuple[int | None, str]:
        """Exit status (None: it took too long) and output."""
        command = [sys.executable, "-X", "utf8", "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
        with subprocess.Popen(
            command, cwd=self.place, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:  # fmt: skip
            try:
                output = process.communicate(timeout=timeout_s)[0]
                return process.returncode, output
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return None, process.communicate()[0]
