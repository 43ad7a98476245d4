"""Start and stop of the app as a process, in poor surroundings too."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from subprocess import run
from types import SimpleNamespace

import httpx
import pytest
import uvicorn

from service.config import Config
from tests.conftest import free_port, start_server, stop_server
from tests.web import curl
from web import server as serving
from web.front.transport import BoundedConnection, most_connections

NO_DIRECTORY = """if True:
    import sys, tempfile
    sys.path.insert(0, ".")
    tempfile._candidate_tempdir_list = lambda: ["/proc"]
    import service.storage
    service.storage._parents = lambda env: []  # what the test may write, the app may not
    import _multiprocessing

    class NoSemaphore:
        def __init__(self, *_):
            raise OSError(30, "Read-only file system")  # as where /dev/shm is read-only

    import multiprocessing.synchronize
    _multiprocessing.SemLock = NoSemaphore
    import app
    sys.exit(app.main())
"""

WHAT_IS_IMPORTED = """if True:
    import sys
    before = set(sys.modules)  # what the interpreter's site imports is not ours
    import app
    assert not {"gradio", "numpy", "pipeline", "service", "web"} & (set(sys.modules) - before)
    _, site = app.build()
    heavy = {"scipy", "librosa", "numba", "matplotlib", "soundfile", "av"}
    print(sorted(heavy & set(sys.modules) - before), site.storage.root.exists())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGTERM")
def test_it_ends_cleanly_when_told_to_with_a_word_to_who_waits(tmp_path: Path, long_talk: Path) -> None:
    server = start_server(tmp_path)
    assert list(server.files.iterdir())
    url = f"{server.url}/gradio_api/call"
    order = {"file": curl.upload(server.url, long_talk)}
    event = httpx.post(f"{url}/v2/enhance", json=order, timeout=60).json()["event_id"]
    with httpx.stream("GET", f"{url}/enhance/{event}", timeout=60) as waiting:
        lines = waiting.iter_lines()
        first = next(lines)
        server.process.terminate()
        rest = [first, *lines]
    assert "event: error" in rest
    assert "The server stops." in rest[rest.index("event: error") + 1]
    assert server.process.wait(20) == 0
    assert not list(server.files.iterdir())
    assert "Traceback" not in server.log.read_text()


def test_without_any_writable_directory_it_answers_and_says_what_to_do(tmp_path: Path, talk: Path) -> None:
    server = start_server(tmp_path, "-c", NO_DIRECTORY, GRADIO_TEMP_DIR="/proc/none")
    try:
        assert httpx.get(f"{server.url}/health").json()["status"] == "degraded"
        found = httpx.get(f"{server.url}/api/diagnostics", timeout=30).json()
        storage = next(check for check in found["checks"] if check["name"] == "file storage")
        assert not storage["ok"]
        assert "GRADIO_TEMP_DIR" in storage["suggestion"]
        assert "GRADIO_TEMP_DIR" in httpx.get(server.url).text
        with pytest.raises(httpx.HTTPStatusError) as refusal:
            curl.upload(server.url, talk)
        assert refusal.value.response.status_code == 507
        assert refusal.value.response.json()["suggestion"]
    finally:
        stop_server(server)


def test_behind_a_server_of_ones_own(tmp_path: Path, talk: Path) -> None:
    server = start_server(
        tmp_path, "-m", "uvicorn", "--factory", "app:create_app", "--port", "{port}", "--timeout-graceful-shutdown", "3"
    )
    try:
        assert httpx.head(f"{server.url}/health").status_code == 200
        assert "gradio" in httpx.get(server.url).text
        assert httpx.get(f"{server.url}/gradio_api/file=/proc/self/fd/1").status_code == 404
        _, report = curl.call(server.url, "enhance", file=curl.upload(server.url, talk))
        assert report["after"]["lufs"] == pytest.approx(-16.0, abs=0.5)
    finally:
        stop_server(server)
    assert not list(server.files.iterdir())


def test_importing_the_app_imports_nothing_heavy_and_writes_nothing() -> None:
    done = run([sys.executable, "-c", WHAT_IS_IMPORTED], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "[] False"


@pytest.mark.parametrize("host", ["x86_64-conda-linux-gnu", "192.0.2.1", "a b", "fe80::1%nowhere", "x" * 300])
def test_a_host_that_is_no_address_of_this_machine_is_replaced_and_said(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: dict[str, str] = {}
    monkeypatch.setattr("runtime_setup.note", noted.__setitem__)
    monkeypatch.delenv("PORT", raising=False)
    used, listening = serving.listen_somewhere(host, free_port())
    with listening:
        assert (used, listening.getsockname()[0]) == ("127.0.0.1", "127.0.0.1")
    assert "127.0.0.1 is used" in noted["HOST"]


def test_a_port_of_others_is_not_given_up_for_another_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who named an address and a port means both: elsewhere nobody would look."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.2", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use") as fault:
            serving.listen_somewhere("127.0.0.2", taken.getsockname()[1])
    assert "set PORT" in serving.why_not(fault.value)
    assert "from 1024 on" in serving.why_not(PermissionError(13, "Permission denied"))


def test_a_port_in_use_is_said_and_ends(tmp_path: Path) -> None:
    with socket.socket() as taken:
        port = free_port()
        taken.bind(("127.0.0.1", port))
        taken.listen()
        env = {"PORT": str(port), "HOST": "127.0.0.1", "GRADIO_TEMP_DIR": str(tmp_path), "PATH": "/usr/bin"}
        done = run([sys.executable, "app.py"], env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert f"Cannot listen on port {port}: another program listens there." in done.stderr
    assert "set PORT" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("hops", "share"), [("0", 0.75), ("1", 1.0)])
def test_one_address_has_three_quarters_of_the_connections_unless_it_is_a_proxys(
    monkeypatch: pytest.MonkeyPatch, hops: str, share: float
) -> None:
    seen: list[tuple[int, int]] = []
    told: list[uvicorn.Config] = []

    class Listening:
        """Serves nobody, and says what it would have served with."""

        def __init__(self, config: uvicorn.Config, *_: object) -> None:
            told.append(config)

        def run(self, sockets: list[socket.socket]) -> None:
            assert len(sockets) == 1
            seen.append((BoundedConnection.most, BoundedConnection.most_each))

    monkeypatch.setattr(serving, "_Server", Listening)
    monkeypatch.setattr(serving.signal, "signal", lambda *_: None)
    for name in ("most", "most_each"):
        monkeypatch.setattr(BoundedConnection, name, getattr(BoundedConnection, name))
    config = Config.from_environ({"HOST": "127.0.0.1", "PORT": str(free_port()), "PROXY_HOPS": hops})
    assert serving.serve(None, SimpleNamespace(config=config)) == 0  # type: ignore[arg-type]
    assert seen == [(most_connections(), int(share * most_connections()))]
    (options,) = told
    assert options.http is BoundedConnection
    assert (options.ws, options.proxy_headers, options.server_header, options.access_log) == ("none", *[False] * 3)
    assert (options.timeout_keep_alive, options.timeout_graceful_shutdown) == (10, 3)
