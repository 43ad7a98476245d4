"""/health and /api/diagnostics of the running app: names and shapes are a contract."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from tests.conftest import Server, until_ready


def test_health(server: Server) -> None:
    answer = httpx.get(f"{server.url}/health")
    found = answer.json()
    assert answer.status_code == 200
    assert set(found) == {"status", "system", "version", "timestamp", "ready", "config"}
    assert found["status"] == "healthy"  # the tests' own home has room for compiled code
    assert (found["config"]["numba_cache_exists"], found["config"]["numba_jit_enabled"]) == (True, True)
    assert set(found["config"]) == {"numba_cache_dir", "numba_cache_exists", "numba_jit_enabled"}
    assert abs((datetime.now(UTC) - datetime.fromisoformat(found["timestamp"])).total_seconds()) < 60


def test_diagnostics(server: Server) -> None:
    found = httpx.get(f"{server.url}/api/diagnostics", timeout=30).json()
    assert {"status", "platform", "libraries", "directories", "environment", "warm_up", "denoiser", "checks"} <= set(
        found
    )
    assert set(found["environment"]) == {"PORT", "NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT", "DENOISER_REPO"}
    assert set(found["denoiser"]) == {"state", "name", "source", "sha256", "warnings"}
    assert set(found["directories"]) == {"uploads", "outputs", "spectrograms"}
    assert all(path.startswith(str(server.files)) for path in found["directories"].values())
    assert all({"name", "ok", "detail", "suggestion"} == set(check) for check in found["checks"])
    assert [check["ok"] for check in found["checks"] if check["name"] == "file storage"] == [True]


def test_ready_is_what_health_says_of_the_engine(server: Server) -> None:
    answer = httpx.get(f"{server.url}/ready")
    until_ready(server)
    assert answer.json() == ({"ready": True} if answer.status_code == 200 else {"ready": False, "why": "warming-up"})
    assert httpx.get(f"{server.url}/ready").status_code == 200
    assert (httpx.head(f"{server.url}/ready").status_code, httpx.head(f"{server.url}/ready").content) == (200, b"")


@pytest.mark.parametrize("path", ["/health", "/api/diagnostics"])
def test_head_answers_without_a_body(server: Server, path: str) -> None:
    answer = httpx.head(server.url + path, timeout=30)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert not answer.content


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_nothing_else_is_described(server: Server, path: str) -> None:
    assert httpx.get(server.url + path).status_code == 404


def test_the_start_is_announced_in_one_line(server: Server) -> None:
    lines = [line for line in server.log.read_text().splitlines() if "Starting AI Speech Enhancement System v" in line]
    assert len(lines) == 1
    assert "rung" in lines[0]
    assert server.url in lines[0]
