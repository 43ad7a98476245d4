"""The replicas of docs/scaling.md: two of the app behind nginx as the page configures it, and what Compose is told."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from runtime.environment.table import faults
from service.config import Config
from tests.browser import PATIENCE_MS
from tests.conftest import Server, start_server, until_ready
from tests.delivery.files import ROOT
from tests.docs.proxy import Proxy, running
from tests.docs.test_scaling import BUSY, FLAT, WAV_BYTES, rtf

PAGE = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8").split("## Several replicas of the site")[1]
NAME, COOKIE = "speech.example.org", "speech_replica"
PATIENCE_S = 60
LOST = "This work is not known here"
Replicas = dict[str, Server]
PROGRAM = f"""
import pathlib, sys
from gradio_client import Client, handle_file
url, talk, folder = sys.argv[1:]
for _ in range(2):
    client = Client(url, ssl_verify=False, verbose=False, download_files=folder)
    file, report = client.predict(handle_file(talk), api_name="/enhance")
    assert pathlib.Path(file).read_bytes()[:4] == b"RIFF"
    print(client.cookies[{COOKIE!r}], report["after"]["duration_s"])
"""

expect.set_options(timeout=PATIENCE_MS)


def block(kind: str) -> str:
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    def started(name: str) -> Server:
        found = start_server(
            tmp_path_factory.mktemp(name), REPLICA=name, PROXY_HOPS="1", ALLOWED_HOSTS=NAME, WORKERS="1",
            DRAIN_S=str(PATIENCE_S),
        )  # fmt: skip
        until_ready(found)
        return found

    with ThreadPoolExecutor(2) as pool:
        found = dict(zip("ab", pool.map(started, "ab"), strict=True))
    yield found
    for server in found.values():
        server.process.kill()
        server.process.wait()


@pytest.fixture(scope="module")
def proxy(replicas: Replicas, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    config = block("nginx")
    for name, server in replicas.items():
        assert config.count(f"server speech-{name}:7860") == 4
        config = config.replace(f"speech-{name}:7860", server.url.removeprefix("http://"))
    with running(tmp_path_factory.mktemp("nginx"), config, NAME) as found:
        yield found


@pytest.fixture
def pages(browser: Browser, proxy: Proxy, replicas: Replicas) -> Iterator[dict[str, Page]]:
    """As `visitors`, in browsers."""
    found, contexts = {}, [browser.new_context(ignore_https_errors=True, locale="en-US") for _ in replicas]
    for context in contexts:
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(proxy.url)
        (cookie,) = context.cookies()
        assert (cookie["name"], cookie["sameSite"]) == (COOKIE, "Lax")
        assert cookie["secure"]
        assert cookie["httpOnly"]
        found[cookie["value"]] = page
    assert found.keys() == replicas.keys()
    yield found
    for context in contexts:
        context.close()


@pytest.fixture
def visitors(proxy: Proxy, replicas: Replicas) -> Iterator[dict[str, httpx.Client]]:
    """Two who open the page, by the replica that serves them."""
    found = {}
    for _ in replicas:
        client = proxy.client()
        client.get("/").raise_for_status()
        found[client.cookies[COOKIE]] = client
    assert found.keys() == replicas.keys()
    yield found
    for client in found.values():
        client.close()


def ordered(client: httpx.Client, path: Path, **more: Any) -> str:
    """The job of an upload."""
    with path.open("rb") as file:
        (stored,) = client.post("/gradio_api/upload", files={"files": file}).raise_for_status().json()
    told: dict[str, str] = client.post("/api/jobs", json={"file": stored, **more}).raise_for_status().json()
    return told["job"]


def ended(client: httpx.Client, job: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        told: dict[str, Any] = client.get(f"/api/jobs/{job}").raise_for_status().json()
        if told["state"] not in ("waiting", "running"):
            return told
        time.sleep(0.05)
    raise AssertionError("the work does not end")


def holders(replicas: Replicas, job: str) -> list[str]:
    """Those that know it."""
    asked = {name: httpx.get(f"{server.url}/api/jobs/{job}").status_code for name, server in replicas.items()}
    return [name for name, status in asked.items() if status == 200]


def test_two_visitors_of_one_address_have_a_replica_each_and_come_back_to_it(
    visitors: dict[str, httpx.Client], replicas: Replicas, talk: Path
) -> None:
    jobs = {name: ordered(client, talk, listens=True) for name, client in visitors.items()}
    for name, client in visitors.items():
        job = jobs[name]
        assert holders(replicas, job) == [name]
        assert ended(client, job)["state"] == "done"
        for _ in range(3):  # the page anew, and what it does then; in turn it would be the other's
            assert client.get("/").status_code == 200
            assert client.get(f"/api/jobs/{job}").json()["state"] == "done"
            part = client.get(f"/api/jobs/{job}/download", headers={"Range": "bytes=0-3"})
            assert (part.status_code, part.content) == (206, b"RIFF")
        assert client.cookies[COOKIE] == name
        assert client.delete(f"/api/jobs/{job}").json()["state"] == "forgotten"


def test_the_page_in_two_browsers_does_its_work_at_two_replicas(pages: dict[str, Page], talk: Path) -> None:
    refused: list[str] = []
    for page in pages.values():
        page.on("response", lambda got: refused.append(f"{got.status} {got.url}") if got.status >= 400 else None)
        give(page, talk)
        page.click("#enhance-button")
    for page in pages.values():
        expect(page.locator("#verdict")).to_contain_text("LUFS")
        page.reload()
    for name, page in pages.items():
        expect(page.locator("#verdict")).to_contain_text("LUFS")  # what was done is still there
        page.keyboard.press("Space")
        page.wait_for_function("document.querySelector('speech-player').position_s > 0.1")
        assert [cookie["value"] for cookie in page.context.cookies()] == [name]
    assert refused == []


def give(page: Page, path: Path) -> None:
    page.set_input_files("speech-intake input[type=file]", path)
    expect(page.locator("#enhance-button")).to_have_attribute("aria-disabled", "false")


def test_gradios_client_keeps_its_replica(proxy: Proxy, replicas: Replicas, talk: Path, tmp_path: Path) -> None:
    """In a process of its own: its threads hold their connections for a while after it was closed."""
    command = [sys.executable, "-X", "utf8", "-c", PROGRAM, proxy.url, str(talk), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=2 * PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr
    found = [line.split() for line in done.stdout.splitlines()]
    assert {name for name, _ in found} == replicas.keys()
    assert [float(duration_s) for _, duration_s in found] == [pytest.approx(3.0)] * 2


def test_programs_without_cookies_go_by_their_address(proxy: Proxy, replicas: Replicas, talk: Path) -> None:
    with proxy.client() as client:
        client.cookies.jar.set_policy(_NoCookies())
        jobs = [ordered(client, talk) for _ in range(3)]
        places = {tuple(holders(replicas, job)) for job in jobs}
        assert len(places) == 1
        assert all(ended(client, job)["state"] == "done" for job in jobs)
        assert client.get(f"/api/jobs/{jobs[-1]}/download").content[:4] == b"RIFF"
        with talk.open("rb") as file:
            assert client.post("/api/enhance", files={"file": file}).content[:4] == b"RIFF"
        assert not client.cookies
        assert client.get("/metrics").status_code == 404


class _NoCookies(DefaultCookiePolicy):
    """As curl is without a jar."""

    def set_ok(self, *_: Any) -> bool:
        return False


def test_one_stops_and_is_gone(
    pages: dict[str, Page],
    visitors: dict[str, httpx.Client],
    proxy: Proxy,
    replicas: Replicas,
    talk: Path,
    long_talk: Path,
) -> None:
    """The last: from here on there is one."""
    visitor, page = visitors["b"], pages["b"]
    job = ordered(visitor, long_talk)
    give(page, long_talk)
    with page.expect_response(lambda got: got.url.endswith("/api/jobs")) as begun:
        page.click("#enhance-button")
    assert begun.value.status == 202
    replicas["b"].process.terminate()
    until_refused(replicas["b"])
    for _ in range(4):
        with proxy.client() as stranger:
            stranger.get("/").raise_for_status()
            assert stranger.cookies[COOKIE] == "a"
    assert visitor.get("/").status_code == 200
    assert visitor.cookies[COOKIE] == "b"
    assert visitor.get(f"/api/jobs/{job}").json()["state"] in ("waiting", "running")
    refused = visitor.post("/api/jobs", json={"like": job})
    assert (refused.status_code, refused.json()["error"]) == (503, "The server stops.")
    replicas["b"].process.kill()
    replicas["b"].process.wait()

    expect(page.locator("#status")).to_contain_text(LOST)
    lost = visitor.get(f"/api/jobs/{job}")
    assert lost.status_code == 404
    assert lost.json()["error"].startswith(LOST)
    assert visitor.cookies[COOKIE] == "b"  # only who begins something is bound
    anew = ordered(visitor, talk)
    assert visitor.cookies[COOKIE] == "a"
    assert ended(visitor, anew)["state"] == "done"
    with proxy.client() as stranger:
        assert stranger.get("/").status_code == 200
        assert stranger.cookies[COOKIE] == "a"


def until_refused(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while httpx.get(f"{server.url}/ready").status_code != 503:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_compose(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    whole = yaml.safe_load(block("yaml"))
    services = whole["services"]
    names = sorted(services.keys() - {"nginx"})
    secret = tmp_path / "password"
    secret.write_text("x")
    config = block("nginx")
    for name in names:
        service = services[name]
        env: dict[str, str] = service["environment"]
        assert all(isinstance(value, str) for value in env.values())
        assert faults(env, ours=True) == {}
        with caplog.at_level(logging.WARNING):
            made = Config.from_environ(env | {"PASSWORD_FILE": str(secret)})
        assert caplog.messages == []
        assert (made.replica, made.proxy_hops, made.allowed_hosts) == (name.removeprefix("speech-"), 1, (NAME,))
        assert f"at_{made.replica} {{\n    server {name}:{made.port} max_fails=0;" in config
        assert config.count(f"    {made.replica}       at_{made.replica};") == 2
        assert int(service["stop_grace_period"].removesuffix("s")) >= made.drain_s + 5
    assert len({service["volumes"][0] for service in (services[name] for name in names)}) == len(names)
    assert sorted(services["nginx"]["depends_on"]) == names
    assert set(re.findall(r"server (speech-\w+):7860", config)) == set(names)


def test_what_is_full_first() -> None:
    """Within the two hours that files are kept for."""
    config = Config.from_environ({})
    span_s = config.file_lifetime_s
    by_cores, by_network = 2 * span_s * BUSY / (3600 * rtf()), 125e6 * span_s / (2 * WAV_BYTES)
    by_room = config.max_storage_bytes / (2 * WAV_BYTES)
    assert f"does **{by_cores:.0f} hours of sound**" in FLAT
    assert f"fill {by_cores * 2 * WAV_BYTES / 1e9:.0f} GB" in FLAT
    assert f"hold those of {by_room:.0f} hours" in FLAT
    assert f"it carries {by_network:.0f} hours" in FLAT
    assert f"as {['seven', 'eight', 'nine'][round(by_network / by_cores) - 7]} such replicas" in FLAT
    assert by_room < by_room * 2 < by_cores < by_room * 8
