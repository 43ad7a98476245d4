"""A cache made when the image was built: shared, read-only, and only good for the very software it was made with.

numba looks up compiled code by signature, processor and byte code. If any of what the manifest records differs, every
lookup would miss, silently; so a cache that does not fit is refused with the difference named.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from importlib import metadata, util
from pathlib import Path

from runtime.directories import distrust_tree

MANIFEST = "manifest.json"
PORTABLE_CPU = "generic"
"""numba's name for any processor of an architecture; it leaves the list of features out of the keys as well."""


def project_root() -> Path:
    """The directory that holds this package."""
    return Path(__file__).resolve().parent.parent


def _home_of(package: str) -> str | None:
    spec = util.find_spec(package)  # of a top-level package: nothing is imported
    return None if spec is None or spec.origin is None else str(Path(spec.origin).parent)


def version_of(distribution: str) -> str | None:
    """The installed version, from its metadata: nothing is imported. None if it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def fingerprint() -> dict[str, str | None]:
    """Everything that must be equal where a cache is made and where it is read."""
    return {
        "python": f"{platform.python_implementation()} {sys.version_info.major}.{sys.version_info.minor}",
        "system": platform.system(),
        "machine": platform.machine(),
        "numba": version_of("numba"),
        "llvmlite": version_of("llvmlite"),
        "numpy": version_of("numpy"),
        "librosa": version_of("librosa"),
        "librosa_at": _home_of("librosa"),  # numba names a function's files by a hash of the place of its source
        "project_at": str(project_root()),
        "cpu_name": PORTABLE_CPU,
    }


def write_manifest(directory: Path) -> None:
    """Record in `directory` what it was made with. Raises OSError."""
    (directory / MANIFEST).write_text(json.dumps(fingerprint(), indent=2) + "\n", encoding="utf-8")


def baked_dir(environ: Mapping[str, str]) -> Path | None:
    """The baked cache this process should read: `NUMBA_BAKED_CACHE_DIR`, else `.numba_baked` beside the app."""
    named = environ.get("NUMBA_BAKED_CACHE_DIR")
    if named:
        return Path(named)
    usual = project_root() / ".numba_baked"
    return usual if usual.is_dir() else None


def refuse_baked(directory: Path, environ: Mapping[str, str]) -> str | None:
    """Why the baked cache in `directory` must not or cannot serve this process; None if it can."""
    if not directory.is_absolute():
        return "its path is not absolute"
    if not os.path.lexists(directory):
        return "it does not exist"
    if (reason := distrust_tree(directory)) is not None:
        return reason
    return _misfit(directory, environ)


def _shown(entry: object) -> str:
    """What a manifest says; ours holds texts and null alone."""
    return repr(entry) if entry is None or isinstance(entry, str) else f"a {type(entry).__name__}"


def _misfit(directory: Path, environ: Mapping[str, str]) -> str | None:
    """What differs between this process and the one that made the cache in `directory`; None if nothing does."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        return f"its {MANIFEST} cannot be read ({fault})"
    if not isinstance(manifest, dict):
        return f"its {MANIFEST} is not an object"
    for what, here in fingerprint().items():
        if manifest.get(what) != here:
            return f"it was made with {what} {_shown(manifest.get(what))}, here it is {here!r}"
    cpu = environ.get("NUMBA_CPU_NAME")
    if cpu and cpu != PORTABLE_CPU:
        return f"it was made for CPU {PORTABLE_CPU!r}, but NUMBA_CPU_NAME asks for {cpu!r}"
    return None
