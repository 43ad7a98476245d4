"""The routes of the Gradio in use, one by one: which are open, which are not; a new one waits for a decision."""

from __future__ import annotations

import http.client
import json
import re
import sys
from subprocess import run

import httpx
import pytest

from tests.conftest import PROJECT, Server
from web.front import doors

# Every path that Gradio or this app serves, and whether it is open to visitors. If the next Gradio adds one, decide.
DECIDED = {
    "/": True,
    "/api/diagnostics": True,
    "/api/enhance": True,
    "/api/examples/{name}.flac": True,
    "/api/jobs": True,
    "/api/jobs/{token}": True,
    "/api/jobs/{token}/download": True,
    "/api/jobs/{token}/peaks": True,
    "/api/jobs/{token}/removed": True,
    "/api/jobs/{token}/spectrogram/{track}/{level:int}/{index:int}.png": True,
    "/api/jobs/{token}/video": True,
    "/api/jobs/{token}/picture": True,
    "/api/jobs/{token}/{track}.mp3": True,
    "/api/zip": True,
    "/assets/{path:path}": True,
    "/config": True,
    "/config/": True,
    "/favicon.ico": True,
    "/gradio_api/api/{api_name}": True,
    "/gradio_api/api/{api_name}/": True,
    "/gradio_api/app_id": True,
    "/gradio_api/app_id/": True,
    "/gradio_api/call/v2/{api_name}": True,
    "/gradio_api/call/v2/{api_name}/": True,
    "/gradio_api/call/v2/{api_name}/{event_id}": True,
    "/gradio_api/call/{api_name}": True,
    "/gradio_api/call/{api_name}/": True,
    "/gradio_api/call/{api_name}/{event_id}": True,
    "/gradio_api/cancel": True,
    "/gradio_api/component_server": False,
    "/gradio_api/component_server/": False,
    "/gradio_api/custom_component/{id}/{environment}/{type}/{file_name}": False,
    "/gradio_api/deep_link": False,
    "/gradio_api/dev/reload": False,
    "/gradio_api/file/{path:path}": False,
    "/gradio_api/file={path:path}": True,
    "/gradio_api/file={path_or_url:path}": True,  # Gradio's own, never reached: ours stands before it
    "/gradio_api/heartbeat/{session_hash}": True,
    "/gradio_api/info": True,
    "/gradio_api/info/": True,
    "/gradio_api/login_check": False,
    "/gradio_api/login_check/": False,
    "/gradio_api/openapi.json": True,
    "/gradio_api/process_recording": False,
    "/gradio_api/proxy={url_path:path}": False,
    "/gradio_api/queue/data": True,
    "/gradio_api/queue/join": True,
    "/gradio_api/queue/status": False,
    "/gradio_api/reset": True,
    "/gradio_api/reset/": True,
    "/gradio_api/run-history/buckets": False,
    "/gradio_api/run-history/connect": False,
    "/gradio_api/run-history/records": False,
    "/gradio_api/run-history/records/{endpoint}/{record_id}/assets/{asset_id}": False,
    "/gradio_api/run/{api_name}": True,
    "/gradio_api/run/{api_name}/": True,
    "/gradio_api/runs": False,
    "/gradio_api/runs/": False,
    "/gradio_api/startup-events": False,
    "/gradio_api/stream/{event_id}": False,
    "/gradio_api/stream/{event_id}/close": False,
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file": False,
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8": False,
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}": False,
    "/gradio_api/theme.css": True,
    "/gradio_api/token": False,
    "/gradio_api/token/": False,
    "/gradio_api/undo-vibe-edit": False,
    "/gradio_api/undo-vibe-edit/": False,
    "/gradio_api/upload": True,
    "/gradio_api/upload_progress": True,
    "/gradio_api/user": False,
    "/gradio_api/user/": False,
    "/gradio_api/vibe-code": False,
    "/gradio_api/vibe-code/": False,
    "/gradio_api/vibe-edit": False,
    "/gradio_api/vibe-edit/": False,
    "/gradio_api/vibe-starter-queries": False,
    "/gradio_api/vibe-starter-queries/": False,
    "/health": True,
    "/login": False,
    "/login/": False,
    "/logout": False,
    "/manifest.json": False,
    "/metrics": True,  # a 404 with a hint, unless METRICS=1
    "/monitoring": False,
    "/monitoring/summary": False,
    "/monitoring/{key}": False,
    "/pwa_icon": False,
    "/pwa_icon/{size}": False,
    "/page/{name:path}": True,
    "/ready": True,
    "/robots.txt": True,
    "/static/{path:path}": True,
    "/svelte/{path:path}": True,
    "/theme.css": True,
}
CLOSED = sorted(path for path, is_open in DECIDED.items() if not is_open)
NOWHERE = ("/docs", "/redoc", "/openapi.json", "/gradio_api", "/gradio_api/", "/api/", "/static/", "//", "/%2e%2e/")


