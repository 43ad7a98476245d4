"""Foreign pages and foreign names: DNS rebinding, forms sent across, answers read across."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.datastructures import Headers

from pipeline.errors import EnhancementError
from service.config import Config
from tests.conftest import Server, start_server, stop_server
from web.front import origins

FOREIGN = {"Origin": "http://evil.example"}


def _config(**environ: str) -> Config:
    return Config.from_environ(environ)


def _status(check: Any, server: str, headers: dict[str, str], config: Config) -> int:
    try:
        check({"server": (server, 7860)}, Headers(headers), config)
    except EnhancementError as refusal:
        assert refusal.suggestion
        return refusal.status
    return 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.nip.io", "@"])
def test_a_foreign_name_does_not_reach_the_own_machine(server: Server, host: str) -> None:
    for path in ("/", "/health", "/gradio_api/info", "/gradio_api/upload"):
        assert httpx.get(server.url + path, headers={"Host": host}).status_code in (400, 421)


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1", "[::1]:7860", "LOCALHOST"])
def test_the_own_machines_names_do(server: Server, host: str) -> None:
    assert httpx.get(f"{server.url}/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("server", "host", "environ", "status"),
    [
        ("127.0.0.1", "speech.example", {}, 421),
        ("127.0.0.1", "speech.example", {"ALLOWED_HOSTS": "speech.example"}, 200),
        ("127.0.0.1", "a.speech.example", {"ALLOWED_HOSTS": "other, *.speech.example"}, 200),
        ("127.0.0.1", "badspeech.example", {"ALLOWED_HOSTS": "*.speech.example"}, 421),
        ("127.0.0.1", "anything", {"SPACE_ID": "a/b"}, 200),
        ("::1", "speech.example", {}, 421),
        ("10.0.0.2", "speech.example", {}, 200),
        ("10.0.0.2", "other.example", {"ALLOWED_HOSTS": "speech.example"}, 421),
        ("10.0.0.2", "10.0.0.2", {"ALLOWED_HOSTS": "speech.example"}, 200),  # probes of the platform
        ("10.0.0.2", "localhost", {"ALLOWED_HOSTS": "speech.example"}, 200),
    ],
)
def test_names_are_configurable_where_hosted(server: str, host: str, environ: dict[str, str], status: int) -> None:
    assert _status(origins.check_host, server, {"host": host}, _config(**environ)) == status


@pytest.mark.parametrize(
    ("server", "headers", "environ", "status"),
    [
        ("127.0.0.1", {"origin": "http://localhost:7860", "host": "localhost:7860"}, {}, 200),
        ("127.0.0.1", {"origin": "http://localhost:7861", "host": "localhost:7860"}, {}, 403),
        ("127.0.0.1", {"origin": "null", "host": "localhost:7860"}, {}, 403),
        ("127.0.0.1", {"origin": "https://a.example", "host": "x"}, {"ALLOWED_ORIGINS": "https://a.example/"}, 200),
        ("10.0.0.2", {"origin": "https://a.example", "host": "speech.example"}, {}, 200),
        ("10.0.0.2", {"origin": "https://a.example", "host": "speech.example"}, {"ALLOWED_ORIGINS": "https://b"}, 403),
        ("127.0.0.1", {"origin": "https://s.example", "host": "x", "x-forwarded-host": "s.example"}, {}, 200),
        # nginx's `Host $host` leaves the port out; what comes straight from a browser to our own port has one
        ("127.0.0.1", {"origin": "http://localhost:8080", "host": "localhost"}, {}, 200),
        ("127.0.0.1", {"origin": "http://[::1]:8080", "host": "[::1]"}, {}, 200),
        ("127.0.0.1", {"origin": "http://evil.example:8080", "host": "localhost"}, {}, 403),
        ("127.0.0.1", {"origin": "http://localhost:8080:1", "host": "localhost"}, {}, 403),
        ("127.0.0.1", {"origin": "http://a:1", "host": ""}, {}, 403),
    ],
)
def test_origins(server: str, headers: dict[str, str], environ: dict[str, str], status: int) -> None:
    assert _status(origins.allowed_origin, server, headers, _config(**environ)) == status


@pytest.mark.parametrize("port", [80, 443])
def test_at_the_usual_ports_no_port_was_left_out(port: int) -> None:
    """Another program's page on this machine, asking us at the port that browsers do not name."""
    headers = Headers({"origin": "http://localhost:3000", "host": "localhost"})
    with pytest.raises(EnhancementError):
        origins.allowed_origin({"server": ("127.0.0.1", port)}, headers, _config())


def test_a_foreign_page_can_neither_send_nor_read(server: Server, talk: Path) -> None:
    before = server.kept()
    with httpx.Client(headers=FOREIGN, base_url=server.url, timeout=30) as page, talk.open("rb") as file:
        answers = [
            page.post("/gradio_api/upload", files={"files": ("talk.wav", file)}),
            page.post("/gradio_api/queue/join", json={"fn_index": 0, "data": [], "session_hash": "x"}),
            page.post("/gradio_api/call/presets", json={"data": []}),
            page.get("/health"),
            page.request("OPTIONS", "/gradio_api/upload", headers={"Access-Control-Request-Method": "POST"}),
        ]
    assert [answer.status_code for answer in answers] == [403] * 5
    assert not any("access-control-allow-origin" in answer.headers for answer in answers)
    assert server.kept() == before


def test_a_page_that_is_allowed_may_send_and_read(tmp_path: Path) -> None:
    server = start_server(tmp_path, ALLOWED_ORIGINS="https://friend.example", ALLOWED_HOSTS="speech.example")
    try:
        friend = {"Origin": "https://friend.example", "Host": "speech.example"}
        preflight = httpx.options(
            f"{server.url}/gradio_api/upload", headers=friend | {"Access-Control-Request-Method": "POST"}
        )
        read = httpx.get(f"{server.url}/gradio_api/info", headers=friend, timeout=30)
        assert (preflight.status_code, read.status_code) == (204, 200)
        for answer in (preflight, read):
            assert answer.headers["access-control-allow-origin"] == friend["Origin"]
            assert "access-control-allow-credentials" not in answer.headers
            assert "Origin" in answer.headers["vary"]
        assert httpx.get(f"{server.url}/health", headers=FOREIGN).status_code == 403
    finally:
        stop_server(server)
