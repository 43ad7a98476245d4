"""What is counted as compiled."""

from __future__ import annotations

import contextlib
import importlib
from types import SimpleNamespace
from typing import Any

import pytest

import runtime_setup
from runtime.numba_cache import compilations


@pytest.mark.parametrize(("kind", "counted"), [("CodeLibraryCacheImpl", 1), ("CompileResultCacheImpl", 0)])
def test_the_wrapper_of_a_gufunc_counts_when_it_is_stored(kind: str, counted: int) -> None:
    """It is LLVM code that no pass of numba's tells of; of functions, the passes do."""
    runtime_setup.configure()
    importlib.import_module("numba")
    caching: Any = importlib.import_module("numba.core.caching")
    stored = []
    cache = SimpleNamespace(
        _impl_class=type("Ours", (getattr(caching, kind),), {}),  # numba makes one for each kind of wrapper
        cache_path="here",
        _guard_against_spurious_io_errors=contextlib.nullcontext,
        _save_overload=lambda *given: stored.append(given),
    )
    before = compilations.counts()["compilations"]
    caching.Cache.save_overload(cache, "signature", "code")
    assert compilations.counts()["compilations"] - before == counted
    assert stored == [("signature", "code")]
