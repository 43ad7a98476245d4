"""The MCP server through the front door, as a real client uses it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import soundfile
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, Tool

from pipeline.settings import parameters
from tests.asynchronous import finished
from tests.conftest import Server, start_server, stop_server
from tests.pipeline.files.films import AT_S, film, seen
from tests.web import curl

PATIENCE_S = 60
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream"}
Use = Callable[[ClientSession], Awaitable[Any]]


@pytest.fixture(scope="module")
def mcp_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = start_server(tmp_path_factory.mktemp("mcp"), MCP="1", WORKERS="1", MAX_UPLOAD_MB="4")
    yield found
    stop_server(found)
    log = found.log.read_text()
    assert "Traceback" not in log
    assert "Unforeseen" not in log


def used(server: Server, use: Use) -> Any:
    """What `use` finds out in a session of its own."""

    async def run() -> Any:
        address = f"{server.url}/gradio_api/mcp/"
        async with streamable_http_client(address) as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            return await use(session)

    return finished(run())


def called(server: Server, tool: str, /, **given: Any) -> CallToolResult:
    answer: CallToolResult = used(server, lambda session: session.call_tool(tool, given))
    return answer


def test_the_tools_say_what_they_take(mcp_server: Server) -> None:
    found: dict[str, Tool] = {tool.name: tool for tool in used(mcp_server, lambda session: session.list_tools()).tools}
    assert list(found) == ["enhance", "analyze", "presets"]
    assert all(tool.description and tool.title for tool in found.values())
    takes = found["enhance"].inputSchema
    assert takes["required"] == ["file"]
    assert set(parameters()) < takes["properties"].keys()
    assert all("description" in one and ("type" in one or "enum" in one) for one in takes["properties"].values())
    strength = takes["properties"]["denoise_strength_db"]
    assert (strength["type"], strength["minimum"], strength["maximum"]) == (["number", "null"], 0, 60)
    assert list(found["analyze"].inputSchema["properties"]) == ["file", "name"]
    assert found["presets"].inputSchema["properties"] == {}


def test_a_recording_is_enhanced_and_progress_is_told(mcp_server: Server, talk: Path, tmp_path: Path) -> None:
    told: list[float] = []
    path = curl.upload(mcp_server.url, talk)["path"]

    async def use(session: ClientSession) -> CallToolResult:
        async def tell(progress: float, total: float | None, message: str | None) -> None:
            assert (total, bool(message)) == (1.0, True)
            told.append(progress)

        given = {"file": path, "preset": "podcast", "output_format": "flac", "track": None, "removed": True}
        return await session.call_tool("enhance", given, progress_callback=tell)

    answer: CallToolResult = used(mcp_server, use)
    assert not answer.isError
    found = answer.structuredContent
    assert found is not None
    assert json.loads(answer.content[0].text) == found
    assert [str(link.uri) for link in answer.content[1:]] == [found["file"]["url"], found["removed"]["url"]]
    assert found["report"]["after"]["lufs"] == pytest.approx(-16.0, abs=0.5)
    for one, name in (("file", "talk.clean.flac"), ("removed", "talk.removed.flac")):
        assert found[one]["name"] == name
        target = tmp_path / name
        target.write_bytes(httpx.get(found[one]["url"], timeout=PATIENCE_S).content)
        assert soundfile.info(target).frames == 48_000
    assert told == sorted(told)
    assert told


def test_a_file_as_data(mcp_server: Server, talk: Path) -> None:
    data = "data:audio/wav;base64," + base64.b64encode(talk.read_bytes()).decode()
    measures = called(mcp_server, "analyze", file=data).structuredContent
    assert measures is not None
    assert measures["duration_s"] == pytest.approx(3.0)
    found = called(mcp_server, "enhance", file=data, name="../My talk.wav", denoise_method="spectral")
    assert found.structuredContent is not None
    assert found.structuredContent["file"]["name"] == "My talk.clean.wav"


def test_a_video_comes_back_as_one(mcp_server: Server, tmp_path: Path) -> None:
    path = curl.upload(mcp_server.url, film(tmp_path / "film.mp4", late_s=1.5))["path"]
    found = called(mcp_server, "enhance", file=path, as_video=True, denoise_method="spectral").structuredContent
    assert found is not None
    assert (found["file"]["name"], found["file"]["mime_type"]) == ("film.clean.mp4", "video/mp4")
    target = tmp_path / "new.mp4"
    target.write_bytes(httpx.get(found["file"]["url"], timeout=PATIENCE_S).content)
    assert seen(target).click_s == pytest.approx(AT_S, abs=0.02)


def test_presets(mcp_server: Server) -> None:
    found = called(mcp_server, "presets").structuredContent
    assert found is not None
    assert set(found["parameters"]) == set(parameters())


@pytest.mark.parametrize(
    ("name", "given", "status", "said"),
    [
        ("enhance", {}, 400, "missing"),
        ("enhance", {"file": "/etc/passwd"}, 422, "not uploaded"),
        ("analyze", {"file": "http://127.0.0.1/x.wav"}, 422, "not uploaded"),
        ("analyze", {"file": 7}, 422, "not uploaded"),
        ("analyze", {"file": "data:audio/wav;base64,$$$"}, 422, "base64"),
        ("analyze", {"file": "data:audio/wav;base64,UklGRg=="}, 422, ""),
        ("analyze", {"file": "data:,", "colour": "red"}, 400, "'colour' is not known"),
        ("enhance", {"file": "data:audio/wav;base64,UklGRg==", "preset": "loud"}, 400, "Unknown preset"),
        ("enhance", {"file": "data:audio/wav;base64,UklGRg==", "denoise_strength_db": 999}, 400, "out of range"),
        ("delete", {}, 400, "no tool"),
    ],
)
def test_faults_are_told_as_everywhere(
    mcp_server: Server, name: str, given: dict[str, Any], status: int, said: str
) -> None:
    answer = called(mcp_server, name, **given)
    assert answer.isError
    told = answer.structuredContent
    assert told is not None
    assert set(told) == {"error", "details", "suggestion", "status"}
    assert told["status"] == status
    assert said in told["error"]


def test_the_doors_hold_here_too(mcp_server: Server) -> None:
    url = f"{mcp_server.url}/gradio_api/mcp/"
    with httpx.Client(timeout=PATIENCE_S, headers=ACCEPT) as visitor:
        assert visitor.post(url, json=LIST).status_code == 200
        assert visitor.post(url, json=LIST, headers={"Origin": "https://evil.example"}).status_code == 403
        assert visitor.post(url, json=LIST, headers={"Host": "evil.example"}).status_code == 421
        assert visitor.get(url).status_code == visitor.delete(url).status_code == 405
        assert visitor.post(url, content=b"x" * (2**20 + 1)).status_code == 413
        assert visitor.get(f"{url}sse").status_code == 404
        for body in (b"{", b"[]", b"{}", b"[" * 9000, json.dumps(LIST | {"method": "x"}).encode(), b'{"id": NaN}'):
            answer = visitor.post(url, content=body, headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.json()["status"]) == (400, 400), body[:40]
        strange = LIST | {"method": "tools/call", "params": {"name": "x" * 9000, "arguments": {}}}
        assert '"isError":true' in visitor.post(url, json=strange).text
    assert all(len(line) < 300 for line in mcp_server.log.read_text().splitlines())


def test_whoever_hangs_up_ends_the_work(mcp_server: Server, long_talk: Path) -> None:
    """Work that goes on has a folder for its result, and keeps it."""

    def results() -> set[Path]:
        return set(mcp_server.files.rglob("out-*"))

    before = results()
    path = curl.upload(mcp_server.url, long_talk)["path"]
    params = {"name": "enhance", "arguments": {"file": path}, "_meta": {"progressToken": "p"}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    address = f"{mcp_server.url}/gradio_api/mcp/"
    with httpx.stream("POST", address, json=call, headers=ACCEPT, timeout=PATIENCE_S) as answer:
        assert any("notifications/progress" in line and results() != before for line in answer.iter_lines())
    deadline = time.monotonic() + PATIENCE_S
    while results() != before:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_without_it_there_is_no_door(server: Server) -> None:
    for method, path in (("POST", "/gradio_api/mcp/"), ("POST", "/gradio_api/mcp"), ("GET", "/gradio_api/mcp/schema")):
        assert httpx.request(method, server.url + path, json=LIST).status_code == 404
