"""Run Python as a user without rights or a home, on the installed packages and a copy of this project.

Where the tests run as root, the user is `nobody`. It must be able to read the interpreter, the installed packages and
the project; of those that it cannot (an interpreter under /root, a checkout in a private directory) a copy of hard
links is made, which takes a second and no space. What was made under a strict umask is closed to it wherever it lies,
and is copied in full.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
NOBODY = 65534
TIMEOUT_S = 300

PRINT_STATE = """
import dataclasses, json, runtime_setup
print(json.dumps(dict(
    dataclasses.asdict(runtime_setup.status()),
    compilations=runtime_setup.compilations(),
    faults={w.kind: w.count for w in runtime_setup.cache_warnings()},
    **globals().get("seen", {}),
)))
"""

USE_LIBROSA = """
import runtime_setup
runtime_setup.configure()
import librosa, librosa.core.notation, librosa.core.audio, librosa.util, numpy as np
tone = np.sin(np.arange(2048, dtype=np.float32) / 8)
seen = dict(
    crossings=int(librosa.zero_crossings(tone).sum()),
    peaks=int(librosa.util.localmax(tone).sum()),
    fold=float(vars(librosa.core.notation)["__o_fold"](3.0)),
    power=float(np.sum(librosa.util.abs2(tone.astype(np.complex64)))),
)
"""
NOWHERE = """
import tempfile
tempfile.tempdir = "/proc"  # what a container with a read-only root leaves: no place at all
"""
EXPECTED = {"crossings": 82, "peaks": 41, "fold": 1.5}


def unprivileged() -> dict[str, Any]:
    """Arguments of `subprocess.run` that give up root's rights."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if AS_ROOT else {}


@dataclass(frozen=True)
class Sandbox:
    """An interpreter and a copy of the project that the user of the tests can read but not write."""

    python: Path
    home: Path | None
    packages: Path
    project: Path
    places: Path

    def environment(self, **extra: str) -> dict[str, str]:
        """No home, no cache, no NUMBA variable: what the poorest container offers, and `extra`."""
        paths = os.pathsep.join((str(self.project), str(self.packages)))
        base = {"PATH": os.defpath, "HOME": "/nonexistent", "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
        base["TMPDIR"] = str(self.places / "temporary")
        if self.home is not None:
            base |= {"PYTHONHOME": str(self.home), "LD_LIBRARY_PATH": str(self.home / "lib")}
        return base | extra

    def start(
        self, *arguments: str, as_root: bool = False, within: tuple[str, ...] = (), **environment: str
    ) -> subprocess.Popen[str]:
        """Start the interpreter with `arguments`, by the command `within` if there is one."""
        return subprocess.Popen(
            [*within, str(self.python), *arguments],
            env=self.environment(**environment),
            cwd="/",
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **({} if as_root else unprivileged()),
        )

    def run(
        self, *arguments: str, as_root: bool = False, within: tuple[str, ...] = (), **environment: str
    ) -> tuple[int, str, str]:
        """Exit status, output and errors of the interpreter run with `arguments`."""
        with self.start(*arguments, as_root=as_root, within=within, **environment) as process:
            output, errors = process.communicate(timeout=TIMEOUT_S)
        return process.returncode, output, errors

    def state(self, code: str = USE_LIBROSA, within: tuple[str, ...] = (), **environment: str) -> dict[str, Any]:
        """The runtime's status and what `code` has `seen`, after running it."""
        status, output, errors = self.run("-c", code + PRINT_STATE, within=within, **environment)
        assert status == 0, errors
        found = json.loads(output.splitlines()[-1])
        assert isinstance(found, dict)
        return found | {"log": errors}

    def place(self, name: str, mode: int = 0o700, like: Path | None = None) -> Path:
        """A new directory that belongs to the user, empty or a copy of `like`."""
        path = self.places / name
        if like is None:
            path.mkdir()
        else:
            shutil.copytree(like, path)
        give(path)
        path.chmod(mode)
        return path


def give(tree: Path) -> None:
    """Let `tree` belong to the user of the sandbox."""
    if AS_ROOT:
        for path in (tree, *tree.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def make_sandbox(base: Path) -> Sandbox:
    """Set the sandbox up below `base`, copying only what the user cannot read."""
    base.chmod(0o755)
    project = base / "project"
    project.mkdir()
    for part in ("runtime", "pipeline", "assets"):
        if (PROJECT / part).is_dir():
            _open_tree(PROJECT / part, project / part, "__pycache__", copy=_open_copy)
    _open_copy(str(PROJECT / "runtime_setup.py"), str(project / "runtime_setup.py"))
    places = base / "places"
    places.mkdir()
    places.chmod(0o755)
    (places / "temporary").mkdir(mode=0o700)
    give(places / "temporary")

    packages = Path(sysconfig.get_paths()["purelib"])
    if not _readable(packages):
        packages = _open_tree(packages, base / "packages")
    python, home = Path(sys.executable).resolve(), None
    if not _runs(python):
        home = base / "python"
        (home / "bin").mkdir(parents=True)
        python = Path(_link_or_copy(str(python), str(home / "bin" / python.name)))
        library = Path(sysconfig.get_paths()["stdlib"])
        _open_tree(library, home / "lib" / library.name, "site-packages", "test")
        for shared in library.parent.glob("libpython*.so*"):
            _link_or_copy(str(shared), str(home / "lib" / shared.name))
    return Sandbox(python, home, packages, project, places)


def _runs(python: Path) -> bool:
    try:
        command = [str(python), "-c", "import ssl, json"]
        return not AS_ROOT or subprocess.run(command, check=False, cwd="/", **unprivileged()).returncode == 0
    except PermissionError:
        return False


def _readable(path: Path) -> bool:
    """Whether every user can read what is in `path`; what lies deeper is taken to be as open as what it lies in."""
    reachable = all(place.stat().st_mode & stat.S_IXOTH for place in (path, *path.parents))
    return not AS_ROOT or (reachable and all(place.stat().st_mode & stat.S_IROTH for place in path.iterdir()))


def _link_or_copy(source: str, target: str) -> str:
    if Path(source).stat().st_mode & stat.S_IROTH:
        with contextlib.suppress(OSError):  # another file system
            os.link(source, target)
            return target
    return _open_copy(source, target)


def _open_copy(source: str, target: str) -> str:
    """A copy that everybody can read, and run if its owner can."""
    shutil.copy2(source, target)
    Path(target).chmod(0o755 if Path(source).stat().st_mode & stat.S_IXUSR else 0o644)
    return target


def _open_tree(source: Path, target: Path, *without: str, copy: Callable[[str, str], str] = _link_or_copy) -> Path:
    """A copy of all but `without`, file by file with `copy`, whose directories everybody can read."""
    shutil.copytree(source, target, copy_function=copy, symlinks=True, ignore=shutil.ignore_patterns(*without))
    for folder, _, _ in os.walk(target):
        Path(folder).chmod(0o755)
    return target
