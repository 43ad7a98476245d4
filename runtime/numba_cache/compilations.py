"""How much this process compiled, and how much it found already compiled.

numba's own event for a compilation is silent about ufuncs, and most of librosa's compile time is ufuncs. The event of
the compiler's passes is not: every function that becomes machine code, numba's own included, is lowered once.
"""

from __future__ import annotations

import importlib
import threading
from typing import Any

LOWERING = ("native_lowering", "object_mode_back_end")

_lock = threading.Lock()
_counts = {"compilations": 0, "cache_hits": 0}


def count(what: str) -> None:
    """Add one to "compilations" or "cache_hits"."""
    with _lock:
        _counts[what] += 1


def counts() -> dict[str, int]:
    """Functions compiled and functions loaded from a cache, since numba was imported."""
    with _lock:
        return dict(_counts)


def listen() -> None:
    """Count from now on. numba must be importable."""
    event: Any = importlib.import_module("numba.core.event")

    class Listener(event.Listener):  # type: ignore[misc]
        def on_start(self, event: Any) -> None:
            if event.data["name"].startswith(LOWERING):  # "pass_name [function]"
                count("compilations")

        def on_end(self, event: Any) -> None:
            pass

    event.register("numba:run_pass", Listener())
