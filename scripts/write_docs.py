"""Writes what the docs repeat of the code: the settings, and the presets. `make docs`.

usage: python -m scripts.write_docs [--check]        --check: write nothing, exit 1 where a page is out of date
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from pipeline.parameter import Kind
from pipeline.presets import NAMED_PRESETS
from pipeline.settings import Settings, parameters

SETTINGS = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = "| on the page | name | values | default | what it does |\n| --- | --- | --- | --- | --- |\n"


def row(name: str, kind: Kind) -> str:
    """A setting as a row of the table."""
    default = Settings().flat()[name]
    shown = f"{default:g}" if isinstance(default, float) else str(default).lower()
    return f"| {kind.label} | `{name}` | {kind.allowed} | {shown} | {kind.help} |\n"


def written(page: str) -> str:
    """The page with its table of settings and its list of presets made anew."""
    table = HEAD + "".join(row(name, kind) for name, kind in parameters().items())
    presets = "".join(f"- `{name}`: {preset.why}\n" for name, preset in NAMED_PRESETS.items())
    page = re.sub(re.escape(HEAD) + r"(\|.*\n)+", lambda _: table, page)
    return re.sub(r"(^- `\w+`: .*\n)+", lambda _: presets, page, count=1, flags=re.MULTILINE)


def main(arguments: list[str]) -> int:
    """The exit status."""
    before = SETTINGS.read_text(encoding="utf-8")
    after = written(before)
    if "--check" in arguments:
        if after != before:
            print(f"{SETTINGS.name} is out of date: run make docs")
        return int(after != before)
    SETTINGS.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
