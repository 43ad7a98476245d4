"""Where numba looks for the compiled code of a function, through its official `NUMBA_CACHE_LOCATOR_CLASSES`.

numba's own locators must write before they may read, and if none of them can, decorating a function raises. This one
always has an answer: the directories of `place`, or nowhere at all.

Imports numba: numba imports this module by the name that `hook` gives it.
"""

from __future__ import annotations

import importlib
import os
import secrets
from pathlib import Path
from typing import Any

from runtime.directories import distrust, make_private
from runtime.numba_cache import place
from runtime.numba_cache.files import LayeredPath

caching: Any = importlib.import_module("numba.core.caching")  # numba gives no types


class Locator(caching._SourceFileBackedLocatorMixin, caching._CacheLocator):  # type: ignore[misc]
    """One function's place in the caches of this process."""

    def __init__(self, py_func: Any, py_file: str) -> None:
        self._py_file = py_file
        self._lineno = py_func.__code__.co_firstlineno

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> Locator:
        """Always succeed: a function without a place is compiled in memory."""
        return cls(py_func, py_file)

    def get_cache_path(self) -> LayeredPath:
        """Both directories of this function; neither when its source is not a file (a notebook, an archive)."""
        if not Path(self._py_file).is_file():
            return LayeredPath(None, None)
        folder, here = self.get_suitable_cache_subpath(self._py_file), place.current()
        writable, baked = (root and os.path.join(root, folder) for root in (here.writable, here.baked))  # noqa: PTH118
        return LayeredPath(writable, baked)

    def ensure_cache_path(self) -> None:
        """Make the writable directory, also after someone removed it. Raises OSError if it is not ours alone."""
        path = self.get_cache_path().writable
        if path is None:
            return
        make_private(Path(path))
        for directory in (Path(path).parent, Path(path)):
            if (why := distrust(directory)) is not None:
                raise PermissionError(f"{directory}: {why}")

    def get_source_stamp(self) -> Any:
        """A hash of the source; of a source that cannot be read, something that never comes again."""
        try:
            return super().get_source_stamp()
        except OSError:
            return secrets.token_bytes(32)
