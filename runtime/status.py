"""How this process runs numba: the one answer that logs, routes, page and doctor all print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["environment", "baked", "user", "temporary", "memory", "interpreted"]

RUNGS: dict[Mode, int] = {
    "environment": 1,
    "baked": 2,
    "user": 3,
    "temporary": 4,
    "memory": 5,
    "interpreted": 6,
}


@dataclass(frozen=True)
class RuntimeStatus:
    """Where compiled code is kept, why there, and what to do about it.

    `cache_dir` is written to, `baked_dir` only read; either may be missing. `rung` is the place of `mode` on the
    ladder, 1 (best) to 6. `suggestions` speak to the person who runs the service.
    """

    mode: Mode
    rung: int
    cache_dir: str | None
    baked_dir: str | None
    reason: str
    warnings: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    jit_disabled: bool = False
    cache_writable: bool = False
    numba_imported_before: bool = False
