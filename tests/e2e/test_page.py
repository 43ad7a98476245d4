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
FITS = """[document.documentElement, document.querySelector(".gradio-container")]
  .every((part) => part.scrollWidth <= part.clientWidth)"""
COVERED = """() => {
  const found = new Set(), { left, right, top } = document.querySelector("speech-dock").getBoundingClientRect();
  for (let y = 0; y < document.body.scrollHeight; y += 20) {
    scrollTo(0, y);
    for (let x = left + 4; x < right; x += 24) {
      const part = document.elementFromPoint(x, top + 20);
      if (!part.closest("speech-dock")) found.add(part.outerHTML.slice(0, 90));
    }
  }
  return [...found];
}"""  # what lies over the bar at the lower edge, wherever the page is scrolled to

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
    """Nor is anything cut off at the side: Gradio's container hides what is too wide for it."""
    return bool(page.evaluate(FITS))


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
    assert page.evaluate("document.querySelector('speech-intake').max_s") == 2 * 3600  # longer ones are refused
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
    expect(page.locator("#enhance-button")).to_have_attribute("aria-disabled", "false")  # it can be made anew
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
    with page.expect_file_chooser():
        page.locator("#status").get_by_role("button", name="Choose files").click()
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF\x24\0\0\0WAVEfmt ")
    give(page, bad)
    expect(page.locator("#status")).not_to_contain_text("There is no recording yet")
    page.click("#enhance-button")
    expect(page.locator("#status")).to_contain_text("damaged")
    expect(page.locator("#status .advice")).to_be_in_viewport(ratio=1)
    expect(page.locator("speech-intake")).to_have_attribute("data-state", "empty")
    expect(page.locator("#enhance-button")).to_have_text("Enhance")
    with page.expect_file_chooser():  # the same one would fail again
        page.locator("#status").get_by_role("button", name="Choose another").click()


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
    older.get_by_role("button", name="Apply to all").click()
    expect(page.locator("#report")).to_contain_text("Denoiser: spectral.")
    expect(older).to_be_hidden()


def test_versions_are_compared_and_their_settings_come_back(page: Page, talk: Path) -> None:
    """Each result is a version; whoever shows an older one can go back to its settings; a reload keeps them all."""
    give(page, talk)
    expect(enhance(page)).to_contain_text("LUFS")
    page.get_by_role("radio", name="Gentle", exact=True).check()
    page.locator("#results .older").get_by_role("button", name="Apply to all").click()
    versions = page.locator("#results .versions")
    expect(versions.get_by_role("radio", name="2 · Gentle")).to_be_checked()
    expect(page.locator("#results .older")).to_be_hidden()
    versions.get_by_role("radio", name="1 · Default").check()
    expect(page.locator("#results .older")).to_be_visible()
    page.get_by_role("button", name="Back to its settings").click()
    expect(page.locator("#results .older")).to_be_hidden()
    expect(page.get_by_role("radio", name="Default", exact=True)).to_be_checked()
    page.reload()
    expect(versions.get_by_role("radio", name="2 · Gentle")).to_be_checked()
    expect(versions.get_by_role("radio", name="1 · Default")).to_be_visible()


