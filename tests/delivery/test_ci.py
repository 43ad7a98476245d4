"""`.ci/run` ends with the first step that fails, whichever it is."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.delivery.files import ROOT

SCRIPTS = ("scripts/setup_venv.sh", "scripts/check_container.sh", ".venv/bin/python")
STEPS = {
    "environment": "scripts/setup_venv.sh",
    "lint": "lint",
    "types": "types",
    "tests": "test",
    "container": SCRIPTS[1],
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """One in which every step succeeds at once."""
    for name in SCRIPTS:
        write(tmp_path / name, "exit 0")
    write(tmp_path / "Makefile", "lint types test:\n\t@exit 0", script=False)
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    for command in ("chromium", "ffmpeg", "buildah", "debootstrap", "unshare", "nsenter", "mount", "pgrep", "python3"):
        write(tmp_path / "bin" / command, "exit 0")
    return tmp_path


def write(path: Path, text: str, *, script: bool = True) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n" if script else text + "\n", encoding="utf-8")
    path.chmod(0o755)


def run(checkout: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": f"{checkout / 'bin'}:/usr/bin:/bin:/usr/sbin:/sbin"}
    return subprocess.run([checkout / ".ci" / "run"], env=env, capture_output=True, text=True, check=False, timeout=60)


def test_all_is_well_where_all_is_well(checkout: Path) -> None:
    done = run(checkout)
    assert done.returncode == 0, done.stderr
    assert "=== all:" in done.stdout


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_ends_the_run(checkout: Path, step: str) -> None:
    if (checkout / STEPS[step]).exists():
        write(checkout / STEPS[step], "exit 3")
    else:
        (checkout / "Makefile").write_text(
            "".join(f"{name}:\n\t@exit {3 * (name == STEPS[step])}\n" for name in ("lint", "types", "test"))
        )
    done = run(checkout)
    assert done.returncode != 0
    assert f"=== {step}" in done.stdout
    assert "FAILED" in done.stdout
    assert "=== all:" not in done.stdout


def test_a_skipped_test_ends_the_run(checkout: Path) -> None:
    write(checkout / ".venv/bin/python", "exit 1")
    done = run(checkout)
    assert done.returncode != 0
    assert "=== tests" in done.stdout
    assert "=== container" not in done.stdout
