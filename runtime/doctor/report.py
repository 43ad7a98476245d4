"""`/health` and `/api/diagnostics`: shapes that others rely on, made without work that could block a server."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runtime import baked, configuration, directories, resources, warm_up
from runtime.doctor import checks
from runtime.environment import mending
from runtime.status import RUNGS, RuntimeStatus
from runtime.version import SYSTEM_NAME, VERSION

ENVIRONMENT = ("PORT", "NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT")
"""The only environment variables that are ever shown: the others may hold secrets."""

LIBRARIES = {
    "librosa": "librosa",
    "llvmlite": "llvmlite",
    "numpy": "numpy",
    "scipy": "scipy",
    "soundfile": "soundfile",
    "soxr": "soxr",
    "av": "av",
    "joblib": "joblib",
    "matplotlib": "matplotlib",
    "gradio": "gradio",
    "safetensors": "safetensors",
    "huggingface_hub": "huggingface_hub",
}


def encodable(found: Any) -> Any:
    """The same with every text such that UTF-8 can say it: a path of the environment may hold any bytes."""
    if isinstance(found, str):
        return found.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(found, dict):
        return {name: encodable(value) for name, value in found.items()}
    return [encodable(value) for value in found] if isinstance(found, list) else found


def is_degraded() -> bool:
    """Whether someone should act: nothing can be kept (rung 5), nothing is compiled (6), or the warm-up failed.

    A temporary directory (4) is well, with a suggestion: it costs one slow start per boot, not one per process.
    """
    return (
        configuration.status().rung >= RUNGS["memory"]
        or warm_up.status()["state"] == "failed"
        or not all(note.ok for note in mending.notes())
    )


def shown_cache_dir(status: RuntimeStatus) -> str | None:
    """The directory to show where one is asked for: the one written, else the baked one."""
    return status.cache_dir or status.baked_dir


def health() -> dict[str, Any]:
    """What `/health` answers: one look at the status and one at a directory; nothing is written or imported."""
    status = configuration.status()
    cache = encodable(shown_cache_dir(status))
    return {
        "status": "degraded" if is_degraded() else "healthy",
        "system": SYSTEM_NAME,
        "version": VERSION,
        "timestamp": datetime.now(UTC).isoformat(),
        "ready": warm_up.is_ready(),
        "config": {
            "numba_cache_dir": cache,
            "numba_cache_exists": cache is not None and Path(status.cache_dir or status.baked_dir or "").is_dir(),
            "numba_jit_enabled": not status.jit_disabled,
        },
    }


def diagnostics(
    directories_in_use: Mapping[str, str | None] | None = None, denoiser: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What `/api/diagnostics` answers. The app names its directories and its denoiser."""
    status = configuration.status()
    found = checks.run_checks()
    well = all(check["ok"] for check in found) and not is_degraded()
    answer = {
        "status": "ok" if well else "degraded",
        "platform": {
            "python": platform.python_version(),
            "implementation": platform.python_implementation(),
            "system": platform.system(),
            "release": platform.release(),
            "machine": platform.machine(),
            "cpu_count": os.cpu_count(),
            "cores": resources.cores(),
            "user_id": directories.current_uid(),
        },
        "libraries": {
            "numba": {
                "version": baked.version_of("numba"),
                "cache_dir": shown_cache_dir(status),
                "baked_dir": status.baked_dir,
                "jit_disabled": status.jit_disabled,
                "cache_writable": status.cache_writable,
                "mode": status.mode,
                "rung": status.rung,
                "reason": status.reason,
                "warnings": list(status.warnings),
                "suggestions": list(status.suggestions),
            },
            **{name: {"version": baked.version_of(distribution)} for name, distribution in LIBRARIES.items()},
        },
        "directories": {name: (directories_in_use or {}).get(name) for name in ("uploads", "outputs", "spectrograms")},
        "environment": {name: os.environ.get(name) for name in ENVIRONMENT},
        "warm_up": warm_up.status(),
        "denoiser": dict(denoiser or {}),
        "checks": found,
    }
    shown: dict[str, Any] = encodable(answer)
    return shown
