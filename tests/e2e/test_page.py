"""The main job in a browser, from end to end."""

from __future__ import annotations

import re
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from playwright.sync_api import Locator, Page, Request, expect

from pipeline.presets import NAMED_PRESETS
from tests.e2e.conftest import DESKTOP, PATIENCE_MS, PHONE

LOOKS = [(size, theme) for size in (DESKTOP, PHONE) for theme in ("light", "dark")]
LOOK_NAMES = ["desktop-light", "desktop-dark", "phone-light", "phone-dark"]
PLAYS = "document.querySelector('speech-player').playing"

expect.set_options(timeout=PATIENCE_MS)


def give(page: Page, path: Path) -> None:
    page.set_input_files("speech-intake input[type=file]", path)
    expect(page.locator("speech-intake")).to_contain_text(path.name)
    expect(page.locator("#enhance-button")).to_have_attribute("aria-disabled", "false")


def enhance(page: Page) -> Locator:
    """Pressed; answers where the verdict comes."""
    page.click("#enhance-button")
    return page.locator("#verdict")


def no_scroll_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def position_s(page: Page) -> float:
    return float(page.evaluate("document.querySelector('speech-player').position_s"))


@pytest.mark.parametrize("context", LOOKS, indirect=True, ids=LOOK_NAMES)
def test_upload_enhance_listen_download(page: Page, talk: Path, tmp_path: Path) -> None:
    assert no_scroll_sideways(page)
    give(page, talk)
    expect(enhance(page)).to_contain_text("LUFS")
    expect(page.locator("#verdict")).to_be_in_viewport()
    page.keyboard.press("Space")
    page.wait_for_function(PLAYS)
    page.keyboard.press("1")
    expect(page.get_by_role("radio", name="Before")).to_be_checked()
    page.keyboard.press("x")
    expect(page.get_by_role("radio", name="After")).to_be_checked()
    page.wait_for_function("document.querySelector('speech-player').position_s > 0.2")
    page.keyboard.press("Space")
    assert not page.evaluate(PLAYS)
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename == "talk.clean.wav"
    saved = tmp_path / "saved.wav"
    download.value.save_as(saved)
    assert soundfile.info(saved).frames == soundfile.info(talk).frames
    page.locator("#report summary").click()
    expect(page.locator("#report table")).to_contain_text("LUFS")
    assert no_scroll_sideways(page)


def test_record_with_the_microphone(page: Page) -> None:
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("speech-intake")).to_have_attribute("data-state", "recording")
    expect(page.locator("speech-intake")).to_contain_text("0:02")
    page.get_by_role("button", name=re.compile("Finish|Stop|Done")).first.click()
    expect(page.locator("#enhance-button")).to_have_attribute("aria-disabled", "false")
    expect(page.locator("speech-intake")).to_contain_text(re.compile(r"Recording 20\d\d-"))
    expect(enhance(page)).not_to_be_empty()


def test_cancel_always_ends_in_cancelled(page: Page, long_talk: Path) -> None:
    """At once, and in the middle of the work."""
    give(page, long_talk)
    for stage in ("", "Measuring"):
        page.click("#enhance-button")
        expect(page.locator("#status .what")).to_contain_text(stage)
        page.click("#cancel-button")
        expect(page.locator("#status")).to_contain_text("Cancelled")
        expect(page.locator("#enhance-button")).to_have_attribute("aria-disabled", "false")
        expect(page.locator("#cancel-button")).to_be_hidden()
        expect(page.locator("#verdict")).to_be_hidden()


def test_who_cancels_before_the_order_is_answered_is_heard(page: Page, long_talk: Path) -> None:
    give(page, long_talk)
    page.route("**/api/jobs", lambda route: (page.wait_for_timeout(800), route.continue_()))
    page.evaluate("document.querySelector('#enhance-button').click(); document.querySelector('#cancel-button').click()")
    expect(page.locator("#status")).to_contain_text("Cancelled")
    expect(page.locator("#cancel-button")).to_be_hidden()


def test_a_double_click_orders_once(page: Page, talk: Path) -> None:
    ordered: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/api/jobs"):
            ordered.append(request.url)

    page.on("request", note)
    give(page, talk)
    page.dblclick("#enhance-button")
    expect(page.locator("#verdict")).to_contain_text("LUFS")
    assert len(ordered) == 1


def test_short_work_does_not_wait_for_long_work(page: Page, long_talk: Path, talk: Path) -> None:
    give(page, long_talk)
    page.click("#enhance-button")
    expect(page.locator("#status .left")).to_contain_text("left")
    other = page.context.new_page()
    other.goto(page.url)
    give(other, talk)
    expect(enhance(other)).to_contain_text("LUFS")
    expect(page.locator("#status .left")).to_contain_text("left")  # still at it
    page.click("#cancel-button")


