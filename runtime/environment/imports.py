"""The environment mended around imports, in a process that is not ours: `import pipeline` in somebody's program.

A library reads the environment when it is imported, which may be long after us: so each import is watched, and nothing
is changed before or after. Where nothing is to be mended, nothing is changed at all.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from . import mending

# Those that the pipeline imports, and what they bring.
WATCHED = {
    "av", "fsspec", "httpx", "huggingface_hub", "joblib", "librosa", "llvmlite", "numba", "numpy", "pooch", "requests",
    "platformdirs", "scipy", "sklearn", "soundfile", "soxr", "threadpoolctl", "tqdm",
}  # fmt: skip


class Watching(Loader):
    """Another loader, with something to do while and after its module is executed."""

    def __init__(self, loader: Loader, execute: Callable[[Loader, ModuleType], None]) -> None:
        self._loader, self._execute = loader, execute

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the other loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Hand the module over; it never hears of us."""
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._execute(self._loader, module)


def found_behind(
    finder: MetaPathFinder, fullname: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    """What the finders behind this one find, as the import would without it; None if that cannot be executed."""
    for other in sys.meta_path[sys.meta_path.index(finder) + 1 :]:
        spec = other.find_spec(fullname, path, target) if hasattr(other, "find_spec") else None
        if spec is not None and spec.loader is not None:
            return spec
    return None


class EnvironmentWatcher(MetaPathFinder):
    """Mends the environment while one of the watched libraries, or a part of it, is executed."""

    def __init__(self) -> None:
        self._inside = threading.local()  # what they import is executed within

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As the other finders do; what is not watched is not our business."""
        if fullname.partition(".")[0] not in WATCHED or getattr(self._inside, "now", False):
            return None
        spec = found_behind(self, fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = Watching(spec.loader, self._execute)
        return spec

    def _execute(self, loader: Loader, module: ModuleType) -> None:
        self._inside.now = True
        try:
            with mending.mended():
                loader.exec_module(module)
        finally:
            self._inside.now = False


def watch() -> None:
    """From now on. Again does no harm."""
    if not any(isinstance(finder, EnvironmentWatcher) for finder in sys.meta_path):
        sys.meta_path.insert(0, EnvironmentWatcher())
