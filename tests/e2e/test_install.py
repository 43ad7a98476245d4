"""The page can be installed, as the browser judges it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from playwright.sync_api import Page

from tests.conftest import Server


@pytest.fixture
def manifest(page: Page) -> dict[str, Any]:
    """As the browser has found it."""
    devtools = page.context.new_cdp_session(page)
    found = devtools.send("Page.getAppManifest")
    assert found["errors"] == []
    wrong = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in wrong] in ([], ["in-incognito"])  # as this test's browser is
    return {**json.loads(found["data"]), "url": found["url"]}


def test_the_browser_would_install_it(manifest: dict[str, Any], server: Server) -> None:
    assert manifest["url"] == f"{server.url}/page/app.webmanifest"
    assert urljoin(manifest["url"], manifest["start_url"]) == f"{server.url}/"
    assert urljoin(manifest["url"], manifest["scope"]) == f"{server.url}/"


def test_its_icons_are_what_they_say(manifest: dict[str, Any]) -> None:
    sizes = []
    for icon in manifest["icons"]:
        answer = httpx.get(urljoin(manifest["url"], icon["src"]), timeout=30)
        assert answer.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            width, height = (int.from_bytes(answer.content[at : at + 4], "big") for at in (16, 20))
            assert icon["sizes"] == f"{width}x{height}"
            sizes.append((width, icon["purpose"]))
    assert sizes == [(192, "any"), (512, "any"), (512, "maskable")]


def test_gradios_manifest_is_gone(server: Server) -> None:
    page = httpx.get(server.url, timeout=30).text
    assert page.count('rel="manifest"') == 1
    assert httpx.get(f"{server.url}/manifest.json").status_code == 404
