"""The mutation run: what it changes, and which tests it asks."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from scripts.mutation import __main__ as runner
from scripts.mutation.__main__ import sample
from scripts.mutation.chosen_tests import chosen_tests
from scripts.mutation.places import Mutation, mutations
from scripts.mutation.tree import Tree, Verdict
from tests.delivery.files import ROOT

SOURCE = b'''"""A docstring with 3 < 4."""
import logging

log = logging.getLogger(__name__)
LIMIT_S = 2.5


def late(now: "list[int]", start: int = 7, *, strict: bool = True) -> bool:
    """Another one: 1 + 1."""
    log.info("Asked %d times.", 3)
    if not now or start < 0:
        raise ValueError("No 1 + 1 here.")
    return max(now) - start >= LIMIT_S and strict
'''


def changed(source: bytes, seed: int = 0) -> set[tuple[str, str]]:
    return {(found.before, found.after) for found in mutations("x.py", source, random.Random(seed))}


def test_numbers_comparisons_operators_and_calls_are_changed() -> None:
    every = set().union(*(changed(SOURCE, seed) for seed in range(20)))
    line = "return max(now) - start >= LIMIT_S and strict"
    assert ("LIMIT_S = 2.5", "LIMIT_S = 10.0") in every
    assert ("LIMIT_S = 2.5", "LIMIT_S = 0.625") in every
    assert ('raise ValueError("No 1 + 1 here.")', "pass") in every
    assert ("if not now or start < 0:", "if now or start < 0:") in every
    assert ("if not now or start < 0:", "if not now and start < 0:") in every
    for other in (line.replace(">=", ">"), line.replace(">=", "<"), line.replace(" - ", " + "),
                  line.replace("and", "or"), line.replace("max", "min")):  # fmt: skip
        assert (line, other) in every


def test_words_logs_and_annotations_are_left_alone() -> None:
    every = set().union(*(changed(SOURCE, seed) for seed in range(20)))
    assert not [before for before, _ in every if before.startswith(('"""', "log", "import"))]
    assert all("list[int]" in after for before, after in every if before.startswith("def"))


def test_every_mutant_is_python_with_one_place_changed() -> None:
    for found in mutations("x.py", SOURCE, random.Random(1)):
        compile(found.source, "x.py", "exec")
        lines = zip(SOURCE.splitlines(), found.source.splitlines(), strict=True)
        assert [number for number, (a, b) in enumerate(lines, 1) if a != b] == [found.line]


def test_the_same_seed_draws_the_same_sample() -> None:
    first, second, other = (list(map(str, sample(["pipeline/stages/deess"], 10, seed))) for seed in (1, 1, 2))
    assert first == second != other
    assert len(first) == 10


@pytest.mark.parametrize(
    ("source", "first"),
    [
        ("pipeline/stages/rumble.py", "tests/pipeline/stages/test_rumble.py"),
        ("pipeline/stages/deess/band.py", "tests/pipeline/stages/test_deess.py"),
        ("pipeline/measures/auto.py", "tests/pipeline/measures/test_auto.py"),
        ("service/jobs.py", "tests/service/test_jobs.py"),
        ("runtime/numba_cache/files.py", "tests/runtime/numba_cache/test_files.py"),
    ],
)
def test_the_tests_that_mirror_a_file_are_asked_first(source: str, first: str) -> None:
    asked = chosen_tests(source, ROOT)
    assert asked[0] == first
    assert all((ROOT / name).is_file() for name in asked)
    assert len(asked) == len(set(asked))


def test_a_copy_is_asked_for_the_tests_that_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that is written in the checkout while the run goes on is not in the copies: it can notice nothing."""
    asked: list[str] = []

    class Copy:
        def __init__(self, _: Path, place: Path) -> None:
            self.place = place
            (place / "tests" / "runtime").mkdir(parents=True)
            (place / "tests" / "runtime" / "test_ladder.py").touch()

        def try_out(self, _: Mutation, tests: list[str], __: float) -> Verdict:
            asked.extend(tests)
            return Verdict(True, "exit status 1")

        def failing(self, _: set[str]) -> list[str]:
            return []

    monkeypatch.setattr(runner, "Tree", Copy)
    assert runner.main(["--count", "1", "runtime/ladder.py"]) == 0
    assert asked == ["tests/runtime/test_ladder.py"]


SMALL = """
import pytest, x

@pytest.mark.parametrize("word", ["two words"])
def test_one(word):
    assert x.ONE == 1, "no - one"

def test_always():
    raise ValueError("no")
"""


@pytest.mark.skipif(shutil.which("git") is None, reason="the copy is of what git knows")
def test_a_test_that_fails_without_any_mutation_is_told_whatever_its_name(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for name, text in {"runtime_setup.py": "", "x.py": "ONE = 1\n", "test_x.py": SMALL, "conftest.py": ""}.items():
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    tree = Tree(root, tmp_path / "copy")
    (mutation,) = mutations("x.py", b"ONE = 1\n", random.Random(1))
    noticed = tree.try_out(mutation, ["test_x.py"], 60)
    assert noticed == Verdict(True, "test_x.py::test_one[two words]")
    assert tree.failing([noticed.by, "test_x.py::test_always"]) == ["test_x.py::test_always"]
    assert len(tree.failing([noticed.by, "test_x.py::test_gone"])) == 2  # nothing was tried: that is no good news
