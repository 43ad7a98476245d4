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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runtime import blas_threads, configuration, directories, heap, warm_up
from runtime.doctor import report
from runtime.numba_cache import compilations as _compilations
from runtime.numba_cache import faults
from runtime.numba_cache.faults import CacheWarning
from runtime.status import Mode, RuntimeStatus
from runtime.version import SYSTEM_NAME, VERSION

__all__ = [
    "SYSTEM_NAME",
    "VERSION",
    "CacheWarning",
    "Mode",
    "RuntimeStatus",
    "cache_warnings",
    "compilations",
    "configure",
    "diagnostics",
    "health",
    "is_ready",
    "keep_memory_small",
    "one_core_per_recording",
    "private_directory",
    "return_memory",
    "start_warm_up",
    "status",
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


def one_core_per_recording() -> None:
    """Keep matrix products on one core, unless the environment says otherwise. Before NumPy is imported, by whoever
    owns the process: recordings share the cores, not one recording's parts."""
    blas_threads.one()


def keep_memory_small() -> None:
    """Have the allocator keep little of what is freed. Before threads are started, by whoever owns the process."""
    heap.keep_small()


def return_memory() -> None:
    """Give what the allocator keeps in reserve back to the system: after a recording, say."""
    heap.give_back()


def private_directory(content: str) -> Path | None:
    """A directory that only this user can write, for one kind of content ("weights"); None where there is none.

    The user's cache directory, else one under the temporary directory; made and tried before it is returned.
    """
    candidates = (directories.user_cache_dir(os.environ, content), directories.temporary_cache_dir(content))
    return next((path for path in candidates if path and directories.refuse_as_cache(path) is None), None)


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

    def enhance() -> None:
        import_module("pipeline.warm_up").kernels()

    return main(task=enhance if util.find_spec("pipeline") else None)


if __name__ == "__main__":
    import sys

    sys.exit(_doctor())
