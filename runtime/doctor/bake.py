"""Compile everything the service calls into a directory that any process on this architecture can read.

For the build of an image: as root or the user who builds, in the place where the service will run. The result belongs
to that user and can be written by nobody else.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runtime import baked, configuration, ladder
from runtime.directories import refuse_as_cache
from runtime.doctor import exercise
from runtime.numba_cache import compilations
from runtime.numba_cache import faults as cache_faults

DIRECTORY_MODE, FILE_MODE = 0o755, 0o644


class BakeError(Exception):
    """The cache was not baked; the message says why and what to do."""


@dataclass(frozen=True)
class Baked:
    """What is in a freshly baked cache."""

    directory: Path
    compilations: int
    files: int
    size_bytes: int


def bake(directory: Path, task: Callable[[], None] | None) -> Baked:
    """Fill `directory`, created if need be, with what librosa and the warm-up's `task` compile. Raises BakeError."""
    directory = Path(os.path.abspath(directory))  # noqa: PTH100 — absolute, but with its links for the checks to see
    if ladder.jit_disabled_by(os.environ):
        raise BakeError("NUMBA_DISABLE_JIT is set: nothing would be compiled. Remove it and bake again.")
    if os.environ.get("NUMBA_CPU_NAME", baked.PORTABLE_CPU) != baked.PORTABLE_CPU:
        raise BakeError("NUMBA_CPU_NAME is set to one processor. Remove it: a baked cache must fit all of them.")
    if (why := refuse_as_cache(directory)) is not None:
        raise BakeError(f"{directory} cannot be used: {why}.")
    foreign = [entry.name for entry in directory.iterdir() if entry.name != baked.MANIFEST and not entry.is_dir()]
    if foreign:
        raise BakeError(f"{directory} holds other files ({foreign[0]}). Name a new or empty directory.")
    try:
        configuration.configure_for_baking(directory)
        exercise.librosa_parts()
        if task is not None:
            exercise.warmed_up(task)
        baked.write_manifest(directory)
    except (RuntimeError, OSError) as fault:
        raise BakeError(str(fault)) from fault
    if faults := cache_faults.recorded():
        raise BakeError(" ".join(map(str, faults)))
    files = _share(directory)
    return Baked(directory, compilations.counts()["compilations"], len(files), sum(f.stat().st_size for f in files))


def _share(directory: Path) -> list[Path]:
    """Let everybody read the tree and nobody else write it; its files."""
    files = []
    for folder, _, names in os.walk(directory):
        Path(folder).chmod(DIRECTORY_MODE)
        for name in names:
            file = Path(folder, name)
            file.chmod(FILE_MODE)
            files.append(file)
    return files
