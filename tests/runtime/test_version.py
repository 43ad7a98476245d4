"""The version stands in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import runtime_setup
from runtime.version import PYPROJECT, UNKNOWN, version_in

ROOT = Path(__file__).resolve().parents[2]


def test_it_is_the_one_of_pyproject() -> None:
    assert re.search(rf'^version = "{re.escape(runtime_setup.VERSION)}"$', PYPROJECT.read_text(), re.MULTILINE)
    assert re.fullmatch(r"\d+\.\d+\.\d+", runtime_setup.VERSION)


def test_the_changelog_describes_it_first() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = [name for name in re.findall(r"^## \[(.+?)\]", text, re.MULTILINE) if name.lower() != "unreleased"]
    assert released[0] == runtime_setup.VERSION


@pytest.mark.parametrize("content", [None, "", "[project]", "version = 1", "project = 3", "\xff"])
def test_a_missing_or_damaged_file_keeps_nobody_from_starting(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "pyproject.toml"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    assert version_in(path) == UNKNOWN
