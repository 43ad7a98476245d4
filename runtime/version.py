"""What this program is called, and its version, which stands in pyproject.toml alone."""

from __future__ import annotations

import tomllib
from pathlib import Path

SYSTEM_NAME = "AI Speech Enhancement System"
PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
UNKNOWN = "0+unknown"


def version_in(pyproject: Path) -> str:
    """The version that the file names; UNKNOWN where it is missing or damaged: that must not keep us from starting."""
    try:
        return str(tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return UNKNOWN


VERSION = version_in(PYPROJECT)
