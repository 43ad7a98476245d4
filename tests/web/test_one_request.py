"""The request that does it all, through the front door, as curl sends it."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from pipeline import load
from pipeline.files.limits import OURS
from tests.conftest import MAX_UPLOAD_MB, Server
from tests.pipeline.files.films import AT_S, film, seen

PATIENCE_S = 60


def test_as_the_readme_says_it(server: Server, talk: Path, tmp_path: Path) -> None:
    before, target, head = server.kept(), tmp_path / "talk.clean.wav", tmp_path / "head"
    command = [
        "curl",
        "-sS",
        "-F",
        f"file=@{talk}",
        "-F",
        "preset=podcast",
        "-D",
        str(head),
        f"{server.url}/api/enhance",
    ]
    try:
        subprocess.run([*command, "-o", str(target)], check=True, timeout=PATIENCE_S)
    except FileNotFoundError:
        pytest.skip("curl is not installed")
    assert load(target, limits=OURS).samples.shape == (1, 48_000)
    headers = dict(line.lower().split(": ", 1) for line in head.read_text().splitlines() if ": " in line)
    assert json.loads(headers["x-speech-report"])["after"]["lufs"] == pytest.approx(-16.0, abs=0.5)
    assert headers["x-content-type-options"] == "nosniff"
    assert server.kept() == before


def test_faults_have_their_status(server: Server, talk: Path) -> None:
    url, before = f"{server.url}/api/enhance", server.kept()
    with httpx.Client(timeout=PATIENCE_S) as visitor:
        large = bytes(MAX_UPLOAD_MB * 2**20 + 2**20)
        assert visitor.post(url, files={"file": ("x.wav", large)}).status_code == 413
        assert visitor.post(url, files={"file": ("x.wav", talk.read_bytes())}, data={"preset": "?"}).status_code == 400
        assert visitor.get(url).status_code == 405
        fields = {f"f{number}": "x" for number in range(200)}
        assert visitor.post(url, files={"file": ("x.wav", b"x")}, data=fields).status_code == 413
        assert visitor.post(url, files={"file": ("x.wav", b"x")}, data={"preset": "x" * 5000}).status_code == 413
    assert server.kept() == before


def test_whoever_hangs_up_frees_the_line(server: Server, long_talk: Path, talk: Path) -> None:
    """With one place in the line, the next one would wait for all of the long one."""
    url, before = f"{server.url}/api/enhance", server.kept()
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(url, files={"file": ("long.flac", long_talk.read_bytes())}, timeout=httpx.Timeout(30, read=2.0))
    files = {"file": ("talk.wav", talk.read_bytes())}
    assert httpx.post(url, files=files, timeout=PATIENCE_S).status_code == 200
    deadline = time.monotonic() + PATIENCE_S
    while kept(server) != before:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def kept(server: Server) -> object:
    """None while a folder vanishes under the eyes."""
    try:
        return server.kept()
    except FileNotFoundError:
        return None


def test_a_job_s_files_through_the_front_door(server: Server, tmp_path: Path) -> None:
    source = film(tmp_path / "film.mp4", late_s=1.5)
    with httpx.Client(base_url=server.url, timeout=PATIENCE_S) as visitor:
        (path,) = visitor.post("/gradio_api/upload", files={"files": ("film.mp4", source.read_bytes())}).json()
        token = visitor.post("/api/jobs", json={"file": path}).json()["job"]
        deadline = time.monotonic() + PATIENCE_S
        while (job := visitor.get(f"/api/jobs/{token}").json())["state"] in ("waiting", "running"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert job["result"]["video"] is True
        for name in ("download", "download?amount=50&format=mp3", "removed", "video"):
            answer = visitor.get(f"/api/jobs/{token}/{name}")
            assert answer.status_code == 200, name
            assert answer.headers["content-disposition"].startswith("attachment")
        target = tmp_path / "new.mp4"
        target.write_bytes(answer.content)
        assert seen(target).click_s == pytest.approx(AT_S, abs=0.02)
        assert visitor.get(f"/api/zip?jobs={token}").content.startswith(b"PK\3\4")
        assert visitor.get(f"/api/zip?jobs={token},{'x' * 32}").status_code == 404
        assert visitor.post("/api/zip").status_code == 405
        visitor.delete(f"/api/jobs/{token}")