LIST = """if True:
    import json, app

    def paths(routes):
        for route in routes:
            router = getattr(route, "original_router", None)  # FastAPI's wrapper around an included router
            inner = router.routes if router is not None else getattr(route, "routes", None)
            if inner:
                yield from paths(inner)
            else:
                yield route.path

    print(json.dumps(list(paths(app.create_app().routes))))
"""


@pytest.fixture(scope="module")
def served() -> set[str]:
    done = run([sys.executable, "-c", LIST], cwd=PROJECT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def _example(path: str) -> str:
    """A path that the route serves."""
    return re.sub(r"\{[^}]*\}", "x1", re.sub(r"\{[^}]*:int\}", "1", path))


def test_every_route_has_been_decided_upon(served: set[str]) -> None:
    undecided = served - DECIDED.keys()
    assert not undecided, "new in Gradio: decide whether it is open, here and in web/front/doors.py"


def test_what_is_decided_upon_is_still_there(served: set[str]) -> None:
    assert len(served) > 60  # else the walk above found nothing
    assert {path for path in set(DECIDED) - served if "/run-history/" not in path} == set()  # those, on Spaces alone


@pytest.mark.parametrize("path", DECIDED)
def test_the_doors_are_as_decided(path: str) -> None:
    assert doors.exists(_example(path)) is DECIDED[path]


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_what_is_closed_answers_in_one_line(server: Server, method: str) -> None:
    with httpx.Client(timeout=30) as visitor:
        for path in (*map(_example, CLOSED), *NOWHERE, "/gradio_api/proxy=http://127.0.0.1/"):
            answer = visitor.request(method, server.url + path)
            assert answer.status_code == 404, path
            assert len(answer.content) < 200
            assert answer.content.count(b"\n") == 0
            if method != "HEAD":
                assert answer.json()["error"] == "There is nothing here."


def test_an_open_path_is_closed_to_other_methods(server: Server) -> None:
    with httpx.Client(timeout=30) as visitor:
        for method, path in (("POST", "/"), ("DELETE", "/health"), ("PUT", "/gradio_api/upload"), ("TRACE", "/config")):
            assert visitor.request(method, server.url + path).status_code == 405, path


@pytest.mark.parametrize(
    "path",
    ["/HEALTH", "/health/", "/gradio_api//upload", "/gradio_api/upload/", "/./health", "/health%00", "/x/../health"],
)
def test_a_path_has_one_spelling(server: Server, path: str) -> None:
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request("GET", path)  # as it is: httpx would tidy it up
    assert connection.getresponse().status == 404
    connection.close()


def test_the_page_and_its_parts_are_served(server: Server) -> None:
    with httpx.Client(timeout=30) as visitor:
        page = visitor.get(server.url)
        assert page.status_code == 200
        parts = set(re.findall(r'(?:src|href)="(?:\./)?((?:assets|static|theme|favicon)[^"]+)"', page.text))
        assert len(parts) >= 2
        for part in parts:
            assert visitor.get(f"{server.url}/{part}").status_code == 200, part
        for path in ("/config", "/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/app_id", "/robots.txt"):
            assert visitor.get(server.url + path).status_code == 200, path
