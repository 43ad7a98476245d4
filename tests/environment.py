"""A known environment: what a developer's shell, home and temporary directory hold decides no test.

Only the variables named here survive, so that nobody has to list all those that Python, NumPy, numba, Matplotlib,
Gradio, pip or a browser read. Processes that tests start inherit what is left.
"""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import filelock

KEPT = {"PATH", "LD_LIBRARY_PATH", "CHROMIUM", "STRESS", "STRESS_SEED"}
KEPT_PREFIXES = ("PYTEST_", "COVERAGE_", "COV_CORE_")
COLOURS = {"NO_COLOR", "FORCE_COLOR", "PY_COLORS"}  # how pytest's own output looks is the developer's business
PLACE = "PYTEST_SPEECH_PLACE"  # where the processes of one run find what one of them has made for all
LONGEST_BASE = 33  # letters; the path of a browser's socket below it may have a hundred
SET = {"LANG": "C.UTF-8", "TZ": "UTC", "COLUMNS": "80"}


def make_known() -> None:
    """Give this process its environment; before anything of ours is imported, which may read it at once."""
    if os.name == "nt":  # nothing runs there without the system's many variables
        return
    place = Path(os.environ[PLACE]) if os.environ.get(PLACE) else _new_place()
    temporary = place / "tmp"
    if PLACE in os.environ:  # the home is one for all: what one has compiled, no other need compile
        temporary = Path(tempfile.mkdtemp(prefix="t-", dir=place))
        temporary.chmod(0o755)
    known = {name: value for name, value in os.environ.items() if _is_kept(name)}
    known |= SET | {"HOME": str(place / "home"), "TMPDIR": str(temporary), PLACE: str(place)}
    known |= {"PLAYWRIGHT_BROWSERS_PATH": _browsers()}
    os.environ.clear()
    os.environ.update(known)
    os.umask(0o022)
    tempfile.tempdir = None  # found anew, where TMPDIR says
    time.tzset()


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """What `make` makes at the path that it is given, once in a run: whichever process needs it first, makes it."""
    folder = Path(os.environ[PLACE]) if PLACE in os.environ else Path(tempfile.gettempdir())
    path, done = folder / name, folder / f"{name}.made"
    with filelock.FileLock(folder / f"{name}.lock"):
        if not done.exists():
            make(path)
            done.touch()
    return path


def forget_colours() -> None:
    """Remove what pytest was to see, and the tests are not."""
    for name in COLOURS:
        os.environ.pop(name, None)


def _is_kept(name: str) -> bool:
    return name in KEPT | COLOURS or name.startswith(KEPT_PREFIXES)


def _browsers() -> str:
    """Where Playwright keeps the browsers that it has downloaded for this developer."""
    home = os.path.expanduser("~")  # noqa: PTH111 (pathlib raises where the user has none)
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path(home, ".cache"))
    if sys.platform == "darwin":
        caches = Path(home, "Library", "Caches")
    return os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or str(caches / "ms-playwright")


def _new_place() -> Path:
    """A home and a temporary directory for this run alone, removed at its end (pytest's --basetemp keeps files)."""
    usual = Path(tempfile.gettempdir()).resolve()
    base = next(filter(_suits, (usual, Path("/tmp").resolve(), Path("/var/tmp").resolve())), usual)
    place = Path(tempfile.mkdtemp(prefix="speech-", dir=base))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    place.chmod(0o755)
    for name, mode in (("home", 0o700), ("tmp", 0o755)):
        (place / name).mkdir()
        (place / name).chmod(mode)
    return place


def _suits(base: Path) -> bool:
    """Whether `base` is short, can be a part of PYTHONPATH, and is in order."""
    return len(str(base)) <= LONGEST_BASE and os.pathsep not in str(base) and in_order(base)


def in_order(folder: Path) -> bool:
    """Whether every user may pass through `folder`, as the sandbox must, and none exchange what we put there."""
    for place in (folder, *folder.parents):
        if not place.is_dir():
            return False
        info = place.stat()
        exchangeable = info.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not info.st_mode & stat.S_ISVTX
        if exchangeable or info.st_uid not in (0, os.geteuid()) or not info.st_mode & stat.S_IXOTH:
            return False
    return True