def test_settings_are_undone_reset_and_kept_as_a_preset(page: Page, tmp_path: Path) -> None:
    page.get_by_role("radio", name="Podcast").check()
    page.locator("#adjust").get_by_text("Fine-tune").click()
    tuning, strength = page.locator("speech-tuning"), page.locator("#set-denoise_strength_db input[type=number]")
    expect(tuning.locator(".moved")).to_contain_text("All as in “Podcast”")
    expect(strength).to_have_value("30")  # Gradio moves it a little later: what is typed before would be written over
    strength.fill("12")
    strength.press("Tab")
    expect(tuning.locator(".moved")).to_contain_text("Noise reduction: 12 dB")
    tuning.get_by_role("button", name="Undo").click()
    expect(strength).to_have_value("30")
    tuning.get_by_role("button", name="Redo").click()
    expect(strength).to_have_value("12")
    tuning.get_by_role("button", name="Save as a preset").click()
    tuning.get_by_role("textbox").fill("Grandma's kitchen")
    tuning.get_by_role("textbox").press("Enter")
    own = page.get_by_role("radio", name="Grandma's kitchen")
    expect(own).to_be_checked()
    with page.expect_download() as download:
        tuning.get_by_role("button", name="Save to a file").click()
    download.value.save_as(tmp_path / "kitchen.json")
    page.reload()
    expect(own).to_be_checked()
    page.locator("#adjust").get_by_text("Fine-tune").click()
    expect(strength).to_have_value("12")
    tuning.get_by_role("button", name="Delete this preset").click()
    expect(own).to_have_count(0)
    page.get_by_role("radio", name="Default", exact=True).check()
    page.set_input_files("speech-tuning input[type=file]", tmp_path / "kitchen.json")
    expect(own).to_be_checked()
    expect(strength).to_have_value("12")
    strength.fill("20")
    strength.press("Tab")
    tuning.get_by_role("button", name="Noise reduction is 20 dB: back to the preset's").click()
    expect(strength).to_have_value("12")


def test_long_work_can_be_heard_from_its_beginning_on(page: Page, long_talk: Path) -> None:
    give(page, long_talk)
    page.click("#enhance-button")
    expect(page.locator("#verdict")).to_contain_text("The first seconds are ready")
    expect(page.locator("#status .left")).to_contain_text("left")
    assert page.evaluate("document.querySelector('speech-player').media.duration_s") == pytest.approx(10, abs=0.1)
    expect(page.locator("#download")).to_be_hidden()
    page.click("#cancel-button")
    expect(page.locator("#status")).to_contain_text("Cancelled")
    expect(page.locator("#verdict")).to_be_hidden()


def test_what_is_no_speech_is_said_with_a_gentler_way_on(page: Page, tmp_path: Path) -> None:
    hum = np.random.default_rng(3).normal(0, 0.1, 16_000 * 4).astype(np.float32)
    soundfile.write(tmp_path / "wind.wav", hum, 16_000)
    give(page, tmp_path / "wind.wav")
    enhance(page)
    note = page.locator("#results .kind")
    expect(page.locator("#verdict")).to_contain_text("No speech was found")
    expect(note).to_contain_text("as if there were some")
    note.get_by_role("button", name="Clean it gently").click()
    expect(page.get_by_role("radio", name="2 · Gentle")).to_be_checked()
    expect(note.get_by_role("button")).to_be_hidden()


@pytest.mark.parametrize("context", [(PHONE, "light")], indirect=True)
def test_on_a_phone_player_and_download_stay_at_hand(page: Page, talk: Path, tmp_path: Path) -> None:
    """Wherever the page is scrolled to; and the recording's name comes back as it was."""
    named = tmp_path / "Großmutter's 90. (Köln).wav"
    named.write_bytes(talk.read_bytes())
    give(page, named)
    expect(enhance(page)).to_contain_text("LUFS")
    dock = page.locator("speech-dock")
    for top in ("0", "document.body.scrollHeight"):
        page.evaluate(f"scrollTo(0, {top})")
        expect(dock).to_be_in_viewport(ratio=1)
    page.locator("#adjust").get_by_text("Fine-tune").click()
    expect(page.locator("speech-tuning .steps")).to_be_visible()
    assert page.evaluate(COVERED) == []
    dock.get_by_role("button", name="Play").click()
    page.wait_for_function(PLAYS)
    dock.get_by_role("button", name="You hear: After").click()
    expect(page.get_by_role("radio", name="Before")).to_be_checked()
    with page.expect_download() as download:
        dock.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "Großmutter's 90. (Köln).clean.wav"
    for part in dock.locator("button, a").all():
        box = part.bounding_box()
        assert box
        assert min(box["height"], box["width"]) >= 44


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