def test_work_goes_on_without_the_page(page: Page, long_talk: Path, talk: Path) -> None:
    """Reloaded in mid-work, it finds the work again; reloaded afterwards, the result; in a second tab, too."""
    give(page, long_talk)
    page.click("#enhance-button")
    expect(page.locator("#status .left")).to_contain_text("left")
    page.reload()
    expect(page.locator("#status .left")).to_contain_text("left")
    page.click("#cancel-button")
    expect(page.locator("#cancel-button")).to_be_hidden()
    give(page, talk)
    expect(enhance(page)).to_contain_text("LUFS")
    page.reload()
    expect(page.locator("#verdict")).to_contain_text("LUFS")
    expect(page.locator(".whose")).to_contain_text("talk.wav · kept until")
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#verdict")).to_contain_text("LUFS")


def test_a_lost_connection_is_said_and_recovered(page: Page, talk: Path, wrong: list[str]) -> None:
    give(page, talk)
    page.click("#enhance-button")
    expect(page.locator("#cancel-button")).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator("#status")).to_contain_text("The connection is lost")
    page.context.set_offline(False)
    expect(page.locator("#verdict")).to_contain_text("LUFS")
    wrong[:] = [said for said in wrong if "ERR_INTERNET_DISCONNECTED" not in said]


@pytest.mark.parametrize("context", [(PHONE, "dark")], indirect=True)
def test_errors_are_words(page: Page, tmp_path: Path) -> None:
    page.locator("#enhance-button").click(force=True)  # it is dimmed, and still says what is missing
    expect(page.locator("#status")).to_contain_text("There is no recording yet")
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    give(page, bad)
    expect(page.locator("#status")).not_to_contain_text("There is no recording yet")
    page.click("#enhance-button")
    expect(page.locator("#status")).to_contain_text("damaged")
    expect(page.locator("#status .advice")).to_be_in_viewport(ratio=1)
    expect(page.locator("speech-intake")).to_have_attribute("data-state", "empty")
    expect(page.locator("#enhance-button")).to_have_text("Enhance")


def test_the_old_result_never_stands_beside_a_new_recording(page: Page, talk: Path, tmp_path: Path) -> None:
    give(page, talk)
    expect(enhance(page)).to_contain_text("LUFS")
    other = tmp_path / "other.wav"
    other.write_bytes(talk.read_bytes())
    give(page, other)
    expect(page.locator("#results .result")).to_be_hidden()


def test_the_sound_of_a_video(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(path, "w") as out:
        picture = out.add_stream("mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"  # type: ignore[attr-defined]
        sound = out.add_stream("aac", rate=16_000)
        for _ in range(20):
            image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
            out.mux(picture.encode(image))  # type: ignore[attr-defined]
        x = np.random.default_rng(3).normal(0, 0.1, (1, 32_000)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(x, "fltp", "mono")
        frame.sample_rate = 16_000
        out.mux(sound.encode(frame))  # type: ignore[attr-defined]
        for stream in (picture, sound):
            out.mux(stream.encode(None))  # type: ignore[attr-defined]
    give(page, path)
    expect(enhance(page)).not_to_be_empty()


def test_a_preset_moves_the_sliders_and_says_why(page: Page) -> None:
    page.get_by_role("radio", name="Phone call").check()
    expect(page.locator("speech-presets .why")).to_contain_text(NAMED_PRESETS["phone_call"].why)
    page.locator("#adjust").get_by_text("Fine-tune").click()
    strength = NAMED_PRESETS["phone_call"].settings.denoise.strength_db
    expect(page.locator("#set-denoise_strength_db input[type=number]")).to_have_value(f"{strength:g}")


def test_moved_settings_are_tried_around_the_playhead_and_then_applied(page: Page, talk: Path) -> None:
    give(page, talk)
    expect(enhance(page)).to_contain_text("LUFS")
    page.locator("#report summary").click()
    expect(page.locator("#report")).to_contain_text("Denoiser: neural.")
    page.locator("#adjust").get_by_text("Fine-tune").click()
    method = page.locator("#set-denoise_method")
    expect(method.get_by_label("Neural (best)")).to_be_checked()
    method.get_by_label("Spectral (classic)").check()
    older = page.locator("#results .older")
    expect(older).to_contain_text("Ten seconds around the playhead")
    assert page.evaluate("document.querySelector('speech-player').stretch.length_s") > 0
    older.get_by_role("button").click()
    expect(page.locator("#report")).to_contain_text("Denoiser: spectral.")
    expect(older).to_be_hidden()


def test_settings_come_back_and_travel_in_a_link(page: Page) -> None:
    page.get_by_role("radio", name="Old tape").check()
    page.reload()
    expect(page.get_by_role("radio", name="Old tape")).to_be_checked()
    strength = page.locator("#set-denoise_strength_db input[type=number]")
    page.locator("#adjust").get_by_text("Fine-tune").click()
    expect(strength).to_have_value(f"{NAMED_PRESETS['old_tape'].settings.denoise.strength_db:g}")
    page.goto(page.url.split("?")[0] + "?preset=podcast&denoise_strength_db=12&mix_wet_percent=x&nonsense=1")
    expect(page.get_by_role("radio", name="Podcast")).to_be_checked()
    page.locator("#adjust").get_by_text("Fine-tune").click()
    expect(strength).to_have_value("12")
    expect(page.locator("#set-mix_wet_percent input[type=number]")).to_have_value("100")


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
