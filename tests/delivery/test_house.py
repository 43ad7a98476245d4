"""The house stays in order: small rooms, short functions, and no name from before they were built."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

from pipeline.stages.chain import SIGNAL_PATH
from tests.delivery.files import ROOT, text_files

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
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
                    body = node.body[1:] if ast.get_docstring(node) else node.body
                    lines = node.end_lineno - body[0].lineno + 1 if body else 0
                    if lines > LONGEST_FUNCTION:
                        long.append(f"{path.relative_to(ROOT)}:{node.name}: {lines}")
    assert long == []


def test_every_stage_has_its_row() -> None:
    """The leveler follows the path, behind the mix with the original."""
    stages = {path.stem for path in (ROOT / "pipeline" / "stages").iterdir() if not path.name.startswith("_")}
    assert {step.name for step in SIGNAL_PATH} == stages - {"chain", "leveler"}


def test_no_old_name_is_left_in_words() -> None:
    """In comments, docstrings and pages: names of files that there were before."""
    gone = re.compile(
        r"`(?:hum_(?:spectrum|model|memory|wave|listener)|numba_hook|cache_(?:files|patches)|hub_weights|weights_source|neural_(?:features|kernels|network|weights)|gradio_import|status_page|"
        r"decode\.Recording|sniff|device_(?:run|mixing|kernels))\b"
    )
    pages = [path for path in text_files() if path.suffix in (".py", ".md", ".sh")]
    found = {str(path.relative_to(ROOT)) for path in pages if gone.search(path.read_text(encoding="utf-8"))}
    assert found <= {"tests/delivery/test_house.py"}
