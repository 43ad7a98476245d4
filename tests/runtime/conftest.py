"""The sandbox, and two caches made once: one of librosa's parts, one baked with everything the service calls."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numba  # noqa: F401  (before a test imports runtime.numba_cache.files, which is made to be imported by it)
import pytest

from tests.runtime.sandbox import EXPECTED, Sandbox, make_sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    base = Path(tempfile.mkdtemp(prefix="runtime-tests-"))  # not pytest's: that is closed to other users
    try:
        yield make_sandbox(base)
    finally:
        shutil.rmtree(base)


@pytest.fixture(scope="session")
def warm_cache(sandbox: Sandbox) -> Path:
    """A per-user cache in which all that USE_LIBROSA calls is compiled; tests work on copies."""
    path = sandbox.place("warm")
    state = sandbox.state(NUMBA_CACHE_DIR=str(path))
    assert state["mode"] == "environment"
    assert state["compilations"] > 0
    assert EXPECTED.items() <= state.items()
    return path


@pytest.fixture(scope="session")
def baked_cache(sandbox: Sandbox) -> Path:
    """A cache baked by the command, by the user who runs the tests."""
    path = sandbox.project / "baked"
    status, output, errors = sandbox.run(str(sandbox.project / "runtime_setup.py"), "--bake", str(path), as_root=True)
    assert status == 0, output + errors
    return path
