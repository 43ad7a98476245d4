"""docs/adding-a-stage.md, carried out on a copy of the project."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.delivery.files import ROOT

PAGE = ROOT / "docs" / "adding-a-stage.md"
BLOCK = re.compile(r"<!-- file: (\S+?)(?:, (before|in place of): (.+?))? -->\n```python\n(.*?)```", re.DOTALL)
COPIED = ("pipeline", "runtime", "service", "web", "scripts", "tests", "docs", "assets")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the page's stage in it."""
    root = tmp_path_factory.mktemp("copy")
    for name in COPIED:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("runtime_setup.py", "app.py", "pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, root)
    for path, how, line, code in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        put(root / path, how, line, code)
    subprocess.run([sys.executable, "-m", "scripts.write_docs"], cwd=root, check=True)
    return root


def put(file: Path, how: str, line: str, code: str) -> None:
    """A new file; or lines in front, or in place, of the first one that has `line` in it. A decorator belongs to it."""
    if not how:
        assert not file.exists()
        file.write_text(code, encoding="utf-8")
        return
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(number for number, found in enumerate(lines) if line in found)
    at -= lines[at - 1].startswith("@")
    file.write_text("".join([*lines[:at], code, *lines[at + (how == "in place of") :]]), encoding="utf-8")


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=copy, capture_output=True, text=True, check=False, timeout=500
    )


def test_it_touches_five_files(copy: Path) -> None:
    ours = {path.relative_to(ROOT) for name in COPIED for path in (ROOT / name).rglob("*") if path.is_file()}
    theirs = {path.relative_to(copy) for name in COPIED for path in (copy / name).rglob("*") if path.is_file()}
    changed = {path for path in theirs & ours if (copy / path).read_bytes() != (ROOT / path).read_bytes()}
    touched = {str(path) for path in changed | (theirs - ours) if "__pycache__" not in path.parts}
    assert touched == {
        "pipeline/settings.py",
        "pipeline/stages/dc.py",
        "pipeline/stages/chain.py",
        "tests/pipeline/stages/test_dc.py",
        "docs/settings.md",
    }


def test_the_tests_of_stages_and_settings_pass(copy: Path) -> None:
    done = run(
        copy, "pytest", "-q", "-p", "no:cacheprovider", "-k", "dc or settings or range or names or every_setting",
        "tests/pipeline/stages/test_stage_matrix.py", "tests/pipeline/stages/test_dc.py",
        "tests/pipeline/test_settings.py", "tests/docs/test_settings_page.py", "tests/web/test_page.py",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert "keeps_the_form" not in done.stdout  # neither failed nor skipped
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 60


def test_it_is_at_work_and_on_the_page(copy: Path) -> None:
    code = (
        "import numpy as np; from pipeline import Audio, Settings, enhance; from pipeline.settings import Dc, groups\n"
        "from dataclasses import replace\n"
        "x = Audio(np.full((1, 64_000), 0.25, np.float32), 16_000)\n"
        "off = enhance(x, Settings.nothing()).audio.samples\n"
        "on = enhance(x, replace(Settings.nothing(), dc=Dc(5.0))).audio.samples\n"
        "print(abs(off - 0.25).max() < 1e-6, abs(on[0, -8_000:]).max() < 1e-3, 'dc_cutoff_hz' in groups()['Repair'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=copy, capture_output=True, text=True, check=False)
    assert done.stdout == "True True True\n", done.stderr


def test_the_style_holds(copy: Path) -> None:
    for arguments in (
        ("ruff", "check", "pipeline/settings.py", "pipeline/stages", "tests/pipeline/stages/test_dc.py"),
        ("mypy", "-p", "pipeline"),
    ):
        done = run(copy, *arguments)
        assert done.returncode == 0, done.stdout
