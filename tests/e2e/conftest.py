"""A page in a browser that reports what it should not do: errors, and requests to other hosts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.browser import PATIENCE_MS
from tests.conftest import Server, until_ready

DESKTOP, PHONE = (1280, 800), (390, 844)


@pytest.fixture
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """`@pytest.mark.parametrize("context", [(size, theme)], indirect=True)` chooses; default a light desktop."""
    (width, height), theme = getattr(request, "param", (DESKTOP, "light"))
    opened = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        accept_downloads=True,
        locale="en-US",  # buttons are found by their names
    )
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()


@pytest.fixture
def wrong() -> list[str]:
    """What the page should not do, as it happens."""
    return []


@pytest.fixture
def page(context: BrowserContext, server: Server, wrong: list[str]) -> Iterator[Page]:
    """The app's page; the test fails for an error in its console or a request to another host."""
    until_ready(server)  # on a fresh machine the first result would wait for what is compiled
    opened = context.new_page()

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            wrong.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((server.url, "data:", "blob:")):
            wrong.append(f"request: {request.url}")

    opened.on("console", on_console)
    opened.on("pageerror", lambda fault: wrong.append(f"error: {fault}"))
    opened.on("request", on_request)
    opened.goto(server.url)
    opened.wait_for_selector("speech-intake input[type=file]", state="attached")
    yield opened
    assert not wrong
