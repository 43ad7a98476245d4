"""The deployment checklist, against a small server that is well, ill, or something else altogether."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from runtime.doctor import main as doctor
from runtime.doctor.remote import checklist

HEALTH = {
    "status": "healthy",
    "system": "AI Speech Enhancement System",
    "version": "0.1.0",
    "ready": True,
    "config": {"numba_cache_dir": "/c", "numba_cache_exists": True, "numba_jit_enabled": True},
}
DIAGNOSTICS: dict[str, Any] = {
    "status": "ok",
    "libraries": {
        "numba": {"version": "1", "cache_writable": True, "mode": "environment", "baked_dir": None},
        "librosa": {"version": "1"},
        "gradio": {"version": "1"},
    },
    "checks": [{"name": "memory", "ok": True, "detail": "enough", "suggestion": ""}],
}
Serve = Callable[..., str]


@pytest.fixture
def heard() -> list[str | None]:
    """The passwords that requests brought."""
    return []


@pytest.fixture
def serve(heard: list[str | None]) -> Iterator[Serve]:
    """Start a server that answers with the given content by path, or sends elsewhere; its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(pages: dict[str, Any], status: int = 200) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append(self.headers["Authorization"])
                page = pages.get(self.path, pages.get("elsewhere"))
                content = page if isinstance(page, bytes) else json.dumps(page).encode()
                self.send_response(status if page is not None else 404)
                if "elsewhere" in pages:
                    self.send_header("Location", pages["elsewhere"])
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def failed(url: str) -> dict[str, str]:
    return {check.name: f"{check.detail} {check.suggestion}" for check in checklist(url, 5) if not check.ok}


