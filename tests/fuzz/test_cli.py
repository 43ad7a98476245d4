"""Command lines that nobody meant: a status of 0, 1 or 2, a sentence where it failed, and nothing left half done."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import joblib
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pipeline
from pipeline import Audio, load, save, warm_up
from pipeline.cli import main as cli
from pipeline.cli.plan import MANIFEST
from pipeline.files.formats import OUTPUTS
from pipeline.presets import NAMED_PRESETS
from pipeline.settings import parameters
from tests.pipeline.files.media import write_wav
from tests.pipeline.signals import noise

from . import hostile
from .scale import count, fuzzed, tried

RATE = 16_000
PROJECT = Path(__file__).resolve().parents[2]
ODD = os.fsdecode(b"odd\xff\n\x1b[2J.wav")  # a name that is no text, and what a terminal would obey

INPUTS = [
    "talk.wav", "other.wav", "in", "in/deep", "in/deep/talk.wav", "bad.wav", "empty.wav", "notes.txt", "missing.wav",
    "link.wav", "dangling.wav", "in/itself.wav", "fifo", ".", "./talk.wav", "in/../talk.wav", "talk.wav/", "talk.wav/x",
    ODD, "closed", "", "/dev/null", "/dev/zero", "/proc/self/mem", "x" * 300 + ".wav", "deep/" * 60 + "x.wav",
]  # fmt: skip
PLACES = [
    "out", "out/", "new/er/out.wav", "talk.wav", "other.wav", "out.flac", "out.mp3", "out.ogg", "out.opus", "out.WAV",
    "out.doc", "", ".", "in", "in/", "link.wav", "dangling.wav", "fifo", "notes.txt/out.wav",
    "/dev/null/x.wav", "closed/x.wav", "-", "x" * 300 + ".wav", "out\n.wav", ODD, ".wav", "out/.wav", "/proc/x.wav",
    "/proc/x",
]  # fmt: skip
VALUES = {
    "--output": PLACES, "-o": PLACES, "--preset": [*NAMED_PRESETS],
    "--format": ["wav", "flac", "mp3", "ogg", "opus", ".wav", "WAV"], "--depth": ["16", "24", "float", "32"],
    "--removed": PLACES, "--report": ["table", "json", "none"], "--bitrate-kbps": ["64", "0", "1e400"],
    "--jobs": ["0", "1", "2", "3", "-1", "1e3", "9" * 30, "9" * 5_000, "١"],
}  # fmt: skip
FLAGS = [
    "--overwrite",
    "--resume",
    "--analyze",
    "--json",
    "-v",
    "--list-presets",
    "--version",
    "--help",
    "-h",
    "--no-loudness-normalize",
    "--",
    "-",
]
NUMBERS = ["0", "12", "-3", "nan", "-inf", "1e400", "1_0", "0x10", " 5 ", "١٢", "", "--", "much", "-0"]

# What is written to a name is written within the folder of the test: no slash but in the lists above.
anything = st.one_of(hostile.texts, hostile.plain).map(
    lambda text: "".join(c for c in text if c not in "/\0" and not "\ud800" <= c <= "\udfff").lstrip("~")
)
anything = anything.filter(lambda text: text not in ("..", "."))


def _option(name: str) -> st.SearchStrategy[list[str]]:
    value = st.one_of(st.sampled_from(VALUES.get(name, NUMBERS)), anything)
    return st.one_of(value.map(lambda text: [name, text]), value.map(lambda text: [f"{name}={text}"]), st.just([name]))


SETTINGS = ["--" + name.replace("_", "-") for name in parameters()]
words = st.one_of(
    st.sampled_from(INPUTS).map(lambda name: [name]), st.sampled_from([*VALUES, *SETTINGS]).flatmap(_option),
    st.sampled_from(FLAGS).map(lambda flag: [flag]), anything.map(lambda text: [text]),
)  # fmt: skip
lines = st.tuples(
    st.lists(st.sampled_from(INPUTS), max_size=2), st.lists(words, max_size=5).map(chain.from_iterable)
).map(lambda both: [*both[0], *both[1]])


class Report:
    def as_dict(self) -> dict[str, float]:
        return {"gain_db": 1.5}

    def __str__(self) -> str:
        return "the table"


def _upside_down(
    source: Path, target: Path, *_: object, subtype: str, bitrate_kbps: float, removed: Path | None, **__: object
) -> Report:
    """In place of the enhancement: as quick as a file is read and written."""
    audio = load(source)
    save(target, Audio(-audio.samples, audio.sample_rate), subtype=subtype, bitrate_kbps=bitrate_kbps)
    if removed is not None:
        save(removed, audio)
    return Report()


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """No enhancement, and no processes of joblib: the lines are what is tried."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "enhance_file", _upside_down)
        patch.setattr(warm_up, "kernels", lambda *_: None)
        patch.setattr(joblib, "Parallel", _one_after_the_other)
        yield


jobs_asked_for: list[int] = []


