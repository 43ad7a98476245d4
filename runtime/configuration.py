"""The decision, taken once per process, and the status everybody asks for."""

from __future__ import annotations

import logging
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

from runtime import baked, ladder
from runtime.environment import imports
from runtime.numba_cache import faults, hook, place
from runtime.status import Refusal, RuntimeStatus

log = logging.getLogger(__name__)

REINSTALL = "Install the requirements again: pip install -r requirements.txt."
ALLOW_CODE = (
    "This system lets nobody run code that was just made. All works, more slowly; to let numba compile, allow it for "
    "this service (systemd: MemoryDenyWriteExecute=no; SELinux: execmem)."
)

_lock = threading.RLock()
_decided: RuntimeStatus | None = None


def configure() -> RuntimeStatus:
    """Take the ladder, unless that was done, and prepare numba. Never raises; safe from any thread."""
    with _lock:
        if _decided is None:
            imports.watch()
            _adopt(ladder.decide(os.environ))
        return status()


def configure_for_baking(directory: Path) -> RuntimeStatus:
    """Keep all compiled code in `directory`, for any processor of this architecture.

    Raises RuntimeError when numba is already in use: what it has compiled would be missing.
    """
    with _lock:
        if _decided is not None or "numba" in sys.modules:
            raise RuntimeError("The cache must be baked by a fresh process; run python runtime_setup.py --bake DIR.")
        reason = "compiled code is baked into this directory"
        baking = RuntimeStatus("environment", 1, str(directory), None, reason, cache_writable=True)
        _adopt(baking, cpu_name=baked.PORTABLE_CPU)
        return baking


def current() -> RuntimeStatus:
    """The decision without what happened since."""
    return _decided if _decided is not None else configure()


def status() -> RuntimeStatus:
    """The decision and every warning since. Configures when that was not done."""
    decided = current()
    late = tuple(str(warning) for warning in faults.recorded())
    return replace(decided, warnings=decided.warnings + late) if late else decided


def _adopt(decided: RuntimeStatus, cpu_name: str | None = None) -> None:
    """Make `decided` the status of this process and tell numba. Called once, under the lock."""
    global _decided  # noqa: PLW0603 — one decision per process, as numba has one configuration per process
    before = "numba" in sys.modules
    if before:
        decided = _fit_imported_numba(decided)
    _decided = decided
    place.choose(place.Place(decided.cache_dir, decided.baked_dir))
    settings = hook.NumbaSettings(
        cache_dir=decided.cache_dir or decided.baked_dir,
        cpu_name=baked.PORTABLE_CPU if decided.baked_dir else cpu_name,
        disable_jit=decided.jit_disabled,
    )
    if before:
        hook.repair(settings)
    else:
        hook.install(settings, _give_up_compiling)
    log.info("numba runtime: rung %d (%s), %s", decided.rung, decided.mode, decided.reason)
    for warning in decided.warnings:
        log.warning("%s", warning)
    for suggestion in decided.suggestions:
        log.info("%s", suggestion)


def _fit_imported_numba(decided: RuntimeStatus) -> RuntimeStatus:
    """The decision as far as it can still be carried out in a numba that was imported before us."""
    warnings = ["numba was imported before runtime_setup.configure(); its configuration was repaired."]
    jit_off, cpu_chosen = hook.compiler_of_imported_numba()
    if jit_off and not decided.jit_disabled:
        decided = ladder.interpreted(
            "numba's compiler was switched off before this program was configured",
            decided.warnings,
            "Do not set numba.config.DISABLE_JIT unless you are debugging.",
            decided.refusals,
        )
    if cpu_chosen and decided.baked_dir is not None:
        refusal = Refusal(decided.baked_dir, "numba had already chosen its processor", ladder.BAKED)
        warnings.append(str(refusal))
        decided = ladder.decide(os.environ, use_baked=False)
        decided = replace(decided, refusals=(*decided.refusals, refusal))
    if decided.jit_disabled and "librosa" in sys.modules:
        warnings.append("librosa was imported earlier too: what it has loaded of itself stays as it is.")
    return replace(decided, warnings=(*decided.warnings, *warnings), numba_imported_before=True)


def is_refused_memory(fault: Exception | None) -> bool:
    """Whether the system refuses memory that can be written and executed (SELinux, seccomp, PaX)."""
    return isinstance(fault, (PermissionError, MemoryError)) or "executable memory" in str(fault)


def _give_up_compiling(reason: str, fault: Exception | None = None) -> None:
    """numba turned out to be unusable while it was imported: stand on the last rung from now on."""
    global _decided  # noqa: PLW0603
    with _lock:
        old = current()
        if old.jit_disabled and old.warnings:
            return
        log.warning("%s; nothing is compiled.", reason)
        _decided = replace(
            ladder.interpreted(
                f"{reason}: nothing is compiled, NumPy versions do the work",
                (*old.warnings, f"{reason}."),
                ALLOW_CODE if is_refused_memory(fault) else REINSTALL,
                old.refusals,
            ),
            numba_imported_before=old.numba_imported_before,
        )
        place.choose(place.Place())