def test_a_service_that_is_well(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    url = serve({"/health": HEALTH, "/api/diagnostics": DIAGNOSTICS})
    assert doctor.main(["--url", url + "/"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "All is well."
    assert all(line.startswith("ok ") for line in lines[:-1])
    names = [
        "reachable",
        "service",
        "healthy",
        "ready",
        "cache exists",
        "JIT enabled",
        "cache writable or baked",
        "versions",
    ]
    assert [line[5:].split(":")[0] for line in lines[:-1]] == names
    assert doctor.main(["--url", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "ok"


def test_a_service_that_is_ill_has_a_line_for_each_fault(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    config = {"numba_cache_dir": None, "numba_cache_exists": False, "numba_jit_enabled": False}
    health = HEALTH | {"status": "degraded", "ready": False, "config": config}
    ill = {"name": "memory", "ok": False, "detail": "12 MB", "suggestion": "Buy some."}
    numba = {"version": "1", "cache_writable": False, "mode": "memory", "baked_dir": None}
    diagnostics = {"libraries": {"numba": numba}, "checks": [ill]}
    url = serve({"/health": health, "/api/diagnostics": diagnostics})
    assert set(failed(url)) == {
        *("healthy", "ready", "cache exists", "JIT enabled", "cache writable or baked", "versions", "memory")
    }
    assert doctor.main(["--url", url]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "FAIL memory: 12 MB → Buy some." in lines
    assert lines[-1] == "7 checks failed."


def test_the_password_goes_to_the_service_and_to_nobody_else(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, heard: list[str | None]
) -> None:
    url = serve({"/health": HEALTH, "/api/diagnostics": DIAGNOSTICS})
    monkeypatch.setenv("PASSWORD", "s3cret")
    assert failed(url) == {}
    assert heard == ["Basic OnMzY3JldA=="] * 2
    assert failed(serve({"elsewhere": f"{url}/health"}, 302))
    assert heard[2:] == ["Basic OnMzY3JldA==", None] * 2


def test_a_baked_cache_need_not_be_writable(serve: Serve) -> None:
    numba = {"version": "1", "cache_writable": False, "mode": "baked", "baked_dir": "/b"}
    diagnostics = DIAGNOSTICS | {"libraries": DIAGNOSTICS["libraries"] | {"numba": numba}}
    assert failed(serve({"/health": HEALTH, "/api/diagnostics": diagnostics})) == {}


@pytest.mark.parametrize(
    ("pages", "status", "sentence"),
    [
        ({"/health": b"<html>Sign in</html>"}, 200, "does not answer with JSON"),
        ({"/health": [1]}, 200, "does not answer with a JSON object"),
        ({}, 200, "answers with status 404"),
        ({"/health": HEALTH}, 503, "answers with status 503"),
        ({"/health": HEALTH}, 200, "/api/diagnostics answers with status 404"),
        ({"/health": HEALTH, "/api/diagnostics": b"\xff"}, 200, "does not answer with JSON"),
    ],
)
def test_what_is_not_the_service_is_said_in_a_sentence(
    serve: Serve, pages: dict[str, Any], status: int, sentence: str
) -> None:
    found = failed(serve(pages, status))
    assert list(found) == ["reachable"]
    assert sentence in found["reachable"]


def test_answers_of_the_wrong_shape_do_not_break_the_checklist(serve: Serve) -> None:
    found = failed(serve({"/health": {"config": 3}, "/api/diagnostics": {"libraries": [], "checks": [7, {}]}}))
    assert "service" in found


def test_nobody_there() -> None:
    assert "cannot be reached" in failed("http://127.0.0.1:9")["reachable"]
    assert "not a web address" in failed("file:///etc/passwd")["address"]


def test_a_silent_service_is_waited_for_15_s_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checklist in a deployment must end."""
    asked: list[float] = []

    def urlopen(url: str, timeout: float) -> None:
        asked.append(timeout)
        raise TimeoutError("timed out")

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    (only,) = checklist("http://127.0.0.1:9")
    assert asked == [15.0]
    assert "timed out" in only.detail
    list(checklist("http://127.0.0.1:9", 3.5))
    assert asked == [15.0, 3.5]


def test_who_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        (only,) = checklist(f"http://127.0.0.1:{silent.getsockname()[1]}", 0.2)
    assert (only.name, only.ok) == ("reachable", False)
    assert "timed out" in only.detail


@pytest.mark.parametrize(("padding", "is_read"), [(2**20 - 400, True), (2**20 + 1, False)])
def test_no_more_than_a_mebibyte_is_read_of_an_answer(serve: Serve, padding: int, is_read: bool) -> None:
    page = json.dumps(HEALTH).encode() + b" " * padding
    found = failed(serve({"/health": page, "/api/diagnostics": DIAGNOSTICS}))
    assert not found
    endless = b'{"system": "' + b"x" * padding + b'"}'
    found = failed(serve({"/health": endless, "/api/diagnostics": DIAGNOSTICS}))
    assert ("does not answer with JSON" in found.get("reachable", "")) is not is_read


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ({"status": "degraded"}, "healthy"),
        ({"ready": False}, "ready"),
        ({"ready": "yes"}, "ready"),
        ({"system": ""}, "service"),
        ({"version": None}, "service"),
        ({"config": HEALTH["config"] | {"numba_cache_exists": False}}, "cache exists"),  # type: ignore[operator]
        ({"config": HEALTH["config"] | {"numba_jit_enabled": False}}, "JIT enabled"),  # type: ignore[operator]
    ],
)
def test_each_fault_of_health_fails_its_own_check(serve: Serve, fault: dict[str, Any], name: str) -> None:
    assert set(failed(serve({"/health": HEALTH | fault, "/api/diagnostics": DIAGNOSTICS}))) == {name}


@pytest.mark.parametrize("library", ["numba", "librosa", "gradio"])
def test_a_library_that_is_missing_fails_the_versions(serve: Serve, library: str) -> None:
    libraries = DIAGNOSTICS["libraries"] | {library: DIAGNOSTICS["libraries"][library] | {"version": None}}
    found = failed(serve({"/health": HEALTH, "/api/diagnostics": DIAGNOSTICS | {"libraries": libraries}}))
    assert f"{library} missing" in found["versions"]
