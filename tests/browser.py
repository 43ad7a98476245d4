"""One browser for all tests that need one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)  # fmt: skip
PATIENCE_MS = 90_000  # machines that test are busy


def _executable(playwright: Playwright) -> str:
    own = playwright.chromium.executable_path
    for name in (os.environ.get("CHROMIUM"), shutil.which("chromium"), shutil.which("google-chrome"), own):
        if name and Path(name).is_file():
            return name
    return pytest.fail(
        "No browser: install Chromium (apt install chromium, or playwright install chromium), or set CHROMIUM."
    )


@pytest.fixture(scope="session")
def browser(talk: Path) -> Iterator[Browser]:
    """Chromium, whose microphone plays `talk`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = [*FLAGS, f"--use-file-for-fake-audio-capture={talk}"]
        opened = playwright.chromium.launch(executable_path=_executable(playwright), args=flags)
        yield opened
        opened.close()
