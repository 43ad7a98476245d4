"""The checks of the diagnostics: each looks at one thing, quickly, without importing anything heavy or raising."""

from __future__ import annotations

import math
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import util
from pathlib import Path
from typing import Any

from runtime import baked, configuration, directories, resources, warm_up
from runtime.environment import mending
from runtime.numba_cache import faults as cache_faults
from runtime.status import STUB_VERSION

OLDEST_PYTHON = (3, 11)
LOW_DISK_MB = 200
LOW_MEMORY_MB = 500
CHOOSE_AGAIN = "Mend what the detail names, or remove the variable."
REINSTALL = "Install the requirements again: pip install -r requirements.txt."


@dataclass(frozen=True)
class Check:
    """One thing looked at: is it well, what was seen, and what to do about it (empty when nothing)."""

    name: str
    ok: bool
    detail: str
    suggestion: str = ""


def run_checks() -> list[dict[str, Any]]:
    """Every check, as the diagnostics show them."""
    return [asdict(check) for check in _all()]


def _all() -> Iterator[Check]:
    for name, look in CHECKS.items():
        try:
            ok, detail, suggestion = look()
        except Exception as fault:  # a check that cannot look is a finding, not a failure of the diagnostics
            ok, detail, suggestion = False, f"cannot be examined ({fault!r})", "Report this as a bug."
        yield Check(name, ok, detail, suggestion)
    yield from _environment()


def _environment() -> Iterator[Check]:
    """One check for each thing that the environment says and that could not stay."""
    found = mending.notes()
    for note in found:
        yield Check(f"environment: {note.name}", note.ok, note.sentence, "" if note.ok else CHOOSE_AGAIN)
    if not found:
        yield Check("environment", True, "nothing in it is ignored")


Finding = tuple[bool, str, str]


def _finding(ok: object, detail: str, suggestion: str) -> Finding:
    """What to do is said only when something is to be done."""
    return bool(ok), detail, "" if ok else suggestion


def _python() -> Finding:
    here = ".".join(map(str, sys.version_info[:3]))
    return _finding(sys.version_info[:2] >= OLDEST_PYTHON, here, "Use Python 3.11, 3.12 or 3.13.")


def _numba() -> Finding:
    version = baked.version_of("numba")
    loaded = sys.modules.get("numba")
    if version is None or getattr(loaded, "__version__", None) == STUB_VERSION:
        status = configuration.status()  # which knows why it cannot be imported
        advice = REINSTALL if version is None else " ".join(status.suggestions) or REINSTALL
        return False, "; ".join(status.warnings) or "not installed", advice
    return True, f"{version}, {'imported' if loaded else 'not imported yet'}", ""


def _librosa() -> Finding:
    version = baked.version_of("librosa")
    if version is None or util.find_spec("librosa") is None:
        return False, "not installed", REINSTALL
    loaded = "librosa.core.audio" in sys.modules  # librosa itself loads its parts lazily
    return True, f"{version}, {'imported' if loaded else 'not imported yet'}", ""


def _cache_directory() -> Finding:
    status = configuration.status()
    detail = f"rung {status.rung} ({status.mode}): {status.reason}"
    for directory in filter(None, (status.cache_dir, status.baked_dir)):
        detail += f"; {directory}"
    good = status.cache_dir is not None or status.baked_dir is not None or status.jit_disabled
    gone = status.cache_dir is not None and not Path(status.cache_dir).is_dir()
    if gone:
        return False, f"{status.cache_dir} has disappeared", "Restart the service to choose a directory again."
    refused = [str(refusal) for refusal in status.refusals]
    if refused and any(os.environ.get(name) for name in ("NUMBA_CACHE_DIR", "NUMBA_BAKED_CACHE_DIR")):
        good = False  # somebody chose a place, and it is not the one in use
    return good, " ".join([detail, *refused]), " ".join(status.suggestions) or ("" if good else CHOOSE_AGAIN)


def _cache_permissions() -> Finding:
    status = configuration.status()
    refused = [str(d) for d in (status.cache_dir, status.baked_dir) if d]
    for directory in refused:
        why = directories.distrust(Path(directory), root_may_own=directory == status.baked_dir)
        if why is not None:
            return False, f"{directory}: {why}", f"chown it to the user of this process and chmod 700 {directory}."
    return True, "nobody else can write it" if refused else "no directory in use", ""


def _cache_faults() -> Finding:
    faults = cache_faults.recorded()
    detail = " ".join(map(str, faults)) or "none"
    return _finding(not faults, detail, "Check space and permissions of the cache directory; if in doubt, delete it.")


def _jit() -> Finding:
    status = configuration.status()
    detail = status.reason if status.jit_disabled else "enabled"
    return _finding(not status.jit_disabled, detail, " ".join(status.suggestions))


def _warm_up() -> Finding:
    status = warm_up.status()
    detail = status["state"]
    if status["state"] == "done":
        seconds, compiled, cached = status["seconds"], status["compilations"], status["cache_hits"]
        detail = f"done in {seconds} s, {compiled} compiled, {cached} from the cache"
    elif status["error"]:
        detail = f"{detail}: {status['error']}"
    return _finding(status["state"] != "failed", detail, "See the log for the traceback; run python runtime_setup.py.")


def _temporary() -> str | None:
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:  # none of the usual places can be written
        return None


def _disk(directory: str | None) -> Finding:
    """The disk that a directory lies on; each is asked for itself, for each may be another."""
    if directory is None:
        return True, "nothing is stored", ""
    free_mb = shutil.disk_usage(directory).free // 2**20
    return _finding(free_mb >= LOW_DISK_MB, f"{free_mb} MB free in {directory}", f"Free some space in {directory}.")


def _decoder() -> Finding:
    version = baked.version_of("av")
    found = version is not None and util.find_spec("av") is not None
    return _finding(
        found, f"PyAV {version}" if found else "PyAV is not installed: no recording can be enhanced", REINSTALL
    )


def _libsndfile() -> Finding:
    version = baked.version_of("soundfile")
    found = version is not None and util.find_spec("soundfile") is not None
    loaded = sys.modules.get("soundfile")
    detail = f"soundfile {version}" + (f", libsndfile {loaded.__libsndfile_version__}" if loaded else "")
    return _finding(found, detail if found else "soundfile is not installed", REINSTALL)


def _temporary_directory() -> Finding:
    directory = _temporary()
    usable = directory is not None and os.access(directory, os.W_OK | os.X_OK)
    return _finding(
        usable,
        directory or "no directory can be written",
        "Point TMPDIR to a directory that this process can write; uploads go there.",
    )


def _memory() -> Finding:
    free, limit = resources.free_memory_bytes(), resources.memory_limit_bytes()
    if math.isinf(free):
        return True, "not known on this system", ""
    return _finding(
        free >= LOW_MEMORY_MB * 2**20,
        f"{free / 2**20:.0f} of {limit / 2**20:.0f} MB available",
        "Give the service 1 GB, and four times what the samples of its longest recording fill.",
    )


CHECKS: dict[str, Callable[[], Finding]] = {
    "python": _python,
    "numba": _numba,
    "librosa": _librosa,
    "cache directory": _cache_directory,
    "cache permissions": _cache_permissions,
    "cache faults": _cache_faults,
    "JIT": _jit,
    "warm-up": _warm_up,
    "disk of the cache": lambda: _disk(configuration.status().cache_dir),
    "disk of temporary files": lambda: _disk(_temporary()),
    "decoder": _decoder,
    "libsndfile": _libsndfile,
    "temporary directory": _temporary_directory,
    "memory": _memory,
}
