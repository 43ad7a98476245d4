"""Let every cache of numba use our files, and let no fault of a cache reach whoever called the function.

numba has a way in for the place of its files (the locator), none for their reading and writing. So four methods are
wrapped and two names replaced, here and nowhere else:

- `Cache.load_overload`, `save_overload`: a fault is a miss and a warning; loads are counted.
- `Cache._index_key`, `_GufuncWrapper._compile_wrapper`: a gufunc consists of two files that must come from the same
  compilation, so the second is keyed by the name it expects in the first.
- `caching.IndexDataCacheFile`: our files. `caching.warnings`: what numba warns of its cache is counted.

Imports numba: only `hook` imports this module, when numba is being imported anyway.
"""

from __future__ import annotations

import contextlib
import importlib
import warnings
from collections.abc import Iterator
from typing import Any

from runtime.numba_cache.compilations import count
from runtime.numba_cache.faults import record
from runtime.numba_cache.files import LayeredCacheFile

caching: Any = importlib.import_module("numba.core.caching")  # numba gives no types


@contextlib.contextmanager
def _tolerant(kind: str, doing: str) -> Iterator[None]:
    try:
        yield
    except Exception as fault:  # OSError from the disk; from a damaged file whatever pickle, numba or LLVM raise
        record(kind, f"Compiled code cannot be {doing} ({fault!r}); it is used from memory instead.")


class _CountedWarnings:
    """Stands for the module `warnings` inside numba's caching module: what numba says about its cache is counted."""

    def warn(self, message: object, *_: object, **__: object) -> None:
        record(f"numba: {message}", f"numba: {message}")

    warn_explicit = warn

    def __getattr__(self, name: str) -> Any:
        return getattr(warnings, name)


def install() -> None:
    """Make every cache of numba use these files. Idempotent."""
    if caching.IndexDataCacheFile is LayeredCacheFile:
        return
    plain_load, plain_save = caching.Cache.load_overload, caching.Cache.save_overload
    plain_key = caching.Cache._index_key

    def load_overload(self: Any, sig: Any, target_context: Any) -> Any:
        found = None
        with _tolerant("load", f"loaded from {self.cache_path or 'the cache'}"):
            found = plain_load(self, sig, target_context)
        if found is not None:
            count("cache_hits")
        return found

    def save_overload(self: Any, sig: Any, data: Any) -> None:
        if issubclass(self._impl_class, caching.CodeLibraryCacheImpl):
            count("compilations")  # the wrapper of a gufunc: LLVM code without a pass of numba's
        with _tolerant("save", f"stored in {self.cache_path or 'the cache'}"):
            plain_save(self, sig, data)

    def index_key(self: Any, sig: Any, codegen: Any) -> Any:
        return (*plain_key(self, sig, codegen), *getattr(self, "expected_names", ()))

    caching.Cache.load_overload, caching.Cache.save_overload = load_overload, save_overload
    caching.Cache._index_key = index_key
    caching.IndexDataCacheFile = LayeredCacheFile
    caching.warnings = _CountedWarnings()


def key_gufunc_wrappers() -> None:
    """Let a cached gufunc wrapper be found only with the kernel it was compiled for. Idempotent."""
    wrappers: Any = importlib.import_module("numba.np.ufunc.wrappers")
    plain = wrappers._GufuncWrapper._compile_wrapper
    if getattr(plain, "keyed", False):
        return

    def compile_wrapper(self: Any, wrapper_name: str) -> Any:
        self.cache.expected_names = (wrapper_name,)
        return plain(self, wrapper_name)

    compile_wrapper.keyed = True  # type: ignore[attr-defined]
    wrappers._GufuncWrapper._compile_wrapper = compile_wrapper
