"""Calls with everything wrong in turn: refused in a line, never a fault of the server, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Server
from tests.web import curl

SESSION = "0123456789a"
MARK = "\x1b[31mMARK<script>\r\n2026-01-01 ERROR forged"
LINES_BYTES = 400  # of the log, for one refused request


@pytest.fixture
def quiet(server: Server) -> Iterator[None]:
    """No traceback, nothing of the visitor's unescaped, and not much at all."""
    before = len(server.log.read_bytes())
    yield
    said = server.log.read_bytes()[before:].decode()
    assert "Traceback" not in said
    assert "\x1b" not in said
    assert "\nforged" not in said
    assert "ERROR forged" not in said.splitlines()
    assert len(said) <= 30 * LINES_BYTES
    assert httpx.get(f"{server.url}/health", timeout=30).json()["status"] == "healthy"


def _functions(server: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{server.url}/config", timeout=30).json()["dependencies"]
    return found


BODIES: list[Any] = [
    None, 7, "text", [], {}, {"data": None}, {"data": {}}, {"data": [], "fn_index": -1},
    {"data": [], "fn_index": 10**9},
    {"data": [], "fn_index": "0"}, {"data": [], "fn_index": 0.5}, {"data": [], "fn_index": True},
    {"data": [], "fn_index": None}, {"fn_index": 0, "session_hash": SESSION},
    {"data": [], "fn_index": 0}, {"data": [], "fn_index": 0, "session_hash": None},
    {"data": [], "fn_index": 0, "session_hash": ""}, {"data": [], "fn_index": 0, "session_hash": "x" * 65},
    {"data": [], "fn_index": 0, "session_hash": MARK}, {"data": [], "fn_index": 0, "session_hash": ["x"]},
    {"data": [1] * 5000, "fn_index": 0, "session_hash": SESSION},
    {"data": [], "fn_index": 10**6, "session_hash": SESSION, "trigger_id": "x"},
    {"data": [], "fn_index": 2, "session_hash": SESSION, "trigger_id": -1},
]  # fmt: skip


@pytest.mark.parametrize("path", ["queue/join", "run/predict", "api/predict"])
def test_calls_of_no_shape(server: Server, quiet: None, path: str) -> None:
    for body in BODIES:
        answer = httpx.post(f"{server.url}/gradio_api/{path}", json=body, timeout=30)
        assert 400 <= answer.status_code < 500, body
        assert len(answer.content) < 400


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"\xff\xfe", b"null", b'{"data": [NaN]}', b'{"data": [Infinity]}', b'{"data": ["\\ud800"]}',
        b'{"data": [' + b"9" * 5000 + b"]}", b'{"data": ' + b"[" * 50_000,
        b'{"data": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"data": []}garbage', b'{"data": [], "data": 5}', b"data=1",
    ],
)  # fmt: skip
def test_bodies_that_are_no_json(server: Server, quiet: None, raw: bytes) -> None:
    for path in ("queue/join", "call/enhance", "call/v2/enhance", "run/predict", "cancel", "reset"):
        answer = httpx.post(f"{server.url}/gradio_api/{path}", content=raw, timeout=30)
        assert 400 <= answer.status_code < 500, path
        assert len(answer.content) < 400


def test_endpoints_that_do_not_exist(server: Server, quiet: None) -> None:
    for name in ("nothing", "predict", "begin", "run", "__class__", "x" * 64):
        for path in (f"call/{name}", f"call/v2/{name}"):
            answer = httpx.post(f"{server.url}/gradio_api/{path}", json={"data": []}, timeout=30)
            assert answer.status_code == 404
            assert len(answer.content) < 400


def test_the_page_cannot_be_called_as_an_endpoint_nor_an_endpoint_past_the_queue(server: Server, quiet: None) -> None:
    for number, function in enumerate(_functions(server)):
        body = {"data": [None] * len(function["inputs"]), "fn_index": number, "session_hash": SESSION}
        if function["queue"]:
            assert httpx.post(f"{server.url}/gradio_api/run/predict", json=body, timeout=30).status_code == 404
        else:
            assert httpx.post(f"{server.url}/gradio_api/queue/join", json=body, timeout=30).status_code == 404


