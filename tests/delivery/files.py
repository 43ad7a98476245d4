"""Where things are in the working copy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = {".git", ".venv", "build", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
KINDS = {".py", ".sh", ".md", ".toml", ".txt", ".in", ".lock", ".yml", ".yaml", ".json", ".css", ".js", ".html"}
NAMES = {"Dockerfile", "Makefile", "run", ".dockerignore"}


def text_files() -> Iterator[Path]:
    """Every text file of the project; nothing that was generated or installed."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - MADE)
        yield from (Path(folder, name) for name in sorted(names) if name in NAMES or Path(name).suffix in KINDS)


def shell_scripts() -> list[Path]:
    """The scripts that bash runs."""
    return [ROOT / ".ci" / "run", *sorted((ROOT / "scripts").glob("*.sh"))]
