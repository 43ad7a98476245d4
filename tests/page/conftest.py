"""A blank page of a small server, with the page's modules at hand, and recordings to play."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from pipeline.audio import Samples
from tests.page.site import Recording, Server, Site, recorded
from tests.pipeline.signals import noise, speech_like

RATE = 48_000
PATIENCE_MS = 30_000


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    opened = Server()
    thread = threading.Thread(target=opened.serve_forever, daemon=True)
    thread.start()
    yield opened
    opened.shutdown()
    opened.server_close()
    thread.join()


@pytest.fixture(scope="session")
def blank(browser: Browser, server: Server) -> Iterator[Page]:
    """For modules that only calculate."""
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(server.site.url)
    yield opened
    context.close()


@pytest.fixture
def site(server: Server, noisy: Recording) -> Site:
    """With the recording `noisy`, and nothing in the way."""
    server.site.asked.clear()
    server.site.faults.clear()
    server.site.uploads.clear()
    server.site.hinder, server.site.refusal = lambda path: False, None
    server.site.add(noisy)
    return server.site


def voice_in_noise(seconds: float, channels: int = 1) -> dict[str, Samples]:
    """Of whole MP3 frames: a voice in noise, louder without it, and the noise."""
    n = round(seconds * RATE) // 1152 * 1152
    voice = np.repeat(np.tile(speech_like(RATE, min(seconds, 8.0)), (1, 1 + int(seconds / 8)))[:, :n], channels, axis=0)
    hiss = noise(channels, n, -42.0)
    return {"before": voice * 0.5 + hiss, "after": voice, "removed": hiss}


@pytest.fixture(scope="session")
def noisy() -> Recording:
    """Fifteen seconds, mono: three pieces and a bit."""
    return recorded("noisy", voice_in_noise(15.3), gain_db=6.02)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1120, "height": 640}, locale="en-US")
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Iterator[Page]:
    """The blank page; the test fails for an error in a script."""
    opened, wrong = context.new_page(), []
    opened.on("pageerror", lambda fault: wrong.append(str(fault)))
    opened.goto(site.url)
    yield opened
    assert not wrong + site.faults