HOSTILE: list[Any] = [
    None, True, -1, 1e308, 10**30, "", MARK, "../../etc/passwd", [], [[]], {}, {"path": None}, {"path": []},
    {"path": "/etc/passwd"}, {"path": "/proc/self/environ", "meta": {"_type": "gradio.FileData"}},
    {"path": "http://127.0.0.1/", "meta": {"_type": "gradio.FileData"}},
    {"path": "x", "url": "http://127.0.0.1/", "meta": {"_type": "gradio.FileData"}},
    {"url": "file:///etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"path": MARK, "meta": {"_type": "gradio.FileData"}, "orig_name": MARK, "size": -1, "is_stream": True},
    {"data": "data:text/html;base64,AAAA", "name": "x"},
]  # fmt: skip


def test_hostile_values_for_every_function_of_the_page(server: Server, quiet: None) -> None:
    """Each value in each place, the rest left out; whatever it answers, in words."""
    with httpx.Client(base_url=f"{server.url}/gradio_api", timeout=60) as visitor:
        for number, function in enumerate(_functions(server)):
            count = len(function["inputs"])
            for at, value in enumerate(HOSTILE[: max(1, len(HOSTILE) if count else 1)]):
                data = [None] * count
                if count:
                    data[at % count] = value
                session = f"{number}x{at}"
                body = {"data": data, "fn_index": number, "session_hash": session}
                path = "/queue/join" if function["queue"] else "/run/predict"
                answer = visitor.post(path, json=body)
                if function["queue"] and answer.status_code == 200:
                    message = curl.last_message(f"{server.url}/gradio_api/queue/data?session_hash={session}")
                    assert message["msg"] == "process_completed"
                    if not message["success"]:
                        assert message["output"]["error"], (function["api_name"], value)  # in words, not null
                else:
                    assert answer.status_code != 500 or answer.json().get("error"), (function["api_name"], value)


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_for_the_endpoints(server: Server, quiet: None, value: Any) -> None:
    for endpoint, body in (
        ("enhance", {"file": value}),
        ("analyze", {"file": value}),
        ("enhance", {"file": {"path": "x", "meta": {"_type": "gradio.FileData"}}, "preset": value}),
    ):
        with pytest.raises(curl.ApiError) as refusal:
            curl.call(server.url, endpoint, **body)
        assert refusal.value.error["error"]
        assert 400 <= refusal.value.error["status"] < 500


def test_another_visitors_tokens_are_of_no_use(server: Server, quiet: None, talk: Path) -> None:
    """Whoever guesses at sessions and events gets nothing, and stops nobody."""
    result, _ = curl.call(server.url, "enhance", file=curl.upload(server.url, talk))
    for token in ("0", "x" * 11, "0" * 32, "..", "%2e%2e", "../../x", "%1b%5b31m"):
        for path in (f"call/enhance/{token}", f"queue/data?session_hash={token}"):
            with httpx.stream("GET", f"{server.url}/gradio_api/{path}", timeout=30) as answer:
                said = answer.read()
            assert answer.status_code < 500
            assert result["path"].encode() not in said
            assert len(said) < 500
        body = {"session_hash": token, "fn_index": 0, "event_id": token}
        assert httpx.post(f"{server.url}/gradio_api/cancel", json=body, timeout=30).status_code < 500


def test_missing_and_null_are_the_default_everywhere(server: Server, quiet: None, talk: Path) -> None:
    file = curl.upload(server.url, talk)
    count = len(
        httpx.get(f"{server.url}/gradio_api/info", timeout=30).json()["named_endpoints"]["/enhance"]["parameters"]
    )
    for data in ([file], [file, None], [file, "podcast"], [file] + [None] * (count - 1)):
        assert curl.call_by_position(server.url, "enhance", *data)[0]["path"]
    assert curl.call(server.url, "enhance", file=file, preset=None, denoise_strength_db=None)[0]["path"]
    with pytest.raises(httpx.HTTPStatusError):
        curl.call_by_position(server.url, "enhance", file, *[None] * count)


def test_refusals_are_said_in_json(server: Server, quiet: None) -> None:
    answer = httpx.post(f"{server.url}/gradio_api/queue/join", json=[], timeout=30)
    assert set(answer.json()) == {"error", "details", "suggestion", "status"}
    assert json.loads(answer.text)["status"] == answer.status_code
