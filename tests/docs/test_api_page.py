"""What docs/api.md shows, done: in a shell and in Python, in a folder with recordings of those names."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from pipeline.presets import PRESETS
from tests.conftest import Server
from tests.delivery.files import ROOT
from tests.pipeline.files.films import film

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PATIENCE_S = 120


def blocks(language: str) -> list[str]:
    return [text for found, text in BLOCK.findall(PAGE) if found == language]


@pytest.fixture
def folder(talk: Path, tmp_path: Path) -> Path:
    shutil.copy(talk, tmp_path / "talk.m4a")  # the name decides nothing
    film(tmp_path / "talk.mp4")
    return tmp_path


def run(server: Server, folder: Path, *command: str) -> str:
    told = [part.replace("http://127.0.0.1:7860", server.url) for part in command]
    done = subprocess.run(told, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_program_is_tried() -> None:
    """JavaScript: in tests/e2e/test_api_view.py; `json` and the block without a language are no programs."""
    assert {name: len(blocks(name)) for name, _ in BLOCK.findall(PAGE)} == {"sh": 4, "python": 1, "js": 1, "json": 2}


def test_one_request(server: Server, folder: Path) -> None:
    once, more, *_ = blocks("sh")
    run(server, folder, "sh", "-euc", once + more)
    assert soundfile.info(folder / "talk.clean.wav").frames == 48_000
    assert (folder / "talk.clean.mp4").read_bytes()[4:8] == b"ftyp"
    assert (folder / "enhanced.zip").read_bytes()[:2] == b"PK"


def test_three_steps(server: Server, folder: Path) -> None:
    out = run(server, folder, "sh", "-euc", blocks("sh")[2])
    file, report = json.loads(out.strip().rpartition("event: complete\ndata: ")[2])
    assert file["orig_name"] == "talk.clean.wav"
    assert report["settings"] == PRESETS["podcast"].flat()


def test_a_job(server: Server, folder: Path) -> None:
    begun, _, fetched = blocks("sh")[3].rpartition("curl -sOJ")
    waited = "until curl -s $URL/api/jobs/$JOB | grep -q '\"done\"'; do sleep 0.2; done\n"
    assert run(server, folder, "sh", "-euc", f"{begun}{waited}curl -sOJ{fetched}").startswith('{"job":"')
    assert soundfile.info(folder / "talk.clean.wav").frames == 48_000


def test_python(server: Server, folder: Path) -> None:
    shown = "\nprint(path)\nprint(report['denoiser'], measures['duration_s'], len(choices['presets']))"
    out = run(server, folder, sys.executable, "-c", blocks("python")[0] + shown).splitlines()
    assert soundfile.info(out[-2]).frames == 48_000
    assert out[-1] == f"neural 3.0 {len(PRESETS)}"
