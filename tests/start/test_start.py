"""No environment keeps the program from starting. With STRESS=1 every variable of the worst alone, pairs, and all ways
in; the outcome is written as a table into build/start-matrix.md."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.fuzz.scale import STRESS
from tests.start.circumstances import KINDS, PAIRS, WORST, every_variable
from tests.start.visits import WAYS, Place

pytestmark = [pytest.mark.stress, pytest.mark.skipif(sys.platform == "win32", reason="signals and homes are POSIX")]

# Every variable there is says the same; a way in for each kind, so that the sample has all kinds and all ways.
SAMPLE = [
    ("app.py", "hostile letters"), ("uvicorn", "an address"), ("command line", "empty"), ("import pipeline", "a file"),
    ("doctor", "nonsense"),
]  # fmt: skip
NO_ENTRY = """import pwd
def getpwuid(_):
    raise KeyError("no such user")
pwd.getpwuid = getpwuid
"""


@pytest.fixture(scope="module")
def no_entry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For an interpreter whose user has no entry in the password file."""
    folder = tmp_path_factory.mktemp("nobody")
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(NO_ENTRY)
    return folder / "site"


@pytest.fixture
def place(no_entry: Path, tmp_path: Path, talk: Path) -> Place:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    compiled = Path(os.environ["HOME"], ".cache", "ai-speech-enhancement", "numba")  # by tests before these
    environ |= {"NUMBA_CACHE_DIR": str(compiled), "PYTHONPATH": f"{no_entry}{os.pathsep}{PROJECT}"}
    environ |= {"TMPDIR": str(tmp_path)}
    for name in ("MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "MPLBACKEND"):
        environ.pop(name, None)
    return Place(tmp_path, talk, environ)


@pytest.mark.parametrize(("way", "kind"), SAMPLE)
def test_with_every_variable_wrong_in_the_same_way(place: Place, way: str, kind: str) -> None:
    WAYS[way](place, dict.fromkeys(every_variable(), KINDS[kind]))


@pytest.fixture(scope="module")
def matrix() -> Iterator[dict[tuple[str, str], str]]:
    """Circumstances and way or kind → "ok", or the first line of what went wrong."""
    found: dict[tuple[str, str], str] = {}
    yield found
    rows = sorted({row for row, _ in found})
    columns = sorted({column for _, column in found})
    lines = [f"| | {' | '.join(columns)} |", f"| --- |{' --- |' * len(columns)}"]
    lines += [f"| {row} | {' | '.join(found.get((row, column), '') for column in columns)} |" for row in rows]
    (PROJECT / "build").mkdir(exist_ok=True)
    table = PROJECT / "build" / f"start-matrix-{secrets.token_hex(3)}.md"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")


def tried(place: Place, way: str, changes: Mapping[str, str | None]) -> str:
    """ "ok", or what went wrong."""
    try:
        WAYS[way](place, changes)
    except AssertionError as fault:
        lines = [line for line in str(fault).splitlines() if line.strip()]
        return (lines or ["failed"])[-1][:100].replace("|", "/")
    return "ok"


if STRESS:  # a test that is skipped would be missed elsewhere

    def test_every_way_in_with_every_variable_wrong(place: Place, matrix: dict[tuple[str, str], str]) -> None:
        names = every_variable()
        for kind, value in KINDS.items():
            for way in WAYS:
                matrix[f"all {len(names)} variables: {kind}", way] = tried(place, way, dict.fromkeys(names, value))
        assert set(matrix.values()) == {"ok"}, matrix

    @pytest.mark.parametrize("name", PAIRS)
    def test_what_stands_together_in_reports(place: Place, matrix: dict[tuple[str, str], str], name: str) -> None:
        found = {way: tried(place, way, PAIRS[name]) for way in WAYS}
        matrix.update({(name, way): outcome for way, outcome in found.items()})
        assert set(found.values()) == {"ok"}, found

    @pytest.mark.parametrize("name", WORST)
    def test_each_of_the_worst_alone(place: Place, matrix: dict[tuple[str, str], str], name: str) -> None:
        found = {kind: tried(place, "app.py", {name: value}) for kind, value in KINDS.items()}
        matrix.update({(name, kind): outcome for kind, outcome in found.items()})
        assert set(found.values()) == {"ok"}, found
