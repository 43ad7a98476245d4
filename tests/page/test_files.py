"""<speech-files>: what each state offers, what is told, and where the focus goes when a row does."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

FILES = [
    {"id": "a", "name": "a.wav", "state": "done", "bytes": 2048, "duration_s": 65, "url": "download/a"},
    {"id": "b", "name": "b.wav", "state": "running", "fraction": 0.426, "sentence": "Removing noise"},
    {"id": "c", "name": "c.wav", "state": "uploading", "fraction": 0.7},
    {"id": "d", "name": "d.wav", "state": "waiting"},
    {"id": "e", "name": "e.wav", "state": "failed", "sentence": "There is no sound in it."},
    {"id": "f", "name": "f.wav", "state": "cancelled"},
]


@pytest.fixture
def shown(page: Page) -> Locator:
    page.evaluate(
        """async (files) => {
        const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "./page/intake.css" });
        const there = new Promise((done) => { style.onload = done; });
        document.head.append(style);
        await there;
        window.list = document.createElement("speech-files");
        list.files = files;  // before the file has come
        document.querySelector("main").append(list);
        window.told = [];
        for (const name of ["listen", "retry", "remove", "zip"]) {
            document.addEventListener(name, ({ detail }) => told.push([name, detail]));
        }
        await import("/page/files.js");
    }""",
        FILES,
    )
    return page.locator("speech-files")


def put(page: Page, files: list[dict[str, Any]]) -> None:
    page.evaluate("(files) => { list.files = files; }", files)


def test_each_state_has_its_words_and_buttons(shown: Locator) -> None:
    rows = shown.get_by_role("listitem")
    said = [row.locator(".si-state").inner_text() for row in rows.all()]
    assert said == [
        "Done · 1:05 · 2 kB", "Removing noise · 42 %", "Uploading · 70 %", "Waiting", "There is no sound in it.",
        "Cancelled",
    ]  # fmt: skip
    names = [[b.get_attribute("aria-label") for b in row.locator(".si-does > :visible").all()] for row in rows.all()]
    assert names == [
        ["Listen to a.wav", "Download a.wav", "Remove a.wav"], ["Cancel b.wav"], ["Cancel c.wav"], ["Cancel d.wav"],
        ["Try e.wav again", "Remove e.wav"], ["Try f.wav again", "Remove f.wav"],
    ]  # fmt: skip
    expect(shown.get_by_role("link", name="Download a.wav")).to_have_attribute("href", "download/a")
    expect(shown.get_by_role("status")).to_have_text("1 of 6 done · 1 failed")


def test_what_is_pressed_is_told(page: Page, shown: Locator) -> None:
    for name in ("Listen to a.wav", "Cancel b.wav", "Try e.wav again"):
        shown.get_by_role("button", name=name).click()
    zipped = shown.get_by_role("button", name="All as zip")
    assert not zipped.is_visible()
    put(page, [FILES[0], {**FILES[1], "state": "done"}])
    zipped.click()
    assert page.evaluate("told") == [["listen", "a"], ["remove", "b"], ["retry", "e"], ["zip", ["a", "b"]]]
    page.evaluate("() => { list.current = 'a'; }")
    expect(shown.get_by_role("button", name="Listen to a.wav")).to_have_attribute("aria-pressed", "true")


def test_the_focus_is_never_lost(page: Page, shown: Locator) -> None:
    shown.get_by_role("button", name="Cancel b.wav").focus()
    put(page, [{**file, "fraction": 0.9} for file in FILES])
    expect(shown.get_by_role("button", name="Cancel b.wav")).to_be_focused()
    put(page, [FILES[0], *FILES[2:]])
    expect(shown.get_by_role("button", name="Cancel c.wav")).to_be_focused()
    shown.get_by_role("button", name="Try e.wav again").focus()
    put(page, [{**FILES[4], "state": "waiting"}])
    expect(shown.get_by_role("button", name="Cancel e.wav")).to_be_focused()
    put(page, [])
    assert page.evaluate("document.activeElement === list")


def test_names_are_words_and_nothing_else(page: Page, shown: Locator) -> None:
    put(page, [{"id": 1, "name": "<img src=x onerror=told.push(1)>.wav", "state": "failed", "sentence": "<b>no</b>"}])
    expect(shown.get_by_text("<img src=x onerror=told.push(1)>.wav")).to_be_visible()
    expect(shown.get_by_text("<b>no</b>")).to_be_visible()
    assert page.evaluate("told") == []


def test_rows_keep_their_height(page: Page, shown: Locator) -> None:
    heights = []
    for state in ("waiting", "uploading", "running", "done", "failed"):
        put(page, [{**FILES[0], "state": state}])
        heights.append(page.evaluate("list.getBoundingClientRect().height"))
    assert len(set(heights)) == 1
