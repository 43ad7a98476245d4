"""Next year's installation equals today's, on every supported Python, and in a Space."""

from __future__ import annotations

import ast
import itertools
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from tests.delivery.files import ROOT

LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-mcp.lock", "requirements-dask.lock"]
PROGRAM = ["app.py", "runtime_setup.py", "runtime", "pipeline", "web"]
EXTRAS = ["requirements-mcp.in", "requirements-dask.in"]
# gradio is built on these and shows them in its own interface.
OF_OTHERS = {"starlette", "anyio", "fastapi", "pandas", "uvicorn"}
PIN = re.compile(r"^([a-z0-9-]+)==([0-9][^ ;\\]*)( ;[^\\]*)?( \\)?$")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(name: str) -> dict[str, str]:
    """Package and version, one of each; whatever else stands there fails."""
    found = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if not line or line.lstrip().startswith(("#", "--hash=sha256:")):
            continue
        match = PIN.match(line)
        assert match, f"{name} has a line that pins nothing: {line}"
        assert match[1] not in found, f"{name} has two versions of {match[1]}"
        found[match[1]] = match[2]
    return found


def direct(name: str) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
    return {normal(re.split(r"[=<>~!\[ ]", line)[0]) for line in lines if line and not line.startswith("-")}


def front_matter() -> dict[str, str]:
    head = (ROOT / "README.md").read_text(encoding="utf-8").split("---")[1]
    return {key: value.strip(" \"'") for key, _, value in (line.partition(":") for line in head.splitlines())}


def test_txt_and_lock_hold_the_same() -> None:
    assert pins("requirements.txt") == pins("requirements.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_of_a_lock_has_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[a-z0-9-]+==)", text)[1:]:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block.splitlines()[0]


def test_txt_has_no_hashes() -> None:
    """A Space installs it in one command with packages of its own, which pip refuses as soon as one line has a hash."""
    assert "--hash" not in (ROOT / "requirements.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(("less", "more"), list(itertools.combinations(LOCKS, 2)))
def test_what_is_added_changes_nothing(less: str, more: str) -> None:
    program, added = pins(less), pins(more)
    assert {name: added[name] for name in program.keys() & added.keys()} == {
        name: program[name] for name in program.keys() & added.keys()
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_wanted_is_pinned(lock: str) -> None:
    assert direct(lock.replace(".lock", ".in")) <= pins(lock).keys()


def test_gradio_is_the_one_the_space_installs() -> None:
    assert front_matter()["sdk_version"] == pins("requirements.txt")["gradio"]


def test_python_of_the_space_is_supported() -> None:
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    low, high = (tuple(map(int, found)) for found in re.findall(r"(\d+)\.(\d+)", requires))
    assert low <= tuple(map(int, front_matter()["python_version"].split("."))) < high


def imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in names}


def test_the_program_imports_only_what_is_required() -> None:
    """A package that only happens to be installed with another may be gone with that one's next release."""
    parts = [ROOT / part for part in PROGRAM]
    files = [file for part in parts for file in (part.rglob("*.py") if part.is_dir() else [part]) if file.exists()]
    foreign = set().union(*map(imported, files)) - {part.stem for part in parts} - sys.stdlib_module_names
    owners = metadata.packages_distributions()
    distributions = {normal(owners[name][0]) for name in foreign if name in owners}
    required = set().union(*map(direct, ["requirements.in", *EXTRAS]))
    assert distributions - required - OF_OTHERS == set()
