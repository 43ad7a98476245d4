"""The page in another language: nothing of it is English, and who wants English gets it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from scripts import translations
from tests.browser import PATIENCE_MS
from tests.conftest import Server, until_ready

expect.set_options(timeout=PATIENCE_MS)

# What a visitor sees or a screen reader says, outside of what has a language of its own.
TEXTS = """() => {
  const left = "script, style, pre, code, .cm-editor, [lang]:not(html), [translate=no], #credits .prose";
  const found = [document.title];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walker.currentNode; node; node = walker.nextNode()) {
    const element = node instanceof Element ? node : node.parentElement;
    if (element.closest(left) || !element.checkVisibility({ visibilityProperty: true })) continue;
    if (node instanceof Text) found.push(node.data);
    else for (const name of ["aria-label", "title", "placeholder", "alt", "aria-valuetext"]) {
      found.push(node.getAttribute(name) ?? "");
    }
  }
  return found.map((text) => text.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""
# Words that no German text has.
ENGLISH = re.compile(r"\b(the|is|are|of|and|with|for|this|your|not|to|by|from|use|via|has|press|or)\b", re.IGNORECASE)

PATH = re.compile(r"/\S+")
RAW = re.compile(r"\w+Error\(")  # what a library has thrown


def english() -> list[re.Pattern[str]]:
    """All that is said in English, as far as it is said differently in German."""
    german, keys = translations.read("de"), translations.read("en")
    said = {**keys, **{sentence: sentence for sentence in translations.sentences()}}
    differs = [text for key, text in said.items() if german.get(key) != text]
    values = [re.split(r"\{\w+\}", text) for text in differs]
    return [
        re.compile(r"(\S+)".join(map(re.escape, parts))) for parts in values if re.search(r"[a-z]{3}", "".join(parts))
    ]


PATTERNS = english()


def left_english(page: Page) -> list[str]:
    texts = {text for text in page.evaluate(TEXTS) if not RAW.search(text)}
    return sorted(
        text for text in texts if ENGLISH.search(PATH.sub("", text)) or any(one.fullmatch(text) for one in PATTERNS)
    )


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1280, "height": 800}, locale="de-DE")
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()


def test_nothing_is_mixed(page: Page, server: Server, talk: Path, tmp_path: Path) -> None:
    """Empty, settings, an example, given, working, result, numbers, fault, diagnostics."""
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("tab", name="Diagnose")).to_be_visible()
    page.locator("#adjust").get_by_text("Feineinstellung").click()
    expect(page.locator("#set-denoise_strength_db")).to_contain_text("Rauschminderung (dB)")
    assert left_english(page) == []
    strength = page.locator("#set-denoise_strength_db input[type=number]")
    page.get_by_role("radio", name="Telefonat").check()
    expect(strength).to_have_value("36")  # a component of Gradio's still moves
    page.locator("#adjust").get_by_text("Feineinstellung").click()

    page.get_by_role("button", name="Stadtstraße").click()
    expect(page.locator("#verdict")).to_have_text(re.compile("Das Rauschen ist .* leiser und alles ist .* lauter"))
    assert left_english(page) == []
    until_ready(server)
    page.set_input_files("speech-intake input[type=file]", talk)
    expect(page.locator("speech-intake")).to_have_attribute("data-state", "given")
    assert left_english(page) == []
    page.click("#enhance-button")
    expect(page.locator("#status .what")).to_be_visible()
    assert left_english(page) == []
    expect(page.locator(".whose")).to_contain_text("talk.wav · aufbewahrt bis")
    page.locator("#report summary").click()
    expect(page.locator("#report")).to_contain_text("Grundrauschen")
    assert re.search(r"-?\d,\d LUFS", page.locator("#report").inner_text())
    assert left_english(page) == []

    bad = tmp_path / "schlecht.wav"
    bad.write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    page.set_input_files("speech-intake input[type=file]", bad)
    expect(page.locator("speech-intake")).to_contain_text(bad.name)
    page.click("#enhance-button")
    expect(page.locator("#status")).to_contain_text("beschädigt")
    assert left_english(page) == []

    page.get_by_role("tab", name="Diagnose").click()
    expect(page.locator("#diagnostics .headline")).to_be_visible()
    assert left_english(page) == []


def test_the_menu_changes_the_language_and_is_remembered(page: Page) -> None:
    menu = page.get_by_role("combobox", name="Sprache")
    expect(menu.get_by_role("option")).to_have_text(["Deutsch", "English"])
    menu.select_option("en")
    expect(page.get_by_role("tab", name="Diagnostics")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#enhance-button")).to_have_text("Enhance")
    page.reload()
    expect(page.locator("#enhance-button")).to_have_text("Enhance")
    expect(page).to_have_title("Speech Enhancement")
    expect(page.get_by_role("combobox", name="Language")).to_have_value("en")
    assert not [text for text in page.evaluate(TEXTS) if re.search(r"\b(und|der|die|das|ist|mit)\b", text)]
