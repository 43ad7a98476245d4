"""Put the decision into numba, at the moment numba is imported.

Environment variables would do it too, but children inherit them, and a child that imports numba without this package on
its path would fail on the name of our locator. So numba's own `config` is set, directly after it has read the
environment, by a watcher of the import; and again whenever numba reads the environment again. What it may read
of that is the business of `runtime.environment`.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import IO, Any

from runtime.environment import mending
from runtime.environment.imports import Watching, found_behind

LOCATOR = "runtime.numba_cache.locator.Locator"


OnBroken = Callable[[str, Exception | None], None]
"""Told why numba cannot be used, and by which fault."""
CONFIG_FILE = ".numba_config.yaml"
"""Read by numba in whatever directory the process was started: `disable_jit: 1` there would stop every request."""


def _open_other_files(name: Any, *more: Any, **named: Any) -> IO[Any]:
    """`open`, as the module finds it that reads the file."""
    return io.StringIO() if name == CONFIG_FILE else open(name, *more, **named)  # noqa: PTH123


@dataclass(frozen=True)
class NumbaSettings:
    """What numba is told. `cpu_name` None means the processor of this machine."""

    cache_dir: str | None
    cpu_name: str | None
    disable_jit: bool

    def apply(self, config: Any) -> None:
        """Write the settings into `numba.core.config`."""
        config.CACHE_DIR = self.cache_dir or ""
        config.CACHE_LOCATOR_CLASSES = LOCATOR
        if self.disable_jit:
            config.DISABLE_JIT = 1
        if self.cpu_name is not None:
            config.CPU_NAME, config.CPU_FEATURES = self.cpu_name, ""


def keep_configured(config: Any, settings: NumbaSettings) -> None:
    """Apply `settings` now, and after each time numba reads the environment (it does when a variable changed)."""
    reloader = config._env_reloader
    plain = type(reloader).process_environ
    config._config_fname = os.devnull  # which is no file: there is none to be read

    def process_environ(_: dict[str, str]) -> None:
        plain(reloader, mending.of_numba(os.environ))
        settings.apply(config)

    reloader.process_environ = process_environ
    settings.apply(config)


def prepare(numba: Any, settings: NumbaSettings) -> None:
    """Give an imported numba our cache files, our counters and, where nothing may compile, its NumPy stand-ins."""
    from runtime.interpreted import ufuncs
    from runtime.numba_cache import compilations, patches

    patches.install()
    patches.key_gufunc_wrappers()
    compilations.listen()
    if settings.disable_jit:
        ufuncs.install(numba)


class NumbaWatcher(MetaPathFinder):
    """Lets the usual finders find numba, and sees to it while and after it is executed.

    A numba that is missing or cannot be imported is replaced by a stub; `on_broken` is told why.
    """

    def __init__(self, settings: NumbaSettings, on_broken: OnBroken) -> None:
        self._settings, self._on_broken = settings, on_broken

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find `numba` and `numba.core.config` as the other finders do; nothing else is our business."""
        if fullname not in ("numba", "numba.core.config"):
            return None
        execute = self._execute_numba if fullname == "numba" else self._execute_config
        spec = found_behind(self, fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = Watching(spec.loader, execute)
            return spec
        return ModuleSpec("numba", _Stub(self._on_broken)) if fullname == "numba" else None

    def _execute_config(self, loader: Loader, module: ModuleType) -> None:
        if Path(CONFIG_FILE).exists():
            mending.note(CONFIG_FILE, f"{CONFIG_FILE} in the working directory is not read.")
        vars(module)["open"] = _open_other_files
        try:
            loader.exec_module(module)
        finally:
            del vars(module)["open"]
        keep_configured(module, self._settings)

    def _execute_numba(self, loader: Loader, module: ModuleType) -> None:
        from runtime.interpreted import stub

        try:
            loader.exec_module(module)
        except Exception as fault:  # a wrong NumPy, a missing library: whatever it is, librosa must still import
            self._on_broken(f"numba cannot be imported ({fault!r})", fault)
            stub.fill(module)
        else:
            prepare(module, self._settings)


class _Stub(Loader):
    """The loader of the numba that is not there."""

    def __init__(self, on_missing: OnBroken) -> None:
        self._on_missing = on_missing

    def create_module(self, spec: ModuleSpec) -> None:  # noqa: ARG002 — the usual module will do
        return None

    def exec_module(self, module: ModuleType) -> None:
        from runtime.interpreted import stub

        self._on_missing("numba is not installed", None)
        stub.fill(module)


def install(settings: NumbaSettings, on_broken: OnBroken) -> None:
    """Have the settings in numba from its import on. For a numba that is not yet imported."""
    sys.meta_path.insert(0, NumbaWatcher(settings, on_broken))


def compiler_of_imported_numba() -> tuple[bool, bool]:
    """Of a numba that is already imported: is its compiler switched off, and has it settled on this very processor?

    Once its target is built, numba cannot be told another processor any more.
    """
    importlib.import_module("numba")  # waits, should another thread be in the middle of importing it
    config = importlib.import_module("numba.core.config")
    registry = importlib.import_module("numba.core.registry")
    context = vars(registry.cpu_target).get("_toplevel_target_context")
    return bool(config.DISABLE_JIT), context is not None and context.codegen()._tm_features != ""


def repair(settings: NumbaSettings) -> None:
    """Put the settings into a numba that is already imported."""
    keep_configured(importlib.import_module("numba.core.config"), settings)
    prepare(importlib.import_module("numba"), settings)
