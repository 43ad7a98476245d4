"""Which rung of the ladder this process stands on.

    1 environment   NUMBA_CACHE_DIR, if set and trustworthy
    2 baked         made with the image, or by others and named by NUMBA_CACHE_DIR; only read, the rest goes to 3 or 4
    3 user          the user's cache directory
    4 temporary     a private directory under the temporary directory
    5 memory        compile in memory, store nothing
    6 interpreted   NUMBA_DISABLE_JIT=1, or no numba: compile nothing

A baked cache is read on rung 1 as well. Every refusal is a warning that names the reason, and the next rung is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import util
from pathlib import Path

from runtime.baked import baked_dir, refuse_baked
from runtime.directories import refuse_as_cache, temporary_cache_dir, user_cache_dir
from runtime.status import RUNGS, Mode, Refusal, RuntimeStatus

CACHE_DIR, BAKED = "NUMBA_CACHE_DIR", "the baked cache"
SET_CACHE_DIR = (
    "Set NUMBA_CACHE_DIR to an absolute directory that belongs to the user of this process and that nobody else can "
    "write (mode 0700), or bake the cache into the image: python runtime_setup.py --bake DIR."
)


def jit_disabled_by(environ: Mapping[str, str]) -> bool:
    """Whether `NUMBA_DISABLE_JIT` switches the compiler off, read as numba reads it: a number other than 0."""
    try:
        return int(environ.get("NUMBA_DISABLE_JIT", "0")) != 0
    except ValueError:
        return False


def interpreted(
    reason: str, warnings: tuple[str, ...], suggestion: str, refusals: tuple[Refusal, ...] = ()
) -> RuntimeStatus:
    """The last rung: nothing is compiled, so no directory is needed."""
    return RuntimeStatus(
        mode="interpreted",
        rung=RUNGS["interpreted"],
        cache_dir=None,
        baked_dir=None,
        reason=reason,
        warnings=warnings,
        refusals=refusals,
        suggestions=(suggestion,),
        jit_disabled=True,
    )


def decide(environ: Mapping[str, str], *, use_baked: bool = True) -> RuntimeStatus:
    """Take the ladder. Directories may be created and probed; nothing is imported; nothing is raised."""
    if jit_disabled_by(environ):
        return interpreted(
            "NUMBA_DISABLE_JIT is set: nothing is compiled, NumPy versions do the work",
            (),
            "Remove NUMBA_DISABLE_JIT unless you are debugging: enhancement is slower without compiled code.",
        )
    if util.find_spec("numba") is None:
        return interpreted(
            "numba is not installed: nothing is compiled, NumPy versions do the work",
            ("numba is not installed.",),
            "Install the requirements again: pip install -r requirements.txt.",
        )
    warnings: list[str] = []
    if environ.get("NUMBA_DISABLE_JIT", "0").strip() not in ("", "0"):
        warnings.append("NUMBA_DISABLE_JIT is not a number and is ignored; use 1 to switch the compiler off.")
    if environ.get("NUMBA_CACHE_LOCATOR_CLASSES"):
        warnings.append("NUMBA_CACHE_LOCATOR_CLASSES is replaced by this program's own locator.")

    refusals: list[Refusal] = []
    baked = baked_dir(environ) if use_baked else None
    if baked is not None and (why := refuse_baked(baked, environ)) is not None:
        refusals.append(Refusal(str(baked), why, BAKED))
        baked = None
    mode, cache, reason, refused = _writable(environ)
    named = environ.get(CACHE_DIR)
    if use_baked and baked is None and mode != "environment" and named and refuse_baked(Path(named), environ) is None:
        baked = Path(named)  # it holds a whole cache that nobody here can write: made for being read
        refused = [one for one in refused if one.named_by != CACHE_DIR]
    # Beside a baked cache a writable one is a bonus: only the directory that somebody named is missed.
    refusals += refused if baked is None else [one for one in refused if one.named_by == CACHE_DIR]

    suggestions: tuple[str, ...] = ()
    if baked is not None and mode != "environment":
        mode = "baked"
        reason = "compiled code is read from the cache made with this image; what it lacks is compiled in memory"
        if cache:
            reason = f"compiled code is read from the cache made with this image; the rest goes to {cache}"
    elif mode in ("temporary", "memory") or (mode != "environment" and named):
        suggestions = (SET_CACHE_DIR,)
    return RuntimeStatus(
        mode=mode,
        rung=RUNGS[mode],
        cache_dir=None if cache is None else str(cache),
        baked_dir=None if baked is None else str(baked),
        reason=reason,
        warnings=(*warnings, *map(str, refusals)),
        refusals=tuple(refusals),
        suggestions=suggestions,
        cache_writable=cache is not None,
    )


def _writable(environ: Mapping[str, str]) -> tuple[Mode, Path | None, str, list[Refusal]]:
    """The first directory that may hold our code, by mode, with the reason, and those before it that may not."""
    refused: list[Refusal] = []
    named = environ.get(CACHE_DIR)
    candidates: tuple[tuple[Mode, Path | None, str], ...] = (
        ("environment", Path(named) if named else None, CACHE_DIR),
        ("user", user_cache_dir(environ), "the user's cache directory"),
        ("temporary", temporary_cache_dir(), "a private directory under the temporary directory"),
    )
    for mode, path, what in candidates:
        if path is None:
            continue
        why = refuse_as_cache(path)
        if why is None:
            return mode, path, f"compiled code is kept in {what}", refused
        refused.append(Refusal(str(path), why, CACHE_DIR if mode == "environment" else ""))
    reason = "no directory can be written: code is compiled in memory and lost when the process ends"
    return "memory", None, reason, refused
