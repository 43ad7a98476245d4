"""What tests of several folders share: the app as a running process, and recordings to send it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import runtime_setup
from tests import environment

environment.make_known()
runtime_setup.own_process()  # as the app and the command line do, before NumPy is imported

import httpx  # noqa: E402
import hypothesis  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
import soundfile  # noqa: E402

from tests.browser import browser  # noqa: E402, F401 (a fixture: two of them in one process would not do)
from tests.fuzz import scale  # noqa: E402
from tests.pipeline.signals import noise, speech_like  # noqa: E402

PROJECT = Path(__file__).resolve().parent.parent
START_S = 120  # generous: machines that test are busy; how quick the start is, is measured, not tested
MAX_UPLOAD_MB = 4

# How long an example takes is the machine's business. Which examples are tried is the same every time, so that a test
# that fails did so for the change at hand; STRESS=1 looks for others, and for more of them.
STRESS = os.environ.get("STRESS") == "1"
hypothesis.settings.register_profile("the same every time", deadline=None, derandomize=True)
hypothesis.settings.register_profile("stress", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("stress" if STRESS else "the same every time")


@dataclass(frozen=True)
class Server:
    """The app in a process of its own. files : where it keeps uploads and results."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    files: Path

    def kept(self) -> set[Path]:
        """Every file that it keeps now."""
        return {path for path in self.files.rglob("*") if path.is_file() and path.name != ".lock"}


@pytest.hookimpl(trylast=True)  # after the reporter has looked
def pytest_configure() -> None:
    environment.forget_colours()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in scale.shown():
        terminalreporter.write_line(line)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_server(folder: Path, *command: str, **environment: str) -> Server:
    """Start the app and wait until it answers. `command` : Python's arguments, default app.py."""
    files, log, port = folder / "files", folder / "log", free_port()
    files.mkdir(exist_ok=True)
    usual = {"GRADIO_TEMP_DIR": str(files), "PORT": str(port), "HOST": "127.0.0.1", "DRAIN_S": "0"}
    env = os.environ | usual | environment
    command = command or (str(PROJECT / "app.py"),)
    command = tuple(part.replace("{port}", str(port)) for part in command)
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, *command], cwd=PROJECT, env=env, stdout=out, stderr=out)
    server = Server(f"http://127.0.0.1:{port}", process, log, files)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            httpx.get(f"{server.url}/health", timeout=5).raise_for_status()
            return server
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError(f"The app did not answer within {START_S} s:\n{log.read_text()}")


def until_ready(server: Server) -> None:
    """Wait for the warm-up, which takes memory."""
    deadline = time.monotonic() + 3 * START_S
    while not httpx.get(f"{server.url}/health", timeout=30).json()["ready"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def stop_server(server: Server) -> int:
    """SIGTERM, as a host would send it; the exit status."""
    server.process.terminate()
    try:
        return server.process.wait(20)
    except subprocess.TimeoutExpired:
        server.process.kill()
        raise


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One app for all tests, with small limits. Whatever they ask of it, it is never at a loss: see the end."""
    found = start_server(tmp_path_factory.mktemp("app"), MAX_UPLOAD_MB=str(MAX_UPLOAD_MB), WORKERS="1")
    yield found
    stop_server(found)
    _, unforeseen, what = found.log.read_text().partition("Unforeseen")
    assert not unforeseen, what[:4000]


@pytest.fixture(scope="session")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of something like speech in noise, 16 kHz: talk.wav."""
    path = tmp_path_factory.mktemp("recordings") / "talk.wav"
    x = speech_like(16_000, 3.0) + noise(1, 48_000, -45.0)
    soundfile.write(path, x.T, 16_000)
    return path


@pytest.fixture(scope="session")
def long_talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough to be watched and cancelled while it is enhanced, small enough to be sent: silence mostly."""
    path = tmp_path_factory.mktemp("recordings") / "long.flac"
    x = np.zeros(48_000 * 60 * 25, np.float32)
    x[: 48_000 * 3] = np.repeat(speech_like(16_000, 3.0)[0], 3)
    soundfile.write(path, x, 48_000)
    return path
