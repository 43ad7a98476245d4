"""Whoever comes, and however: without a mouse, without eyes, on a slow line, ten at once. Nothing moves under them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Server
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.test_page import PLAYS, enhance, give

SHIFTS = """addEventListener("DOMContentLoaded", () => { window.shifts = []; });
new PerformanceObserver((list) => { for (const shift of list.getEntries()) if (!shift.hadRecentInput)
    window.shifts?.push([shift.value, ...shift.sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? "text")]);
}).observe({ type: "layout-shift", buffered: true });"""
SMALL = """(least) => [...document.querySelectorAll("speech-app :is(button, a, select, summary, label:has(input))")]
    .filter((part) => part.checkVisibility())
    .map((part) => [part.outerHTML.slice(0, 90), part.getBoundingClientRect().height])
    .filter(([, height]) => height < least - 0.5)"""
MOST_SHIFT = 0.05
LEAST_TARGET_PX = 44


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong, in Gradio's parts too."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(
    "context", [(DESKTOP, "light"), (PHONE, "dark")], indirect=True, ids=["desktop-light", "phone-dark"]
)
def test_nobody_is_shut_out_in_any_state(page: Page, talk: Path, tmp_path: Path) -> None:
    found = {"empty": faults(page)}
    give(page, talk)
    found["given"] = faults(page)
    page.locator("#adjust").get_by_text("Fine-tune").click()
    expect(page.locator("speech-tuning .steps")).to_be_visible()
    found["settings"] = faults(page)
    expect(enhance(page)).to_contain_text("LUFS")
    page.locator("#report summary").click()
    page.get_by_role("radio", name="Spectrogram").click()
    found["result"] = faults(page)
    page.get_by_role("radio", name="Gentle", exact=True).check()
    expect(page.locator("#results .older")).to_be_visible()
    found["older"] = faults(page)
    page.keyboard.press("Shift+?")
    found["help"] = faults(page)
    page.keyboard.press("Escape")
    (tmp_path / "bad.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    give(page, tmp_path / "bad.wav")
    page.click("#enhance-button")
    expect(page.locator("#status .card.failed")).to_be_visible()
    found["fault"] = faults(page)
    page.get_by_role("tab", name="Diagnostics").click()
    expect(page.locator("#diagnostics .headline")).to_be_visible()
    found["diagnostics"] = faults(page)
    assert {state: said for state, said in found.items() if said} == {}


def test_by_keyboard_from_the_file_to_the_sound(page: Page, talk: Path) -> None:
    """The focus is never lost, and the presets are one stop of the tab key."""
    give(page, talk)
    assert focused(page) == "enhance-button"
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "preset default"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "preset auto"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(page) != "body"
    expect(page.locator("#verdict")).to_contain_text("LUFS")
    expect(page.locator("#verdict")).to_be_focused()
    page.keyboard.press("Space")
    page.wait_for_function(PLAYS)
    page.keyboard.press("Space")


def focused(page: Page) -> str:
    found: str = page.evaluate("""(() => { const { id, name, value, tagName } = document.activeElement;
        return id || (name ? `${name} ${value}` : tagName.toLowerCase()); })()""")
    return found


@pytest.mark.parametrize("context", [(DESKTOP, "light"), (PHONE, "light")], indirect=True, ids=["desktop", "phone"])
def test_nothing_moves_by_itself(page: Page, talk: Path) -> None:
    page.add_init_script(SHIFTS)
    page.reload()
    give(page, talk)
    expect(enhance(page)).to_contain_text("LUFS")
    page.keyboard.press("Space")
    page.wait_for_function(PLAYS)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, *_ in shifts) < MOST_SHIFT, shifts


def test_on_a_phone_what_is_pressed_is_as_large_as_a_finger(browser: Browser, server: Server, talk: Path) -> None:
    with touching(browser) as page:
        page.goto(server.url)
        give(page, talk)
        expect(enhance(page)).to_contain_text("LUFS")
        small = page.evaluate(SMALL, LEAST_TARGET_PX)
        assert small == []


@contextmanager
def touching(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="en-US"
    )
    yield context.new_page()
    context.close()


def line(page: Page, kilobytes_per_s: float, latency_ms: float) -> None:
    """The page's connection from now on."""
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    throughput = kilobytes_per_s * 1024
    client.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": latency_ms, "downloadThroughput": throughput, "uploadThroughput": throughput},
    )


def test_on_a_slow_line_it_is_told_how_far_it_is_and_it_plays(page: Page, talk: Path) -> None:
    line(page, 24, latency_ms=150)
    page.set_input_files("speech-intake input[type=file]", talk)
    expect(page.locator("speech-intake")).to_contain_text("%")
    expect(page.locator("#enhance-button")).to_have_attribute("aria-disabled", "false")
    expect(enhance(page)).to_contain_text("LUFS")
    page.keyboard.press("Space")
    page.wait_for_function("document.querySelector('speech-player').position_s > 0.2")


def test_ten_visitors_at_once_are_all_served(browser: Browser, server: Server, talk: Path) -> None:
    """Each in a browser of their own, all pressing before any is done."""
    with ExitStack() as stack:
        pages = [stack.enter_context(visit(browser, server)) for _ in range(10)]
        for page in pages:
            give(page, talk)
        for page in pages:
            page.click("#enhance-button")
        for page in pages:
            expect(page.locator("#verdict")).to_contain_text("LUFS")
        tokens = {page.evaluate("document.querySelector('speech-result').job.job") for page in pages}
        assert len(tokens) == len(pages)


@contextmanager
def visit(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(locale="en-US", reduced_motion="reduce")  # ten draw without a graphics card
    page = context.new_page()
    page.goto(server.url)
    yield page
    context.close()
