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

STUB_VERSION = "0+unavailable"
"""The version of the numba that stands in for one that cannot be imported."""


@dataclass(frozen=True)
class Refusal:
    """A directory that somebody named, or that we would have liked, and why it does not serve.

    named_by : the environment variable that names it, or "the baked cache", or "" for one that nobody named
    """

    path: str
    why: str
    named_by: str = ""

    def __str__(self) -> str:
        named = f"{self.named_by[:1].upper()}{self.named_by[1:]}" if self.named_by else self.path
        if self.named_by and "@" not in self.path:  # else it may be an address with a password
            named += f" {self.path}"
        return f"{named} is not used: {self.why}."


@dataclass(frozen=True)
class RuntimeStatus:
    """Where compiled code is kept, why there, and what to do about it.

    `cache_dir` is written to, `baked_dir` only read; either may be missing. `rung` is the place of `mode` on the
    ladder, 1 (best) to 6. `refusals` are the directories that did not serve; each is among the `warnings`, too.
    `suggestions` speak to the person who runs the service.
    """

    mode: Mode
    rung: int
    cache_dir: str | None
    baked_dir: str | None
    reason: str
    warnings: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    suggestions: tuple[str, ...] = ()
    jit_disabled: bool = False
    cache_writable: bool = False
    numba_imported_before: bool = False
