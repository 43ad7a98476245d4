"""The doctor on this machine, as another user."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.doctor import main as doctor
from runtime.doctor.checks import Check
from tests.runtime.sandbox import Sandbox


def test_a_machine_that_is_well(sandbox: Sandbox, baked_cache: Path) -> None:
    script = str(sandbox.project / "runtime_setup.py")
    status, output, errors = sandbox.run(script, NUMBA_BAKED_CACHE_DIR=str(baked_cache))
    lines = output.splitlines()
    assert status == 0, output + errors
    assert lines[-1] == "All is well."
    assert all(line.startswith("ok ") for line in lines[:-1])
    names = {line[5:].split(":")[0] for line in lines[:-1]}
    assert {"numba works", "librosa works", "enhancement works", "cache directory", "JIT", "decoder", "memory"} <= names
    assert "0 compiled" in next(line for line in lines if line.startswith("ok   warm-up"))


def test_a_machine_without_a_compiler_as_json(sandbox: Sandbox) -> None:
    script = str(sandbox.project / "runtime_setup.py")
    status, output, _ = sandbox.run(script, "--json", NUMBA_DISABLE_JIT="1")
    assert status == 1
    found = json.loads(output)
    assert found["status"] == "degraded"
    failed = {check["name"]: check["suggestion"] for check in found["checks"] if not check["ok"]}
    assert set(failed) == {"JIT"}
    assert "Remove NUMBA_DISABLE_JIT" in failed["JIT"]
    assert found["libraries"]["numba"]["mode"] == "interpreted"


def test_a_check_is_one_line_whatever_it_says() -> None:
    assert doctor.line(Check("x", False, "two\nlines", "Do\nthis.")) == "FAIL x: two lines → Do this."
    assert doctor.line(Check("x", True, "fine")) == "ok   x: fine"


def test_contradicting_options_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        doctor.main(["--url", "http://x", "--bake", "/x"])
    assert "not allowed with" in capsys.readouterr().err
