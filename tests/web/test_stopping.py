"""Told to stop, the app finishes what is under way, and takes nothing new."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from tests.conftest import Server, start_server, until_ready
from tests.pipeline.signals import speech_like
from tests.web import curl

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM")
PATIENCE_S = 120


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ordered(server: Server, recording: Path) -> str:
    """The address of a job that runs."""
    file = curl.upload(server.url, recording)["path"]
    job = httpx.post(f"{server.url}/api/jobs", json={"file": file, "output_format": "flac"}, timeout=60).json()["job"]
    url = f"{server.url}/api/jobs/{job}"
    until(lambda: bool(httpx.get(url, timeout=60).json()["state"] == "running"))
    return url


@pytest.fixture(scope="module")
def minutes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some seconds of work."""
    path = tmp_path_factory.mktemp("recordings") / "minutes.flac"
    x = np.zeros(16_000 * 60 * 2, np.float32)
    x[: 16_000 * 3] = speech_like(16_000, 3.0)[0]
    soundfile.write(path, x, 16_000)
    return path


def test_what_is_under_way_is_finished_and_fetched_and_nothing_new_is_begun(
    tmp_path: Path, minutes: Path, talk: Path
) -> None:
    server = start_server(tmp_path, WORKERS="2", DRAIN_S=str(PATIENCE_S))
    until_ready(server)
    assert httpx.get(f"{server.url}/ready").json() == {"ready": True}
    job = ordered(server, minutes)
    with ThreadPoolExecutor(1) as beside, minutes.open("rb") as file:
        held = beside.submit(httpx.post, f"{server.url}/api/enhance", files={"file": file}, timeout=PATIENCE_S)
        until(lambda: len(list(server.files.rglob("in-*"))) > 1)
        server.process.terminate()
        until(lambda: httpx.get(f"{server.url}/ready", timeout=60).status_code == 503)
        assert httpx.get(f"{server.url}/ready").json() == {"ready": False, "why": "stopping"}
        assert httpx.head(f"{server.url}/ready").status_code == 503
        assert httpx.get(f"{server.url}/health").status_code == 200
        for path in ("api/jobs", "api/enhance", "gradio_api/upload", "gradio_api/call/presets"):
            refused = httpx.post(f"{server.url}/{path}", json={"data": []}, timeout=60)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "60"), path
            assert refused.json()["error"] == "The server stops."
        until(lambda: bool(httpx.get(job, timeout=60).json()["state"] != "running"))
        assert httpx.get(f"{job}/download", timeout=60).content.startswith(b"fLaC")
        assert held.result().content.startswith(b"RIFF")
    assert server.process.wait(PATIENCE_S) == 0
    assert "Told to stop: no new work is taken" in server.log.read_text()
    assert not list(server.files.iterdir())


def test_told_twice_it_waits_for_nothing(tmp_path: Path, long_talk: Path) -> None:
    server = start_server(tmp_path, DRAIN_S="3600")
    ordered(server, long_talk)
    server.process.terminate()
    until(lambda: httpx.get(f"{server.url}/ready", timeout=60).status_code == 503)
    server.process.terminate()
    assert server.process.wait(PATIENCE_S) == 0
    assert not list(server.files.iterdir())
    assert "Traceback" not in server.log.read_text()
