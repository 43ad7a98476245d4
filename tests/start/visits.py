"""Start, wait until it is ready, have one file enhanced, stop: by each of the ways in. What fails is an assertion."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.conftest import PROJECT, Server, free_port, stop_server
from tests.start.circumstances import SECRET, changed
from tests.web import curl

PATIENCE_S = 400  # of a machine that does much else
UVICORN = ("-m", "uvicorn", "--factory", "app:create_app", "--timeout-graceful-shutdown", "3", "--host", "127.0.0.1")
LIBRARY = """if True:
    import os, sys
    before = dict(os.environ)
    from pipeline import enhance, load, save
    save(sys.argv[2], enhance(load(sys.argv[1])).audio)
    assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())
"""


@dataclass(frozen=True)
class Place:
    """folder : of this visit alone; talk : a recording; environ : of the program, but for what is tried."""

    folder: Path
    talk: Path
    environ: Mapping[str, str]


def app(place: Place, changes: Mapping[str, str | None]) -> None:
    """`python app.py`."""
    port = 7860 if "PORT" in changes else free_port()
    host = "127.0.0.77"  # nobody else's, whatever the port
    environ = changed({**place.environ, "HOST": host, "PORT": str(port), "DRAIN_S": "0"}, changes)
    if "PORT" in changes:
        environ["PORT"] = changes["PORT"] or ""
    _served(place, (str(PROJECT / "app.py"),), environ, f"http://{'127.0.0.1' if 'HOST' in changes else host}:{port}")


def uvicorn(place: Place, changes: Mapping[str, str | None]) -> None:
    """`uvicorn --factory app:create_app`; what uvicorn itself refuses is its own business."""
    port = free_port()
    kept = {name: value for name, value in changes.items() if name not in ("WEB_CONCURRENCY", "UVICORN_WORKERS")}
    environ = changed(place.environ, kept)
    _served(place, (*UVICORN, "--port", str(port)), environ, f"http://127.0.0.1:{port}")


def _served(place: Place, command: tuple[str, ...], environ: Mapping[str, str], url: str) -> None:
    log = place.folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, *command], cwd=place.folder, env=environ, stdout=out, stderr=out)
    server = Server(url, process, log, place.folder)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not _is_ready(server):
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < deadline
            time.sleep(0.1)
        _, report = curl.call(url, "enhance", file=curl.upload(url, place.talk))
        assert abs(report["after"]["lufs"] + 16) < 0.5
        assert httpx.get(f"{url}/api/diagnostics", timeout=60).json()["warm_up"]["state"] == "done"
        assert stop_server(server) in (0, -signal.SIGTERM)  # uvicorn ends by the signal itself
    finally:
        process.kill()
    _check(log.read_text(errors="replace"))


def _check(said: str) -> None:
    """No fault of a program, and no value; what a library of the system says of LANG is its own business."""
    ours = "\n".join(line for line in said.splitlines() if not line.startswith("Fontconfig warning"))
    assert "Traceback" not in ours, ours
    assert SECRET not in ours, ours


def _is_ready(server: Server) -> bool:
    try:
        return bool(httpx.get(f"{server.url}/health", timeout=30).json()["ready"])
    except httpx.TransportError:
        return False


def command_line(place: Place, changes: Mapping[str, str | None]) -> None:
    """`python -m pipeline`."""
    target = place.folder / f"clean-{secrets.token_hex(4)}.wav"  # one place may be visited often
    _run(place, changes, "-m", "pipeline", str(place.talk), "-o", str(target), "--report", "none")
    assert target.stat().st_size > 1000


def doctor(place: Place, changes: Mapping[str, str | None]) -> None:
    """`python runtime_setup.py`: it ends with its own words, well or not."""
    said = _run(place, changes, str(PROJECT / "runtime_setup.py"), status=(0, 1))
    assert "ok   enhancement works" in said, said
    assert "environment" in said, said


def library(place: Place, changes: Mapping[str, str | None]) -> None:
    """`import pipeline` in somebody's program, whose environment stays as it is."""
    target = place.folder / "library.wav"
    _run(place, changes, "-c", LIBRARY, str(place.talk), str(target))
    assert target.stat().st_size > 1000


def _run(place: Place, changes: Mapping[str, str | None], *command: str, status: tuple[int, ...] = (0,)) -> str:
    environ = changed(place.environ, changes)
    done = subprocess.run(
        [sys.executable, *command], cwd=place.folder, env=environ, capture_output=True, timeout=PATIENCE_S, check=False
    )
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode in status, said
    _check(said)
    return said


WAYS: dict[str, Callable[[Place, Mapping[str, str | None]], None]] = {
    "app.py": app,
    "uvicorn": uvicorn,
    "command line": command_line,
    "doctor": doctor,
    "import pipeline": library,
}
