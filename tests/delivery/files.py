"""Where things are in the working copy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = {"build", "screenshots", "__pycache__"}
HIDDEN = {".ci"}  # all others are of a tool or an editor
KINDS = {".py", ".sh", ".md", ".toml", ".txt", ".in", ".lock", ".yml", ".yaml", ".json", ".css", ".js", ".html"}
NAMES = {"Dockerfile", "Makefile", "run", ".dockerignore"}


def text_files() -> Iterator[Path]:
    """Every text file of the project; nothing that was generated or installed."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if _is_ours(Path(folder, name)))
        yield from (Path(folder, name) for name in sorted(names) if name in NAMES or Path(name).suffix in KINDS)


def _is_ours(folder: Path) -> bool:
    made = folder.name in MADE or (folder / "pyvenv.cfg").exists()  # an environment may have any name
    return not made and (folder.name in HIDDEN or not folder.name.startswith("."))


def shell_scripts() -> list[Path]:
    """The scripts that bash runs."""
    return [ROOT / ".ci" / "run", *sorted((ROOT / "scripts").rglob("*.sh"))]
