"""The sandbox, and two caches made once: one of librosa's parts, one baked with everything the service calls."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numba  # noqa: F401  (before a test imports runtime.numba_cache.files, which is made to be imported by it)
import pytest

from tests.environment import made_once
from tests.runtime.sandbox import EXPECTED, Sandbox, make_sandbox


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """One for all processes of a run; it goes with the run."""
    base = made_once("sandbox", _make)
    return Sandbox(
        **{name: path and Path(path) for name, path in json.loads((base / "about.json").read_text()).items()}
    )


def _make(base: Path) -> None:
    base.mkdir()
    made = make_sandbox(base)
    about = {name: path and str(path) for name, path in asdict(made).items()}
    (base / "about.json").write_text(json.dumps(about))


@pytest.fixture(scope="session")
def warm_cache(sandbox: Sandbox) -> Path:
    """A per-user cache in which all that USE_LIBROSA calls is compiled; tests work on copies."""

    def warm(_: Path) -> None:
        state = sandbox.state(NUMBA_CACHE_DIR=str(sandbox.place("warm")))
        assert state["mode"] == "environment"
        assert state["compilations"] > 0
        assert EXPECTED.items() <= state.items()

    made_once("warm-cache", warm)
    return sandbox.places / "warm"


@pytest.fixture(scope="session")
def baked_cache(sandbox: Sandbox) -> Path:
    """A cache baked by the command, by the user who runs the tests."""
    path = sandbox.project / "baked"

    def bake(_: Path) -> None:
        script = str(sandbox.project / "runtime_setup.py")
        status, output, errors = sandbox.run(script, "--bake", str(path), as_root=True)
        assert status == 0, output + errors

    made_once("baked-cache", bake)
    return path
