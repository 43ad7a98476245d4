"""The page's words: keys, plurals, and what the server says in the page's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.page.site import Server, as_js

KNOWN = {
    "the noise is {0} dB quieter": "das Rauschen ist {0} dB leiser",
    "it is {0} dB {1} ({2} LUFS)": "alles ist {0} dB {1} ({2} LUFS)",
    "louder": "lauter",
    "none": "keine",
    "a minute": "pro Minute",
    "music": "Musik",
    "laughter": "Lachen",
    "cache directory": "Cache-Verzeichnis",
    "kept in {0}": "liegt in {0}",
    "The file ends early: of the {0} that it promises, {1} are there.": "Von {0} sind nur {1} da.",
    "Use a value from {0}.": "Erlaubt: {0}.",
    "{0} to {1} {2}": "{0} bis {1} {2}",
    "{0} cannot be fetched: {1} ({2}).": "{1} ({2}) hindert {0}.",
    "Lowered by {0} dB: {1}": "Um {0} dB abgesenkt: {1}",
    "the peaks are too high.": "die Spitzen sind zu hoch.",
    "Try again.": "Erneut versuchen.",
    "Noise reduction": "Rauschminderung",
    "FLAC": "FLAC",
    "smaller, same quality": "kleiner, gleiche Qualität",
    "Auto: {0}.": "Automatisch: {0}.",
    "noise reduction {0} dB": "Rauschminderung {0} dB",
    "declip": "Declip",
    "Choose a file in {0}.": "Eine Datei in {0} wählen.",
    "Kept: {0}.": "Behalten: {0}.",
    "at {0}": "bei {0}",
}
SAID = {
    "louder": "lauter",
    "the noise is 24 dB quieter": "das Rauschen ist 24 dB leiser",
    "The noise is 24 dB quieter": "Das Rauschen ist 24 dB leiser",
    "it is 6 dB louder (-16 LUFS)": "alles ist 6 dB lauter (-16 LUFS)",
    "-25.70 LUFS": "-25,70 LUFS",
    "3 a minute": "3 pro Minute",
    "0.5": "0,5",
    "44100": "44100",
    "none": "keine",
    "50.0 Hz, -42.6 dBFS": "50,0 Hz, -42,6 dBFS",
    "Cache directory": "Cache-Verzeichnis",
    "Kept in /a b/c.d": "Liegt in /a b/c.d",
    "The file ends early: of the 12.5 s that it promises, 3.0 s are there.": "Von 12,5 s sind nur 3,0 s da.",
    "Use a value from 0 to 0.5 dB.": "Erlaubt: 0 bis 0,5 dB.",
    "a/b cannot be fetched: none (404).": "keine (404) hindert a/b.",
    "Lowered by 1.5 dB: the peaks are too high.": "Um 1,5 dB abgesenkt: die Spitzen sind zu hoch.",
    "Try again. Try again.": "Erneut versuchen. Erneut versuchen.",
    "Noise reduction (dB)": "Rauschminderung (dB)",
    "FLAC (smaller, same quality)": "FLAC (kleiner, gleiche Qualität)",
    "Auto: noise reduction 20 dB, declip.": "Automatisch: Rauschminderung 20 dB, Declip.",
    "Choose a file in WAV, MP3 or MP4.": "Eine Datei in WAV, MP3 oder MP4 wählen.",
    "Kept: music and laughter.": "Behalten: Musik und Lachen.",
    "at 0:05, at 1:02:03": "bei 0:05, bei 1:02:03",
    "3.12.1, none": "3.12.1, keine",
}
FOREIGN = [
    "",
    "talk.wav",
    "Bring it to the target loudness",
    "a (b",
    "Look at this, at once",
    "Something else entirely.",
]


def translate(page: Page, texts: list[str]) -> list[str]:
    wanted = f"import('/page/translated.js').then((m) => {as_js(texts)}.map(m.translator({as_js(KNOWN)}, 'de')))"
    found: list[str] = page.evaluate(wanted)
    return found


def test_a_sentence_is_found_with_its_values(blank: Page) -> None:
    assert dict(zip(SAID, translate(blank, list(SAID)), strict=True)) == SAID


def test_what_is_not_known_is_left_alone(blank: Page) -> None:
    assert translate(blank, FOREIGN) == FOREIGN


@pytest.fixture(scope="module")
def german(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context(locale="de-DE")
    opened = context.new_page()
    opened.goto(server.site.url)
    opened.evaluate("document.documentElement.lang = 'de'")
    yield opened
    context.close()


def said(page: Page, call: str, module: str = "words") -> Any:
    return page.evaluate(f"import('/page/{module}.js').then((m) => m.{call})")


def test_keys_plurals_and_numbers(german: Page, blank: Page) -> None:
    assert said(german, "say('player.play')") == "Abspielen"
    assert said(german, "say('player.khz', {n: 2.5})") == "2,5 kHz"
    assert said(german, "say('no.such.key')") == "no.such.key"
    assert said(german, "plural('work.before', 1)") == "Eine Aufnahme ist vorher dran"
    assert said(german, "plural('work.before', 3)") == "3 Aufnahmen sind vorher dran"
    assert said(german, "left(5400)", "times") == "1,5 Stunden"
    assert said(german, "left(3600)", "times") == "1 Stunde"
    assert said(blank, "say('player.khz', {n: 2.5})") == "2.5 kHz"
    assert said(blank, "plural('work.before', 1)") == "One recording is before yours"


def test_a_job_and_a_fault_arrive_in_the_pages_language(german: Page, blank: Page) -> None:
    parts = ["the noise is 24 dB quieter", "the hum is gone", "it is 6 dB louder (-16 LUFS)"]
    job = {
        "stage": "Removing noise",
        "name": "Done",
        "error": {"message": "The file is empty.", "suggestion": "Try again.", "details": "", "status": 422},
        "result": {
            "verdict": "The noise is quieter.", "parts": parts, "said": ["Hum at 50.0 Hz: 21 dB removed."],
            "rows": [["Loudness", "-25.7 LUFS", "none"]],
        },
    }  # fmt: skip
    found = said(german, f"jobIn({as_js(job)})", "translated")
    assert found["stage"] == "Rauschen wird entfernt"
    assert found["name"] == "Done"  # it is the visitor's
    assert found["error"]["message"] == "Die Datei ist leer."
    assert found["error"]["suggestion"] == "Erneut versuchen."
    assert found["result"]["verdict"] == (
        "Das Rauschen ist 24 dB leiser, das Brummen ist weg und alles ist 6 dB lauter (-16 LUFS)."
    )
    assert found["result"]["said"] == ["Brummen bei 50,0 Hz: 21 dB entfernt."]
    assert found["result"]["rows"] == [["Lautheit", "-25,7 LUFS", "keine"]]
    assert said(blank, f"jobIn({as_js(job)})", "translated") == job


@pytest.mark.parametrize(
    ("kept", "browsers", "language"),
    [
        (None, ["de-AT", "en"], "de"),
        (None, ["fr-FR", "de", "en"], "de"),
        (None, ["fr"], "en"),
        ("en", ["de-DE"], "en"),
        ("xx", ["de-DE"], "de"),
        (None, ["ar-EG"], "ar"),
    ],
)
def test_the_language_is_chosen(
    browser: Browser, server: Server, kept: str | None, browsers: list[str], language: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.site.url)
    found = page.evaluate(
        """async ([kept, browsers]) => {
          if (kept) localStorage.setItem("speech-enhancement.language", kept);
          Object.defineProperty(navigator, "languages", { get: () => browsers, configurable: true });
          Object.defineProperty(navigator, "language", { get: () => browsers[0], configurable: true });
          const source = await (await fetch("/page/choose-language.js")).text();
          (0, eval)(`(${source})(["ar", "de", "en"])`);
          return [document.documentElement.lang, document.documentElement.dir, navigator.language];
        }""",
        [kept, browsers],
    )
    context.close()
    assert found[:2] == [language, "rtl" if language == "ar" else "ltr"]
    assert found[2].split("-")[0] == language  # what Gradio reads
