"""Whoever comes, and however: without a mouse, without eyes, on a slow line, ten at once. Nothing moves under them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Server
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.line import line_to
from tests.e2e.test_page import PLAYS, enhance, give, no_scroll_sideways

SHIFTS = """addEventListener("DOMContentLoaded", () => { window.shifts = []; });
new PerformanceObserver((list) => { for (const shift of list.getEntries()) if (!shift.hadRecentInput)
    window.shifts?.push([shift.value, ...shift.sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? "text")]);
}).observe({ type: "layout-shift", buffered: true });"""
SMALL = """(least) => [...document.querySelectorAll(`speech-app :is(button, a, select, summary, label:has(input)),
    speech-tuning button, #adjust :is(label:has(> [type=radio], > [type=checkbox]), [type=range], [type=number])`)]
    .filter((part) => part.checkVisibility())
    .map((part) => [part.outerHTML.slice(0, 90), part.getBoundingClientRect().height])
    .filter(([, height]) => height < least - 0.5)"""
MOST_SHIFT = 0.05
LEAST_TARGET_PX = 44
WIDTHS_PX = (320, 390, 768)
WITHIN_MS = 40_000  # long before a connection that is only still is given up


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong, in Gradio's parts too, in both themes; and at which widths the page is too wide."""
    found = []
    page.add_style_tag(content="* { transition: none !important; }")  # no colour on its way to another
    for _ in range(2):
        answer = Axe().run(page).response["violations"]
        found += [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in answer for node in one["nodes"]]
        page.evaluate("document.body.classList.toggle('dark')")
    return found + [f"{width} px: scrolls sideways" for width in too_wide(page)]


def too_wide(page: Page) -> list[int]:
    size = page.viewport_size
    assert size
    found = []
    for width in WIDTHS_PX:
        page.set_viewport_size({"width": width, "height": size["height"]})
        if not no_scroll_sideways(page):
            found.append(width)
    page.set_viewport_size(size)
    return found


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
    page.locator("#results .older").get_by_role("button", name="Apply to all").click()
    expect(page.get_by_role("radio", name="2 · Gentle")).to_be_checked()
    page.locator("#set-denoise_strength_db input[type=number]").fill("7")
    page.keyboard.press("Tab")
    expect(page.locator("#results .older")).to_be_visible()
    page.locator("speech-tuning").get_by_role("button", name="Save as a preset").click()
    found["older version, moved settings"] = faults(page)
    page.locator("speech-player").press("Shift+?")
    found["help"] = faults(page)
    page.keyboard.press("Escape")
    (tmp_path / "bad.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    give(page, tmp_path / "bad.wav")
    page.click("#enhance-button")
    expect(page.locator("#status .card.failed")).to_be_visible()
    found["fault"] = faults(page)
    page.get_by_role("tab", name="Diagnostics").click()
    expect(page.locator("#diagnostics .headline")).to_be_visible()
    page.get_by_text("As JSON", exact=True).click()
    expect(page.locator("#diagnostics-json .cm-line").first).to_be_visible()
    found["diagnostics"] = faults(page)
    assert {state: said for state, said in found.items() if said} == {}


@pytest.mark.parametrize(
    "context", [(DESKTOP, "dark"), (PHONE, "light")], indirect=True, ids=["desktop-dark", "phone-light"]
)
def test_nobody_is_shut_out_while_it_works(page: Page, talk: Path, long_talk: Path, tmp_path: Path) -> None:
    """Nor where there are several, nor where it goes no further."""
    give(page, long_talk)
    page.click("#enhance-button")
    expect(page.locator("#status .left")).to_contain_text("left")
    found = {"working": faults(page)}
    expect(page.locator("#verdict")).to_contain_text("The first seconds are ready")
    found["first seconds"] = faults(page)
    page.click("#cancel-button")
    expect(page.locator("#status")).to_contain_text("Cancelled")
    found["cancelled"] = faults(page)
    (tmp_path / "bad.wav").write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    other = tmp_path / "A name as long as those that telephones give, 2024-05-17 at 11.06.35.wav"
    other.write_bytes(talk.read_bytes())
    page.set_input_files("speech-intake input[type=file]", [talk, tmp_path / "bad.wav", other, long_talk])
    expect(page.locator("speech-intake")).to_contain_text("4 files")
    page.click("#enhance-button")
    expect(page.locator("speech-files")).to_contain_text("2 of 4 done · 1 failed")
    found["several"] = faults(page)
    page.click("#cancel-button")
    page.get_by_role("button", name="Listen to talk.wav").click()
    expect(page.locator("#verdict")).to_contain_text("LUFS")
    found["one of several"] = faults(page)
    page.set_input_files("speech-intake input[type=file]", Path(__file__))
    expect(page.locator("speech-intake")).to_contain_text("neither sound nor video")
    found["refused"] = faults(page)
    page.get_by_role("radio", name="Default", exact=True).focus()
    page.locator("[data-example]").first.click()
    expect(page.locator(".whose")).to_contain_text("An example")
    found["example"] = faults(page)
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


def test_who_stops_by_keyboard_stays_where_they_are(page: Page, long_talk: Path) -> None:
    """The button that is pressed goes; the one beside it has the focus."""
    give(page, long_talk)
    page.click("#enhance-button")
    page.locator("#cancel-button").press("Enter")
    expect(page.locator("#status")).to_contain_text("Cancelled")
    assert focused(page) == "enhance-button"


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
        page.locator("#adjust").get_by_text("Fine-tune").click()
        expect(page.locator("speech-tuning .steps")).to_be_visible()
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


@pytest.mark.parametrize("is_cut", [True, False], ids=["cut", "silent"])
def test_a_connection_lost_while_uploading_is_said_and_the_upload_tried_again(
    browser: Browser, server: Server, tmp_path: Path, is_cut: bool
) -> None:
    """Cut; or nothing moves any more, and the browser says that it is offline. It goes on without a reload."""
    talk = tmp_path / "talk.wav"
    soundfile.write(talk, np.random.default_rng(4).normal(0, 0.1, 48_000 * 20), 48_000)
    with line_to(server.url) as line, visit(browser, line.url) as page:
        expect(page.locator("#enhance-button")).to_be_visible()
        line.hold()
        page.set_input_files("speech-intake input[type=file]", talk)
        intake = page.locator("speech-intake")
        expect(intake).to_contain_text(re.compile(r"[1-9] %"))  # on its way
        line.cut() if is_cut else page.evaluate("dispatchEvent(new Event('offline'))")
        expect(intake).to_contain_text("The connection was lost while uploading", timeout=WITHIN_MS)
        again = intake.get_by_role("button", name="Try again")
        expect(again).to_be_focused()
        line.mend()
        again.click()
        expect(page.locator("#enhance-button")).to_have_attribute("aria-disabled", "false")


def test_ten_visitors_at_once_are_all_served(browser: Browser, server: Server, talk: Path) -> None:
    """Each in a browser of their own, all pressing before any is done."""
    with ExitStack() as stack:
        pages = [stack.enter_context(visit(browser, server.url)) for _ in range(10)]
        for page in pages:
            give(page, talk)
        for page in pages:
            page.click("#enhance-button")
        for page in pages:
            expect(page.locator("#verdict")).to_contain_text("LUFS")
        tokens = {page.evaluate("document.querySelector('speech-result').job.job") for page in pages}
        assert len(tokens) == len(pages)


@contextmanager
def visit(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(locale="en-US", reduced_motion="reduce")  # ten draw without a graphics card
    page = context.new_page()
    page.goto(url)
    yield page
    context.close()
