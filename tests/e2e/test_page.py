"""The main job in a browser, from end to end."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Locator, Page, expect

from pipeline.presets import NAMED_PRESETS
from tests.browser import PATIENCE_MS
from tests.e2e.conftest import DESKTOP, PHONE

LOOKS = [(size, theme) for size in (DESKTOP, PHONE) for theme in ("light", "dark")]
LOOK_NAMES = ["desktop-light", "desktop-dark", "phone-light", "phone-dark"]
PLAY = "button[aria-label='Play'], button[title='Play'], .play-pause-button"

expect.set_options(timeout=PATIENCE_MS)


def give(page: Page, path: Path) -> None:
    page.set_input_files("#recording input[type=file]", path)
    expect(page.locator("#recording").locator(PLAY).first).to_be_visible()


def enhance(page: Page) -> Locator:
    page.click("#enhance-button")
    return page.locator("#status")


def no_scroll_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def table_fits(page: Page) -> bool:
    """Whether the report is all to be seen, with the longest text that its cells can hold."""
    return bool(
        page.evaluate("""() => {
            for (const cell of document.querySelectorAll("#report td")) cell.textContent = "60.0 Hz, -48.4 dBFS";
            return document.querySelector("#report table").getBoundingClientRect().right <= window.innerWidth;
        }""")
    )


@pytest.mark.parametrize("context", LOOKS, indirect=True, ids=LOOK_NAMES)
def test_upload_enhance_play_download(page: Page, talk: Path, tmp_path: Path) -> None:
    assert no_scroll_sideways(page)
    give(page, talk)
    expect(enhance(page)).to_contain_text("talk.clean.wav")
    for player in ("#before", "#after", "#removed"):
        times = page.locator(player).locator("time")
        expect(times.last).to_have_text("0:03")  # loaded
        page.locator(player).locator(PLAY).first.click()
        expect(times.first).to_have_text(re.compile("0:0[1-3]"))
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "talk.clean.wav"
    saved = tmp_path / "saved.wav"
    download.value.save_as(saved)
    assert soundfile.info(saved).frames == soundfile.info(talk).frames
    expect(page.locator("#spectrogram img").first).to_be_visible()
    expect(page.locator("#report")).to_contain_text("LUFS")
    assert table_fits(page)
    expect(page.locator("#enhance-button")).to_be_enabled()
    assert no_scroll_sideways(page)


def test_record_with_the_microphone(page: Page) -> None:
    page.locator("#recording").get_by_label("Record audio").or_(
        page.locator("#recording [aria-label*='icrophone']")
    ).first.click()
    page.locator("#recording .record-button, #recording button.record").first.click()
    page.wait_for_timeout(2500)
    page.locator("#recording .stop-button, #recording button.stop-button").first.click()
    expect(page.locator("#recording").locator(PLAY).first).to_be_visible()
    expect(enhance(page)).to_contain_text("clean.wav")


def test_the_browser_leaves_the_microphone_alone(page: Page) -> None:
    settings = page.evaluate(
        "navigator.mediaDevices.getUserMedia({audio: true}).then(s => s.getAudioTracks()[0].getConstraints())"
    )
    assert settings == {"echoCancellation": False, "noiseSuppression": False, "autoGainControl": False}


def test_cancel_brings_the_page_back(page: Page, long_talk: Path, talk: Path) -> None:
    give(page, long_talk)
    status = enhance(page)
    expect(page.locator("#enhance-button")).to_be_disabled()
    expect(status.locator(".working")).to_be_visible()
    page.click("#cancel-button")
    expect(status).to_contain_text("Cancelled")
    expect(page.locator("#enhance-button")).to_be_enabled()
    expect(page.locator("#cancel-button")).to_be_hidden()
    expect(page.locator("#results")).to_be_hidden()


def test_a_double_click_is_harmless(page: Page, talk: Path) -> None:
    give(page, talk)
    page.dblclick("#enhance-button")
    expect(page.locator("#status")).to_contain_text("Done")
    expect(page.locator("#enhance-button")).to_be_enabled()
    expect(page.locator("#status")).to_contain_text("Done")


def test_a_second_visitor_sees_the_line(page: Page, long_talk: Path, talk: Path) -> None:
    give(page, long_talk)
    enhance(page)
    expect(page.locator("#status .working")).to_contain_text("%")
    other = page.context.new_page()
    other.goto(page.url)
    give(other, talk)
    expect(enhance(other)).to_contain_text("1 recording is before yours")
    page.close()  # the first visitor leaves: the second one is next
    expect(other.locator("#status")).to_contain_text("Done")


def test_errors_are_words(page: Page, tmp_path: Path) -> None:
    status = enhance(page)
    expect(status).to_contain_text("There is no recording yet")
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    with page.expect_file_chooser() as chooser:
        page.click("#other-file")
    chooser.value.set_files(bad)
    page.wait_for_function("!document.querySelector('#recording input[type=file]')")
    expect(enhance(page)).to_contain_text("damaged")
    expect(page.locator("#recording input[type=file]")).to_be_attached()
    expect(page.locator("#enhance-button")).to_be_enabled()


def test_a_preset_moves_the_sliders_and_says_why(page: Page) -> None:
    page.get_by_label("Phone call").check()
    expect(page.locator("#why")).to_contain_text(NAMED_PRESETS["phone_call"].why)
    page.locator("#adjust").get_by_text("Adjust").click()
    strength = NAMED_PRESETS["phone_call"].settings.denoise.strength_db
    expect(page.locator("#set-denoise_strength_db input[type=number]")).to_have_value(f"{strength:g}")


def test_the_denoiser_can_be_chosen_and_the_report_names_it(page: Page, talk: Path) -> None:
    give(page, talk)
    expect(enhance(page)).to_contain_text("Done")
    expect(page.locator("#report")).to_contain_text("Denoiser: neural.")
    page.locator("#adjust").get_by_text("Adjust").click()
    method = page.locator("#set-denoise_method")
    expect(method.get_by_label("Neural (best)")).to_be_checked()
    method.get_by_label("Spectral (classic)").check()
    expect(page.locator("#enhance-button")).to_be_enabled()
    for _ in range(5):  # a press is lost while the end of the last run is still on its way from the server
        enhance(page)
        with suppress(AssertionError):
            expect(page.locator("#report")).to_contain_text("Denoiser: spectral.", timeout=20_000)
            break
    expect(page.locator("#report")).to_contain_text("Denoiser: spectral.")
    page.get_by_label("Podcast").check()
    expect(method.get_by_label("Neural (best)")).to_be_checked()


@pytest.mark.parametrize("context", LOOKS, indirect=True, ids=LOOK_NAMES)
def test_diagnostics(page: Page) -> None:
    page.get_by_role("tab", name="Diagnostics").click()
    shown = page.locator("#diagnostics")
    expect(shown.locator(".headline")).to_be_visible()
    expect(shown).to_contain_text("Warm-up")
    assert no_scroll_sideways(page)
    page.click("#refresh")
    page.click("#copy-json")
    expect(page.locator("#copy-json")).to_have_text("Copied")
