"""The examples run as they say, on short recordings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.conftest import Server
from tests.delivery.files import ROOT

FOLDER = ROOT / "examples"
NOTEBOOK: dict[str, Any] = json.loads((FOLDER / "notebook.ipynb").read_text(encoding="utf-8"))

# What Jupyter would do: the code cells one after the other, in one namespace.
CELLS = """
import json, sys
names = {"__name__": "__main__"}
for n, cell in enumerate(json.load(open(sys.argv[1], encoding="utf-8"))["cells"]):
    if cell["cell_type"] == "code":
        exec(compile("".join(cell["source"]), f"cell {n}", "exec"), names)
assert names["result"].audio.samples.shape == names["audio"].samples.shape
assert len(names["figure"].axes) == 4
"""
# Of IPython, which is for Jupyter to bring, what matplotlib asks and what the notebook plays with.
IPYTHON = """
version_info = (9, 0)
def get_ipython():
    return None
"""
DISPLAY = """
def display(thing):
    print("played", thing)
def Audio(samples, rate, normalize):
    return f"{len(samples)} x {samples.shape[1]} at {rate}"
"""


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def same_form(before: Path, after: Path) -> bool:
    a, b = soundfile.info(before), soundfile.info(after)
    return (a.frames, a.samplerate, a.channels) == (b.frames, b.samplerate, b.channels)


def test_every_example_is_tried_here() -> None:
    names = {path.name for path in FOLDER.iterdir() if path.suffix in (".py", ".ipynb")}
    assert names == {"__init__.py", "enhance_a_file.py", "a_folder.py", "api_client.py", "notebook.ipynb"}


def test_a_file(talk: Path, tmp_path: Path) -> None:
    done = run("-m", "examples.enhance_a_file", talk, tmp_path / "clean.wav")
    assert done.returncode == 0, done.stderr
    assert "Loudness" in done.stdout
    assert same_form(talk, tmp_path / "clean.wav")


def test_a_file_that_is_none(tmp_path: Path) -> None:
    done = run("-m", "examples.enhance_a_file", ROOT / "README.md", tmp_path / "clean.wav")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "clean.wav").exists()


def test_a_folder(talk: Path, tmp_path: Path) -> None:
    recordings, cleaned = tmp_path / "recordings", tmp_path / "cleaned"
    recordings.mkdir()
    for name in ("one.wav", "two.wav"):
        shutil.copy(talk, recordings / name)
    (recordings / "three.wav").write_text("no recording", encoding="utf-8")
    done = run("-m", "examples.a_folder", recordings, cleaned, OPENBLAS_NUM_THREADS="1")
    assert done.returncode == 1, done.stderr
    head, fault = done.stdout.splitlines()
    assert head == "2 enhanced, 1 failed"
    assert fault.startswith("three.wav: ")
    assert sorted(path.name for path in cleaned.iterdir()) == [f"one{talk.suffix}.flac", f"two{talk.suffix}.flac"]
    assert same_form(talk, cleaned / f"one{talk.suffix}.flac")


def test_the_api(server: Server, talk: Path, tmp_path: Path) -> None:
    target = tmp_path / "clean.wav"
    done = run(FOLDER / "api_client.py", server.url, talk, target, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Noise floor: ")
    assert same_form(talk, target)


def test_the_api_says_why_not(server: Server, tmp_path: Path) -> None:
    silence = tmp_path / "short.wav"
    soundfile.write(silence, np.zeros(10), 16_000)
    done = run(FOLDER / "api_client.py", server.url, silence, tmp_path / "clean.wav")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "suggestion" in done.stderr


def test_the_notebook_runs(tmp_path: Path) -> None:
    (tmp_path / "IPython").mkdir()
    (tmp_path / "IPython" / "__init__.py").write_text(IPYTHON, encoding="utf-8")
    (tmp_path / "IPython" / "display.py").write_text(DISPLAY, encoding="utf-8")
    done = run("-c", CELLS, "notebook.ipynb", cwd=FOLDER, PYTHONPATH=str(tmp_path), MPLBACKEND="agg")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("played") == 2


def test_the_notebook_is_valid_and_holds_no_outputs() -> None:
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    cells = NOTEBOOK["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        if cell["cell_type"] == "code":
            assert cell.keys() == {"cell_type", "execution_count", "id", "metadata", "outputs", "source"}
            assert (cell["outputs"], cell["execution_count"]) == ([], None)
        else:
            assert cell.keys() == {"cell_type", "id", "metadata", "source"}
    if find_spec("nbformat"):
        import nbformat

        nbformat.validate(NOTEBOOK)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("[!_]*.py")), ids=lambda path: path.name)
def test_says_how_to_run_it(path: Path) -> None:
    said = path.read_text(encoding="utf-8").split('"""')[1]
    assert f"python -m examples.{path.stem} " in said or f"python examples/{path.name} " in said
