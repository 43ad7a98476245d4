"""The scripts: strict, executable, and working where they are short enough to try."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.delivery.files import ROOT, shell_scripts, text_files


@pytest.mark.parametrize("script", shell_scripts(), ids=lambda path: path.name)
def test_shell_scripts_are_strict_and_executable(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in text
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", script], check=True)


def test_no_package_index_is_named() -> None:
    """Where packages come from is a setting of the machine, never of the project."""
    option = re.compile(r"--(extra-)?index-url|--find-links|--trusted-host|https?://[^\s\"')]*(/simple\b|pypi)")
    named = [str(path.relative_to(ROOT)) for path in text_files() if option.search(path.read_text(encoding="utf-8"))]
    assert set(named) <= {"tests/delivery/test_scripts.py"}


def test_make_help_names_every_target_for_people() -> None:
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"run", "test", "lint", "types", "format", "doctor", "bench", "container-check", "clean"} <= {
        line.split()[0] for line in shown.splitlines()
    }


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A checkout of nothing but the script, with nothing to install: no network is needed."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup_venv.sh", tmp_path / "scripts")
    (tmp_path / "requirements.lock").write_text("# none\n", encoding="utf-8")
    (tmp_path / "requirements-mcp.lock").write_text("# none either\n", encoding="utf-8")
    (tmp_path / "requirements-dask.lock").write_text("# and none\n", encoding="utf-8")
    (tmp_path / "requirements-dev.lock").write_text("# nor here\n", encoding="utf-8")
    return tmp_path


def set_up(checkout: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "scripts/setup_venv.sh", *arguments],
        cwd=checkout, env=os.environ | environ, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_environment_is_made_once(bare: Path) -> None:
    first = set_up(bare, PYTHON=sys.executable)
    assert first.returncode == 0, first.stderr
    assert "Installing requirements.lock" in first.stdout
    assert set_up(bare).stdout == ""
    assert "Installing requirements.lock requirements-mcp.lock into" in set_up(bare, "mcp").stdout
    assert set_up(bare, "mcp").stdout == set_up(bare).stdout == ""
    assert "requirements-dev.lock" in set_up(bare, "dev").stdout
    assert set_up(bare, "dev").stdout == ""
    assert set_up(bare).stdout == set_up(bare, "mcp").stdout == "", "for development is to run as well"
    (bare / "requirements.lock").write_text("# changed\n", encoding="utf-8")
    assert "Installing" in set_up(bare).stdout


def test_broken_environment_is_made_anew(bare: Path) -> None:
    (bare / ".venv" / "bin").mkdir(parents=True)
    (bare / ".venv" / "bin" / "python").symlink_to("/nonexistent/python3")
    assert "Making .venv" in set_up(bare, PYTHON=sys.executable).stdout


def test_no_suitable_python_is_said_in_words(bare: Path) -> None:
    found = set_up(bare, PYTHON="/nonexistent/python3")
    assert found.returncode != 0
    assert "No Python 3.11, 3.12 or 3.13" in found.stderr
    assert not (bare / ".venv").exists()


@pytest.mark.parametrize(
    ("case", "status"),
    [("", 0), ('<skipped type="pytest.skip" message="no tool"/>', 1), ('<skipped type="pytest.xfail"/>', 0)],
)
def test_a_skipped_test_fails_the_check(tmp_path: Path, case: str, status: int) -> None:
    report = tmp_path / "junit.xml"
    report.write_text(f'<testsuites><testcase classname="a" name="b" time="1">{case}</testcase></testsuites>')
    command = [sys.executable, "-m", "scripts.check_skips", report]
    assert subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode == status
