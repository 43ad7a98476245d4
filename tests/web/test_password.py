"""A site with a password: the page, the API, gradio_client and curl, each with it and without."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import soundfile
from gradio_client import Client, handle_file
from playwright.sync_api import Browser, expect

from runtime.doctor.remote import checklist
from tests.browser import PATIENCE_MS
from tests.conftest import Server, start_server, stop_server, until_ready

SECRET = "correct horse: bättery"
ASKED = {"www-authenticate": 'Basic realm="AI Speech Enhancement", charset="UTF-8"'}


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("closed")
    (folder / "password").write_text(f"{SECRET}\n", encoding="utf-8")
    found = start_server(folder, PASSWORD_FILE=str(folder / "password"), METRICS="1")
    until_ready(found)
    yield found
    stop_server(found)
    log = found.log.read_text()
    assert SECRET not in log
    assert "Unforeseen" not in log


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_probes_need_none(closed: Server, path: str) -> None:
    assert httpx.get(closed.url + path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/", "/config", "/metrics", "/api/diagnostics", "/page/app.js", "/gradio_api/info", "/api/jobs/x1",
        "/gradio_api/file=/x", "/gradio_api/queue/data?session_hash=x", "/api/examples/city-street.flac",
    ],
)  # fmt: skip
def test_everything_else_needs_it(closed: Server, path: str) -> None:
    answer = httpx.get(closed.url + path)
    assert answer.status_code == 401
    assert ASKED.items() <= answer.headers.items()
    assert answer.json()["error"] == "This server asks for a password."
    with httpx.stream("GET", closed.url + path, auth=("anybody", SECRET)) as answer:
        assert answer.status_code != 401


def test_no_door_that_takes_work_is_left_open(closed: Server, talk: Path) -> None:
    for path in ("api/enhance", "gradio_api/upload", "api/jobs", "gradio_api/queue/join", "gradio_api/run/presets"):
        with talk.open("rb") as file:
            assert httpx.post(f"{closed.url}/{path}", files={"file": file}, timeout=30).status_code == 401, path
    assert not [path for path in closed.kept() if path.parent.name.startswith("in-")]


def test_curl(closed: Server, talk: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.wav"
    subprocess.run(
        ["curl", "-sSfu", f":{SECRET}", "-F", f"file=@{talk}", f"{closed.url}/api/enhance", "-o", str(made)],
        check=True,
    )
    assert soundfile.info(made).frames == soundfile.info(talk).frames


def test_gradio_client(closed: Server, talk: Path, tmp_path: Path) -> None:
    client = Client(closed.url, verbose=False, httpx_kwargs={"auth": ("", SECRET)}, download_files=str(tmp_path))
    path, report = client.predict(handle_file(str(talk)), api_name="/enhance")
    assert soundfile.info(path).frames == soundfile.info(talk).frames
    assert report["after"]["lufs"] == pytest.approx(-16.0, abs=0.5)
    client.close()


def test_the_page_in_a_browser(closed: Server, browser: Browser, talk: Path) -> None:
    wrong: list[str] = []
    context = browser.new_context(http_credentials={"username": "", "password": SECRET}, locale="en-US")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto(closed.url)
    page.set_input_files("speech-intake input[type=file]", talk)
    expect(page.locator("#enhance-button")).to_have_attribute("aria-disabled", "false", timeout=PATIENCE_MS)
    page.click("#enhance-button")
    expect(page.locator("#verdict")).to_contain_text("LUFS", timeout=PATIENCE_MS)
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('speech-player').position_s > 0.2")
    with page.expect_download() as download:
        page.click("#download")
    assert soundfile.info(download.value.path()).frames == soundfile.info(talk).frames
    assert httpx.get(f"{closed.url}/page/app.webmanifest", auth=("", SECRET)).status_code == 200
    context.close()
    assert wrong == []


def test_the_doctor(closed: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PASSWORD", raising=False)
    *_, last = checklist(closed.url)
    assert "set PASSWORD" in last.detail
    monkeypatch.setenv("PASSWORD", SECRET)
    assert [check.detail for check in checklist(closed.url) if check.name == "reachable" and not check.ok] == []


def test_a_page_of_another_site_cannot_use_it(closed: Server) -> None:
    answer = httpx.get(f"{closed.url}/config", auth=("", SECRET), headers={"Origin": "https://example.org"})
    assert answer.status_code == 403


def test_who_guesses_has_to_wait(closed: Server) -> None:
    """The last of this file: this machine's guesses are counted together."""
    guesses = [httpx.get(f"{closed.url}/api/jobs/x", auth=("", str(number))).status_code for number in range(30)]
    assert set(guesses) == {401, 429}
    assert httpx.get(f"{closed.url}/api/jobs/x", auth=("", SECRET)).status_code == 429
    assert httpx.get(f"{closed.url}/health").status_code == 200