def _one_after_the_other(n_jobs: int, **_: object) -> Callable[[Any], Iterator[Any]]:
    jobs_asked_for.append(n_jobs)
    return lambda tasks: (function(*arguments, **named) for function, arguments, named in tasks)


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the line is run: `..` of it is of the test, too."""
    base = tmp_path_factory.mktemp("lines")
    _fill(base / "whole")
    return base


def _fill(folder: Path) -> None:
    (folder / "in" / "deep").mkdir(parents=True)
    write_wav(folder / "talk.wav", noise(1, 4_000), RATE)
    for name in ("other.wav", "in/deep/talk.wav", "in/a.wav", "in/.hidden.wav", ODD):
        shutil.copy(folder / "talk.wav", folder / name)
    write_wav(folder / "in" / "three.wav", noise(3, 4_000), RATE)
    (folder / "bad.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    (folder / "empty.wav").touch()
    for name in ("notes.txt", "in/notes.txt"):
        (folder / name).write_text("some notes, not sound")
    (folder / "link.wav").symlink_to("talk.wav")
    (folder / "dangling.wav").symlink_to("nowhere.wav")
    (folder / "in" / "loop").symlink_to("..")
    (folder / "in" / "itself.wav").symlink_to("itself.wav")


def _tree(folder: Path) -> dict[str, str]:
    """Every file and what is in it."""
    found = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"→ {path.readlink()}"
        elif path.is_file():
            found[name] = hashlib.md5(path.read_bytes()).hexdigest()
    return found


def run(arguments: list[str]) -> tuple[object, str, str]:
    """Status, output and errors of the line, run in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status: object = cli.main(arguments)
        except SystemExit as leave:
            status = leave.code
    return status, out.getvalue(), err.getvalue()


def in_order(arguments: list[str], status: object, out: str, err: str) -> None:
    assert status in (0, 1, 2), status
    assert "Traceback" not in err
    assert "unexpected fault" not in err
    if status:
        assert "error" in err
        assert len(err.strip()) > 10
    else:
        assert "error" not in err
        assert out or any("none" in word for word in arguments)


@fuzzed(200, 2_100)
@given(lines)
@example(["talk.wav", "other.wav", "--jobs", "9" * 30])
@example(["talk.wav", "-o", "talk.wav", "--overwrite"])
@example([ODD, "--report", "json", "-v"])
@example(["in", "-o", "in", "--overwrite"])
@example(["fifo"])
@example(["x" * 300 + ".wav"])
@example(["in", "-o", "out"])
def test_lines(place: Path, arguments: list[str]) -> None:
    tried["command lines"] += 1
    folder = place / "a" / "b"
    shutil.rmtree(place / "a", ignore_errors=True)
    folder.parent.mkdir()
    shutil.copytree(place / "whole", folder, symlinks=True)
    os.mkfifo(folder / "fifo")
    (folder / "closed").mkdir(mode=0o000)
    before = _tree(place)
    with contextlib.chdir(folder):
        status, out, err = run(arguments)
    in_order(arguments, status, out, err)
    after = _tree(place)
    for name in before.keys() & after.keys():
        if before[name] != after[name]:  # replaced, because the line says so
            assert any("--overwrite" in word for word in arguments), name
            assert not name.endswith(("a/b/talk.wav", "notes.txt")) or "-o" in " ".join(arguments)
    assert not before.keys() - after.keys()
    for name in after.keys() - before.keys():  # whole, and under a name that an output has
        if Path(name).name == MANIFEST:
            assert all(json.loads(line) for line in (place / name).read_text().splitlines())
            continue
        assert Path(name).suffix.lower() in OUTPUTS, name
        assert load(place / name).samples.size
        assert status in (0, 1)


def test_no_more_processes_than_recordings(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are asked for, or there are cores: each would be started at once."""
    monkeypatch.setattr("runtime_setup.cores", lambda: 5)
    jobs_asked_for.clear()
    with contextlib.chdir(place / "whole"):
        for jobs in ("2", "7", "100000", "9" * 30, "0"):
            assert run(["talk.wav", "other.wav", "--jobs", jobs, "--overwrite"])[0] == 0
    assert jobs_asked_for == [2, 2, 2, 2, 2]


@pytest.mark.parametrize("k", range(count(2, 12)))
def test_lines_as_processes(place: Path, k: int) -> None:
    """What the line does to the interpreter itself: encodings of the terminal, closed streams, names of the system."""
    tried["command lines"] += 1
    cases: list[tuple[list[str], dict[str, Any]]] = [
        ([ODD, "missing\n.wav", "--nothing"], {}),
        (["notes.txt", ODD[:4], "-v"], {"stdin": subprocess.DEVNULL}),
        (["--list-presets"], {}),
        (["-o", ODD, "bad.wav"], {}),
    ]
    arguments, more = cases[k % len(cases)]
    env = {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONIOENCODING": ("ascii", "latin-1", "utf-16")[k // 4 % 3]}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *arguments], cwd=place / "whole", env=env, capture_output=True, check=False,
        timeout=120, **more,
    )  # fmt: skip
    assert done.returncode in (0, 1, 2)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
