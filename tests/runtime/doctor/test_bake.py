"""A cache baked by one user serves another, on another processor, with nothing left to compile."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest

from runtime import baked
from tests.runtime.sandbox import NOWHERE, Sandbox

ANOTHER_PROCESSOR = """
import llvmlite.binding as llvm
class Features(dict):
    def flatten(self, sort=True):
        return "-avx,-avx2,+sse2"
llvm.get_host_cpu_name = lambda: "core2"
llvm.get_host_cpu_features = lambda: Features()
"""
WARM_UP = """
import runtime_setup
from pipeline import warm_up
runtime_setup.start_warm_up(warm_up.kernels)
runtime_setup.wait_until_ready(200)
seen = dict(warm_up=runtime_setup.warm_up_status(), health=runtime_setup.health())
"""
ENHANCE = """
import numpy as np
from pipeline import Audio, Settings, enhance
from pipeline.settings import Denoise
noise = np.random.default_rng(0).standard_normal((6, 32_000)).astype(np.float32) * np.float32(0.1)
seen["denoisers"] = [
    enhance(Audio(noise[:channels], 16_000), Settings(denoise=Denoise(method=method))).report.denoiser
    for method in ("neural", "spectral") for channels in (1, 2, 6)
]
"""


def test_another_user_on_another_processor_compiles_nothing(sandbox: Sandbox, baked_cache: Path) -> None:
    code = NOWHERE + ANOTHER_PROCESSOR + WARM_UP + ENHANCE
    state = sandbox.state(code, NUMBA_BAKED_CACHE_DIR=str(baked_cache))
    assert (state["mode"], state["rung"], state["cache_dir"]) == ("baked", 2, None)
    assert state["warm_up"]["state"] == "done", state["warm_up"]
    assert state["warm_up"]["compilations"] == state["compilations"] == 0
    assert state["warm_up"]["cache_hits"] > 0
    assert state["denoisers"] == ["neural"] * 3 + ["spectral"] * 3
    assert (state["faults"], state["warnings"]) == ({}, [])
    assert state["health"]["ready"]
    assert state["health"]["status"] == "healthy"
    assert state["health"]["config"]["numba_cache_dir"] == str(baked_cache)
    assert state["health"]["config"]["numba_cache_exists"]


def test_everybody_may_read_it_and_only_its_owner_write(baked_cache: Path) -> None:
    for path in (baked_cache, *baked_cache.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o755 if path.is_dir() else 0o644), path


def test_the_manifest_says_what_it_was_made_with(baked_cache: Path) -> None:
    manifest = json.loads((baked_cache / baked.MANIFEST).read_text())
    assert {"python", "numba", "llvmlite", "librosa", "machine", "cpu_name"} <= set(manifest)
    assert manifest["cpu_name"] == "generic"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "baked"
    path.mkdir(mode=0o755)
    baked.write_manifest(path)
    (path / baked.MANIFEST).chmod(0o644)
    return path


def test_a_cache_that_fits_is_taken(made: Path) -> None:
    assert baked.refuse_baked(made, {}) is None


@pytest.mark.parametrize(
    "what", ["python", "numba", "llvmlite", "librosa", "machine", "librosa_at", "project_at", "cpu_name"]
)
def test_a_cache_that_does_not_fit_is_refused_with_the_difference(made: Path, what: str) -> None:
    manifest = json.loads((made / baked.MANIFEST).read_text())
    (made / baked.MANIFEST).write_text(json.dumps(manifest | {what: "other"}))
    assert f"made with {what} 'other'" in str(baked.refuse_baked(made, {}))


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "cannot be read"), ("{", "cannot be read"), ("[]", "not an object"), ("{}", "made with")],
)
def test_a_cache_without_a_sound_manifest_is_refused(made: Path, content: str | None, reason: str) -> None:
    (made / baked.MANIFEST).unlink()
    if content is not None:
        (made / baked.MANIFEST).write_text(content)
    assert reason in str(baked.refuse_baked(made, {}))


def test_a_cache_that_others_can_write_is_refused(made: Path) -> None:
    (made / "sub").mkdir()
    (made / "sub").chmod(0o777)
    assert "other users can write it" in str(baked.refuse_baked(made, {}))
    shutil.rmtree(made)
    assert baked.refuse_baked(made, {}) == "it does not exist"


def test_another_processor_asked_for_is_a_misfit(made: Path) -> None:
    assert "NUMBA_CPU_NAME asks for 'znver4'" in str(baked.refuse_baked(made, {"NUMBA_CPU_NAME": "znver4"}))
    assert baked.refuse_baked(made, {"NUMBA_CPU_NAME": "generic"}) is None


def test_a_cache_beside_the_project_is_found_and_the_environment_goes_first(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(baked, "project_root", lambda: made.parent)
    assert baked.baked_dir({}) is None
    made.rename(made.parent / ".numba_baked")
    assert baked.baked_dir({}) == made.parent / ".numba_baked"
    assert baked.baked_dir({"NUMBA_BAKED_CACHE_DIR": "/x"}) == Path("/x")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [({"NUMBA_DISABLE_JIT": "1"}, "nothing would be compiled"), ({"NUMBA_CPU_NAME": "znver4"}, "must fit all of them")],
)
def test_baking_refuses_what_would_not_serve(sandbox: Sandbox, variables: dict[str, str], reason: str) -> None:
    script = str(sandbox.project / "runtime_setup.py")
    status, output, _ = sandbox.run(script, "--bake", str(sandbox.places / "never"), **variables)
    assert status == 1
    assert reason in output


def test_baking_refuses_a_directory_with_other_files(sandbox: Sandbox) -> None:
    place = sandbox.place("occupied")
    (place / "letter.txt").touch()
    status, output, _ = sandbox.run(str(sandbox.project / "runtime_setup.py"), "--bake", str(place))
    assert status == 1
    assert "holds other files (letter.txt)" in output
