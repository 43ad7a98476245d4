"""The house stays in order: small rooms, one door to the runtime, and no name from before the move."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

from tests.delivery.files import ROOT

ROOMS = ("pipeline", "runtime", "service", "web", "training", "benchmarks", "scripts", "examples", "tests")
MOST_FILES = 12
LONGEST_FUNCTION = 64


def sources() -> list[Path]:
    """Ours, but not those of a folder that a tool has made."""
    found = [path for room in ROOMS for kind in ("py", "sh") for path in (ROOT / room).rglob(f"*.{kind}")]
    return [path for path in found if "__pycache__" not in path.parts]


def test_no_folder_holds_more_than_a_dozen_files() -> None:
    count = Counter(path.parent.relative_to(ROOT) for path in sources() if path.name != "__init__.py")
    assert {str(folder): n for folder, n in count.items() if n > MOST_FILES} == {}


def test_every_package_says_what_it_is() -> None:
    packages = [path for path in sources() if path.name == "__init__.py" and "tests" not in path.parts]
    silent = [str(path.relative_to(ROOT)) for path in packages if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_functions_can_be_read_without_scrolling() -> None:
    long = []
    for path in sources():
        if path.suffix == ".py" and "tests" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                    body = node.body[1:] if ast.get_docstring(node) else node.body
                    lines = node.end_lineno - body[0].lineno + 1 if body else 0
                    if lines > LONGEST_FUNCTION:
                        long.append(f"{path.relative_to(ROOT)}:{node.name}: {lines}")
    assert long == []


def test_a_stage_is_one_row() -> None:
    """Whoever adds one must not have to look for a second list."""
    chain = (ROOT / "pipeline" / "stages" / "chain.py").read_text(encoding="utf-8")
    steps = re.findall(r'Step\("(\w+)"', chain)
    assert len(steps) == len(set(steps)) >= 7
