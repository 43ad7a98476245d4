"""numba's cache made safe before librosa is imported, the warm-up, and what this process says about its own health.

    import runtime_setup

    runtime_setup.configure()       # before numba or librosa is imported; again does no harm
    runtime_setup.start_warm_up(task)   # after the server answers; task calls what visitors will call
    runtime_setup.health()          # for GET /health

From the command line this is the doctor: `python runtime_setup.py --help`.

Only the standard library is imported until `start_warm_up` or the doctor is asked to do more. Nothing here raises.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

if (HERE := str(Path(__file__).resolve().parent)) not in sys.path:  # with PYTHONSAFEPATH it is not
    sys.path.insert(0, HERE)

from runtime import blas_threads, configuration, directories, heap, resources, warm_up
from runtime.doctor import report
from runtime.environment import mending, process
from runtime.environment.mending import Note
from runtime.environment.table import NUMBERS
from runtime.numba_cache import compilations as _compilations
from runtime.numba_cache import faults
from runtime.numba_cache.faults import CacheWarning
from runtime.status import Mode, RuntimeStatus
from runtime.version import SYSTEM_NAME, VERSION

__all__ = [
    "NUMBERS",
    "SYSTEM_NAME",
    "VERSION",
    "CacheWarning",
    "Mode",
    "Note",
    "RuntimeStatus",
    "cache_warnings",
    "compilations",
    "configure",
    "cores",
    "diagnostics",
    "environment_notes",
    "free_memory_bytes",
    "health",
    "is_ready",
    "memory_limit_bytes",
    "memory_used_bytes",
    "note",
    "note_workers",
    "one_thread_meanwhile",
    "own_process",
    "private_directory",
    "restart_if_needed",
    "return_memory",
    "start_warm_up",
    "status",
    "threads",
    "wait_until_ready",
    "warm_up_status",
]


def configure() -> RuntimeStatus:
    """Choose where compiled code is kept and have numba follow, unless that was done. Safe from any thread."""
    return configuration.configure()


def status() -> RuntimeStatus:
    """The choice, with the warnings of everything that happened since. Configures when that was not done."""
    return configuration.status()


def cache_warnings() -> tuple[CacheWarning, ...]:
    """What went wrong with the cache after the start, by kind, each with its count."""
    return faults.recorded()


def compilations() -> int:
    """How many functions this process has compiled, those that numba compiles for itself included."""
    return _compilations.counts()["compilations"]


def own_process() -> None:
    """Say that this process is ours alone, before anything but the standard library is imported: the app, the command
    line, the doctor. What would stop a library is taken out of the environment for good, and matrix products stay on
    one core: recordings share the cores, not one recording's parts. The allocator keeps little of what is freed.

    Without it (`import pipeline` in somebody's program) the environment is mended while libraries are imported, and
    then put back.
    """
    process.mend()
    mending.mend()
    blas_threads.one()
    heap.keep_small()


def one_thread_meanwhile() -> AbstractContextManager[None]:
    """Around matrix products of ours in a process that may be somebody else's: they stay on one core."""
    return blas_threads.one_meanwhile()


def return_memory() -> None:
    """Give what the allocator keeps in reserve back to the system: after a recording, say."""
    heap.give_back()


def note_workers() -> None:
    """Before `own_process`, by an application that somebody else's server imports: say so if it starts several."""
    process.note_workers(sys.argv, os.environ)


def restart_if_needed() -> None:
    """Before `own_process`, by a program that may be started anew: for what only the interpreter's start can mend."""
    process.restart_if_needed()


def environment_notes() -> tuple[Note, ...]:
    """What was found in the environment, and what was done about it: a name and a sentence each."""
    return mending.notes()


def note(name: str, sentence: str, *, ok: bool = True) -> None:
    """Add to what log, doctor and diagnostics say of the environment. ok=False: somebody should act."""
    mending.note(name, sentence, ok=ok)


def private_directory(content: str) -> Path | None:
    """A directory that only this user can write, for one kind of content ("weights"); None where there is none.

    The user's cache directory, else one under the temporary directory; made and tried before it is returned.
    """
    candidates = (directories.user_cache_dir(os.environ, content), directories.temporary_cache_dir(content))
    return next((path for path in candidates if path and directories.refuse_as_cache(path) is None), None)


def threads() -> int:
    """How many threads may work on one recording: `THREADS`, by default as many as there are cores."""
    return resources.threads()


def cores() -> int:
    """How many cores are worth asking for: affinity and quota of processor time are known."""
    return resources.cores()


def memory_limit_bytes() -> float:
    """The most memory that this process and those beside it may take: of its control groups, else of the machine."""
    return resources.memory_limit_bytes()


def memory_used_bytes() -> float:
    """What is taken of `memory_limit_bytes`."""
    return resources.memory_used_bytes()


def free_memory_bytes() -> float:
    """What this process may still take: of the machine, and of its control groups."""
    return resources.free_memory_bytes()


def start_warm_up(task: Callable[[], None]) -> None:
    """Run `task`, which calls what the first visitor would wait for, in one background thread. Returns at once; once
    per process."""
    warm_up.start(task)


def is_ready() -> bool:
    """Whether the warm-up is done. After one that failed this stays False; requests work, but may have to compile."""
    return warm_up.is_ready()


def wait_until_ready(timeout_s: float) -> bool:
    """Wait until the warm-up has ended, well or not, for at most `timeout_s` seconds; whether it is done."""
    return warm_up.wait(timeout_s)


def warm_up_status() -> dict[str, Any]:
    """`state` ("not started", "running", "done" or "failed"), `seconds`, `compilations`, `cache_hits`, `error`."""
    return warm_up.status()


def health() -> dict[str, Any]:
    """What `/health` answers. No work is done for it: it may be called from an async route."""
    configuration.configure()
    return report.health()


def diagnostics(
    directories_in_use: Mapping[str, str | None] | None = None, denoiser: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What `/api/diagnostics` answers: versions, directories, warm-up, checks. No secrets."""
    return report.diagnostics(directories_in_use, denoiser)


def _doctor() -> int:
    """The command line. It exercises the enhancement, where that is there."""
    from importlib import import_module, util

    from runtime.doctor.main import main

    restart_if_needed()
    own_process()

    def enhance() -> None:
        import_module("pipeline.warm_up").kernels()

    return main(task=enhance if util.find_spec("pipeline") else None)


if __name__ == "__main__":
    import sys

    sys.exit(_doctor())
