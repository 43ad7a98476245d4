"""<speech-intake>: each way in, each way it fails, and what is told; what is called how."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.page.site import Site

expect.set_options(timeout=20_000)
MIB = 2**20

MADE = """async ([width, more]) => {
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "./page/intake.css" });
    const there = new Promise((done) => { style.onload = done; });
    document.head.append(style);
    await there;
    await import("/page/intake.js");
    window.intake = Object.assign(document.createElement("speech-intake"), more);
    window.told = [];
    for (const name of ["given", "cleared", "example"]) {
        document.addEventListener(name, ({ detail }) => told.push([name, detail]));
    }
    window.file = (size, name, type = "audio/wav") => new File([new Uint8Array(size)], name, { type });
    window.microphone = [];
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
        const entry = { wanted };
        microphone.push(entry);
        entry.stream = await real(wanted);
        return entry.stream;
    };
    document.querySelector("main").append(intake);
}"""

Shown = Callable[..., Locator]


@pytest.fixture
def shown(page: Page, context: BrowserContext) -> Shown:
    """Puts an intake on the page; `window.intake`, its events in `window.told`."""

    def show(**more: object) -> Locator:
        context.grant_permissions(["microphone"])
        page.evaluate(MADE, [0, more])
        return page.locator("speech-intake")

    return show


def state(page: Page, wanted: str) -> None:
    page.wait_for_function("(wanted) => intake.state === wanted", arg=wanted)


def told(page: Page, name: str) -> list[Any]:
    return [detail for event, detail in page.evaluate("told") if event == name]


def press(intake: Locator, name: str) -> None:
    intake.get_by_role("button", name=name, exact=True).click()


def give(page: Page, *files: tuple[int, str]) -> None:
    page.evaluate("(files) => { intake.give(files.map(([size, name]) => file(size, name, ''))); }", list(files))


def refuse(page: Page, name: str, message: str = "") -> None:
    """The microphone, with the browser's own fault."""
    page.evaluate(
        """([message, name]) => {
        navigator.mediaDevices.getUserMedia = async () => { throw new DOMException(message, name); };
    }""",
        [message, name],
    )


def drag(page: Page, event: str, *files: tuple[int, str]) -> bool:
    """Whether the page took it for itself: else the browser would open the file."""
    taken: bool = page.evaluate(
        """([event, files]) => {
        const held = new DataTransfer();
        for (const [size, name] of files) held.items.add(file(size, name));
        const told = { bubbles: true, cancelable: true, [event === "paste" ? "clipboardData" : "dataTransfer"]: held };
        const Kind = event === "paste" ? ClipboardEvent : DragEvent;
        return !document.body.dispatchEvent(new Kind(event, told));
    }""",
        [event, list(files)],
    )
    return taken


def test_names(blank: Page) -> None:
    found = blank.evaluate(
        r"""async () => {
        const n = await import("/page/names.js");
        const kinds = [["a.wav", ""], ["a.MKV", ""], ["a.mp4", "audio/mp4"], ["a.ts", "text/vnd.trolltech.linguist"],
            ["a.webm", "audio/webm"], ["a.ogg", "video/ogg"], ["notes.pdf", "application/pdf"], ["a.png", "image/png"],
            ["talk", ""], ["a.dss", "application/octet-stream"], ["a.mxf", "application/mxf"], ["a.txt", "text/plain"]];
        return {
            kinds: kinds.map(([name, type]) => n.kindOf(name, type)),
            video: [n.isVideo("a.mov"), n.isVideo("a.m4a", "audio/x-m4a")],
            shown: ["C:\\folder\\a.wav", "/x/Großmutter's 90.wav", "evil\u202egpj.wav", "a\nb.wav"].map(n.shown),
            short: [["a".repeat(50) + " the second part.wav", 30], ["👩‍👩‍👧".repeat(9), 9], ["short.wav"]].map(
                (given) => n.short(...given)),
            sizes: [1, 900, 1023, 2048, 3.44 * 2 ** 20, 300 * 2 ** 20, 1023.9 * 2 ** 20].map(
                (size) => n.sizeWords(size)),
            german: n.sizeWords(3.44 * 2 ** 20, "de"),
            clocks: [0, 9.4, 59.6, 1300, 3723].map(n.clock),
            words: [n.durationWords(0), n.durationWords(1300), n.durationWords(7200), n.durationWords(61, "de")],
            recorded: ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg"].map(
                (type) => n.recordingName(new Date(2026, 10, 29, 16, 5), type)),
        };
    }"""
    )
    sound, video, other = "sound", "video", "other"
    expected = [sound, video, sound, video, sound, sound, other, other, sound, sound, video, other]
    assert found["kinds"] == expected
    assert found["video"] == [True, False]
    assert found["shown"] == ["a.wav", "Großmutter's 90.wav", "evilgpj.wav", "ab.wav"]
    assert found["short"] == ["a" * 19 + "…d part.wav"[:11], "👩‍👩‍👧" * 9, "short.wav"]
    assert found["sizes"] == ["1 byte", "900 bytes", "1 kB", "2 kB", "3.4 MB", "300 MB", "1 GB"]
    assert found["german"] == "3,4 MB"
    assert found["clocks"] == ["0:00", "0:09", "1:00", "21:40", "1:02:03"]
    assert found["words"] == ["0 seconds", "21 minutes 40 seconds", "2 hours", "1 Minute 1 Sekunde"]
    assert found["recorded"] == [f"Recording 2026-11-29 16.05.{kind}" for kind in ("webm", "m4a", "ogg")]


def test_levels(blank: Page) -> None:
    found = blank.evaluate(
        """async () => {
        const { Meter, measured } = await import("/page/levels.js");
        const meter = new Meter(), seen = [];
        const take = (value, s) => {
            meter.take(new Float32Array(64).fill(value), s);
            seen.push([Math.round(meter.level_db), meter.clipped, meter.silent]);
        };
        take(0.5, 0); take(0, 0.5); take(-1, 1); take(0.1, 3.9); take(0.1, 4.1); take(0, 7); take(0, 7.2); take(0.1, 8);
        const [one, two] = [[0, 1, 0], [0, -1, 1]].map((x) => measured(Float32Array.from(x)).clipped);
        return { seen, one, two };
    }"""
    )
    assert found["seen"] == [
        [-6, False, False], [-18, False, False], [0, True, False], [-20, True, False], [-20, False, False],
        [-60, False, False], [-60, False, True], [-20, False, False],
    ]  # fmt: skip
    assert (found["one"], found["two"]) == (False, True)


def test_a_file_is_chosen(page: Page, site: Site, shown: Shown) -> None:
    intake = shown(max_bytes=300 * MIB)
    expect(intake.get_by_text("Up to 300 MB for each file")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        press(intake, "Choose files")
    assert chooser.value.is_multiple()
    chooser.value.set_files([{"name": "Großmutter's 90.mov", "mimeType": "video/quicktime", "buffer": bytes(2048)}])
    state(page, "given")
    (given,) = told(page, "given")
    (file,) = given["files"]
    assert {name: file[name] for name in ("path", "name", "bytes", "is_video", "duration_s")} == {
        "path": "/files/1", "name": "Großmutter's 90.mov", "bytes": 2048, "is_video": True, "duration_s": None,
    }  # fmt: skip
    assert site.uploads == [("Großmutter's 90.mov", 2048)]
    assert page.evaluate("told[0][1].files[0].file instanceof File")
    expect(intake.get_by_text("2 kB · Video: its sound is used")).to_be_visible()
    expect(intake.get_by_role("group", name="Großmutter's 90.mov, 2 kB")).to_be_focused()
    expect(intake.get_by_role("button", name="Choose another")).to_be_visible()
    assert not intake.get_by_role("button", name="Choose files").is_visible()


def test_per_cent_is_told_and_it_can_be_stopped(page: Page, site: Site, shown: Shown) -> None:
    come = threading.Event()
    site.hinder = lambda path: "gradio_api" in path and not come.wait(20)
    intake = shown()
    page.evaluate(
        """() => {
        window.spoken = [];
        const status = intake.querySelector("[role=status]");
        new MutationObserver(() => spoken.push(status.textContent)).observe(status, { childList: true });
    }"""
    )
    give(page, (60 * MIB, "long.wav"))
    bar = intake.get_by_role("progressbar")
    page.wait_for_function("Number(intake.querySelector('.si-bar').ariaValueNow) > 0")
    expect(intake.get_by_role("button", name="Stop")).to_be_focused()
    assert 0 < int(bar.get_attribute("aria-valuenow") or 0) < 100
    press(intake, "Stop")
    state(page, "empty")
    expect(intake.get_by_role("button", name="Choose files")).to_be_focused()
    come.set()
    give(page, (60 * MIB, "again.wav"))
    state(page, "given")
    assert site.uploads == [("again.wav", 60 * MIB)]
    said = [int(found[1]) for text in page.evaluate("spoken") if (found := re.search(r"(\d+) %", text))]
    assert len(said) > 2
    assert len(set(page.evaluate("spoken"))) == page.evaluate("spoken.length")  # each once
    assert all(percent % 10 == 0 for percent in said)
    assert len(told(page, "given")) == 1


def test_a_lost_connection_costs_nothing_that_was_sent(page: Page, site: Site, shown: Shown) -> None:
    intake = shown()
    site.hinder = lambda path: "gradio_api" in path and len(site.uploads) == 1
    give(page, (1000, "one.wav"), (2000, "two.wav"))
    state(page, "error")
    expect(intake.get_by_role("alert")).to_contain_text("The connection was lost while uploading.")
    expect(intake.get_by_role("button", name="Try again")).to_be_focused()
    site.hinder = lambda path: False
    press(intake, "Try again")
    state(page, "given")
    assert site.uploads == [("one.wav", 1000), ("two.wav", 2000)]
    assert [file["name"] for file in told(page, "given")[0]["files"]] == ["one.wav", "two.wav"]
    expect(intake.get_by_text("2 files", exact=True)).to_be_visible()


def test_the_rest_can_be_left(page: Page, site: Site, shown: Shown) -> None:
    intake = shown()
    site.hinder = lambda path: "gradio_api" in path and len(site.uploads) == 1
    give(page, (1000, "one.wav"), (2000, "two.wav"))
    press(intake, "Go on without the rest")
    state(page, "given")
    expect(intake.get_by_text("“two.wav” was not uploaded.").first).to_be_visible()


def test_a_connection_that_stands_still_is_lost(page: Page, site: Site, shown: Shown) -> None:
    come = threading.Event()
    site.hinder = lambda path: "gradio_api" in path and not come.wait(20)
    shown()
    kind = page.evaluate(
        """async () => {
        const { send } = await import("/page/upload.js");
        const sent = send(file(60 * 2 ** 20, "a.wav"), { stalled_ms: 300 });
        return sent.then(() => "", (fault) => `${fault.kind} ${fault.again}`);
    }"""
    )
    come.set()
    assert kind == "lost true"


REFUSALS = (
    (413, '{"error": "Too much.", "suggestion": "Send less.", "details": "", "status": 413}', "Too much. Send less."),
    (400, '{"error": "It breaks off.", "suggestion": "Once more."}', "It breaks off. Once more."),
    (507, '{"error": "The disk is full.", "suggestion": "", "status": 507}', "The disk is full."),
    (413, "<h1>nginx</h1>", "This file is too large for the server."),
    (503, "<h1>Bad gateway</h1>", "The server cannot take it at the moment (503)."),
    (200, "[]", "The server cannot take it at the moment (200)."),
)


def test_a_refusal_has_a_sentence_and_a_next_step(page: Page, site: Site, shown: Shown) -> None:
    intake = shown()
    for status, text, said in REFUSALS:
        site.refusal = status, text
        give(page, (1000, "one.wav"))
        expect(intake.get_by_role("alert")).to_contain_text(said)
        expect(
            intake.get_by_role("button", name="Try again" if "<h1>B" in text or status == 200 else "Choose another")
        ).to_be_focused()
    assert not told(page, "given")


def test_what_need_not_be_sent_is_not(page: Page, site: Site, shown: Shown) -> None:
    intake = shown(max_bytes=10_000)
    give(page, (20_000, "long.wav"))
    state(page, "error")
    expect(intake.get_by_text("“long.wav” has 20 kB. The most taken is 10 kB.").first).to_be_visible()
    give(page, (0, "nothing.wav"))
    expect(intake.get_by_text("“nothing.wav” is empty.").first).to_be_visible()
    page.evaluate("() => { intake.give([file(9, 'paper.pdf', 'application/pdf')]); }")
    expect(intake.get_by_text("“paper.pdf” is neither sound nor video.").first).to_be_visible()
    assert not any("gradio_api" in path for path, _ in site.asked)
    give(page, (20_000, "long.wav"), (500, "good.wav"))
    state(page, "given")
    assert site.uploads == [("good.wav", 500)]
    expect(intake.locator("[data-shown] [data-is=note]")).to_contain_text("“long.wav” has 20 kB.")


def test_a_file_that_went_away(page: Page, site: Site, shown: Shown) -> None:
    intake = shown()
    page.evaluate(
        """() => {
        const gone = file(9, "gone.wav");
        gone.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException("", "NotReadableError")) });
        intake.give([gone]);
    }"""
    )
    state(page, "error")
    expect(intake.get_by_text("“gone.wav” cannot be read.").first).to_be_visible()


def test_drop_and_paste_anywhere(page: Page, site: Site, shown: Shown) -> None:
    shown()
    sheet = page.locator(".si-sheet")
    expect(sheet).to_be_hidden()
    assert drag(page, "dragover", (500, "a.wav"))
    expect(sheet).to_have_text("Drop it here: it becomes your recording")
    assert sheet.is_visible()
    expect(sheet).to_be_hidden()  # it was dragged out again, and nobody said so
    drag(page, "dragover", (500, "a.wav"))
    assert drag(page, "drop", (500, "a.wav"), (600, "b.wav"))
    assert not sheet.is_visible()
    state(page, "given")
    assert site.uploads == [("a.wav", 500), ("b.wav", 600)]
    assert drag(page, "paste", (700, "c.wav"))
    page.wait_for_function("intake.files[0]?.name === 'c.wav'")
    drag(page, "dragover", (500, "a.wav"))
    expect(sheet).to_contain_text("the place of c.wav")
    assert [name for name, _ in page.evaluate("told")] == ["given", "cleared", "given"]
    assert not drag(page, "paste")  # words, for some field
    assert not drag(page, "dragover")


def test_a_recording(page: Page, site: Site, shown: Shown) -> None:
    intake = shown(max_s=600)
    press(intake, "Record")
    state(page, "recording")
    expect(intake.get_by_role("button", name="Finish")).to_be_focused()
    wanted = page.evaluate("microphone[0].wanted.audio")
    assert wanted == {"noiseSuppression": False, "echoCancellation": False, "autoGainControl": False}
    expect(intake.get_by_text("of 10:00")).to_be_visible()
    page.wait_for_function("Number(intake.querySelector('.si-level').style.getPropertyValue('--si-part')) > 0.2")
    page.wait_for_function("intake.querySelector('[data-is=elapsed]').textContent === '0:01'")
    press(intake, "Pause")
    expect(intake.get_by_role("button", name="Go on")).to_be_focused()
    assert not drag(page, "dragover")
    assert drag(page, "drop", (500, "a.wav"))
    expect(intake.get_by_text("Finish the recording first").first).to_be_attached()
    press(intake, "Go on")
    press(intake, "Finish")
    state(page, "given")
    assert page.evaluate("microphone[0].stream.getTracks().map((track) => track.readyState)") == ["ended"]
    (file,) = told(page, "given")[0]["files"]
    assert re.fullmatch(r"Recording \d{4}-\d\d-\d\d \d\d\.\d\d\.webm", file["name"])
    assert 1 < file["duration_s"] < 60
    assert file["is_video"] is False
    assert site.uploads == [(file["name"], file["bytes"])]
    assert file["bytes"] > 10_000


def test_a_pause_is_not_in_the_recording(page: Page, shown: Shown) -> None:
    intake = shown()
    press(intake, "Record")
    state(page, "recording")
    expect(intake.locator("[data-is=elapsed]")).to_have_text("0:01")  # at once, nothing would have been heard yet
    press(intake, "Pause")
    page.evaluate("() => new Promise((done) => setTimeout(done, 1200))")  # time itself is what is tried
    press(intake, "Finish")
    state(page, "given")
    (file,) = told(page, "given")[0]["files"]
    heard_s = page.evaluate(
        """async () => {
        const data = await told[0][1].files[0].file.arrayBuffer();
        return (await new OfflineAudioContext(1, 1, 48000).decodeAudioData(data)).duration;
    }"""
    )
    assert heard_s == pytest.approx(file["duration_s"], abs=0.5)


def test_the_longest_recording_ends_by_itself(page: Page, shown: Shown) -> None:
    intake = shown(max_s=1)
    press(intake, "Record")
    state(page, "recording")
    expect(intake.get_by_text("left").first).to_be_visible()
    state(page, "given")
    expect(intake.get_by_text("The longest recording is 0:01: it ended there.").first).to_be_visible()


def test_a_microphone_that_is_pulled_out(page: Page, shown: Shown) -> None:
    intake = shown()
    press(intake, "Record")
    page.wait_for_function("intake.querySelector('[data-is=elapsed]').textContent === '0:01'")
    page.evaluate(
        """() => {
        const [track] = microphone[0].stream.getTracks();
        track.stop();
        track.dispatchEvent(new Event("ended"));
    }"""
    )
    state(page, "given")
    expect(intake.get_by_text("The microphone was disconnected.").first).to_be_visible()
    assert told(page, "given")[0]["files"][0]["bytes"] > 1000


def test_a_recording_is_not_lost_with_the_connection(page: Page, site: Site, shown: Shown) -> None:
    intake = shown()
    site.hinder = lambda path: "gradio_api" in path
    press(intake, "Record")
    page.wait_for_function("intake.querySelector('[data-is=elapsed]').textContent === '0:01'")
    press(intake, "Finish")
    state(page, "error")
    with page.expect_download() as saved:
        press(intake, "Save my recording")
    assert saved.value.suggested_filename.startswith("Recording ")
    site.hinder = lambda path: False
    press(intake, "Try again")
    state(page, "given")


def test_the_browsers_own_cleaning(page: Page, shown: Shown) -> None:
    intake = shown()
    press(intake, "Record")
    state(page, "recording")
    intake.get_by_role("checkbox", name="Use the browser's own noise suppression").check()
    press(intake, "Discard")
    state(page, "empty")
    expect(intake.get_by_role("button", name="Choose files")).to_be_focused()
    assert page.evaluate("microphone[0].stream.getTracks()[0].readyState") == "ended"
    press(intake, "Record")
    state(page, "recording")
    assert page.evaluate("microphone[1].wanted.audio.noiseSuppression")
    page.evaluate("() => document.body.append(intake)")  # only moved
    page.wait_for_function("intake.querySelector('[data-is=elapsed]').textContent === '0:01'")
    assert page.evaluate("microphone[1].stream.getTracks()[0].readyState") == "live"
    page.evaluate("() => intake.remove()")
    page.wait_for_function("microphone[1].stream.getTracks()[0].readyState === 'ended'")
    shown()
    assert page.locator("speech-intake [data-is=cleaned]").is_checked()
    assert not page.evaluate("told.length")


NO_MICROPHONE = (
    ("NotAllowedError", "Permission denied", "The microphone is not allowed on this page.", "Allow the microphone"),
    ("NotAllowedError", "Permission denied by system", "Your device does not let the browser", "Try again"),
    ("NotFoundError", "", "No microphone was found.", "Try again"),
    ("NotReadableError", "", "another program may be using it", "Try again"),
    ("TypeError", "", "This browser could not start the microphone.", "Try again"),
)


def test_no_microphone(page: Page, shown: Shown) -> None:
    intake = shown()
    page.evaluate("() => { window.real = navigator.mediaDevices.getUserMedia; }")
    for fault, message, said, next_step in NO_MICROPHONE:
        refuse(page, fault, message)
        press(intake, "Record")
        expect(intake.get_by_role("alert")).to_contain_text(said)
        button = intake.get_by_role("button", name=next_step, exact=True)
        expect(button).to_be_focused()
        page.evaluate("() => { navigator.mediaDevices.getUserMedia = real; }")
        button.click()
        state(page, "recording")
        press(intake, "Discard")


def test_a_page_that_is_not_secure(page: Page, shown: Shown) -> None:
    intake = shown()
    page.evaluate("() => { Object.defineProperty(window, 'isSecureContext', { value: false }); }")
    press(intake, "Record")
    expect(intake.get_by_role("alert")).to_contain_text("https://")
    expect(intake.get_by_role("button", name="Choose files")).to_be_focused()


def test_given_up_while_the_browser_asks(page: Page, shown: Shown) -> None:
    intake = shown()
    page.evaluate(
        """() => {
        const real = navigator.mediaDevices.getUserMedia;
        const asked = new Promise((done) => { window.allow = done; });
        navigator.mediaDevices.getUserMedia = async (wanted) => { await asked; return real(wanted); };
    }"""
    )
    press(intake, "Record")
    expect(intake.get_by_role("button", name="Cancel")).to_be_focused()
    press(intake, "Cancel")
    state(page, "empty")
    page.evaluate("() => allow()")
    page.wait_for_function("microphone[0]?.stream?.getTracks()[0].readyState === 'ended'")
    assert page.evaluate("intake.state") == "empty"


def test_what_the_page_can_do(page: Page, shown: Shown) -> None:
    intake = shown(examples=[{"name": "city", "label": "City street", "href": "#"}])
    press(intake, "City street")
    assert told(page, "example") == ["city"]
    give(page, (500, "a.wav"))
    state(page, "given")
    page.evaluate("() => intake.fail({ message: 'No sound is in it.', suggestion: 'Take another.' })")
    state(page, "error")
    expect(intake.get_by_role("alert")).to_have_text("No sound is in it. Take another.")
    expect(intake.get_by_role("button", name="Choose another")).to_be_focused()
    give(page, (600, "b.wav"))
    state(page, "given")
    page.evaluate("() => intake.clear()")
    state(page, "empty")
    assert [name for name, _ in page.evaluate("told")] == ["example", "given", "given", "cleared"]
    assert page.evaluate("intake.files") == []


def test_a_focus_elsewhere_stays_there(page: Page, shown: Shown) -> None:
    shown()
    page.evaluate("() => { document.body.insertAdjacentHTML('beforeend', '<input aria-label=x>'); }")
    page.get_by_label("x").focus()
    drag(page, "drop", (500, "a.wav"))
    state(page, "given")
    expect(page.get_by_label("x")).to_be_focused()


def test_nothing_moves_between_states(page: Page, site: Site, shown: Shown) -> None:
    intake = shown(max_bytes=300 * MIB, max_s=7200)
    page.evaluate(
        """() => {
        window.widths = [320, 390, 768, 1104];
        window.heights = Object.fromEntries(widths.map((width) => [width, {}]));
        window.measure = (name) => {
            for (const width of widths) {
                intake.style.width = `${width - 32}px`;
                heights[width][name] = Math.round(intake.getBoundingClientRect().height);
                if (intake.scrollWidth > intake.clientWidth) heights[width][`${name}, too wide`] = intake.scrollWidth;
            }
        };
    }"""
    )

    def measure(name: str) -> None:
        page.evaluate("(name) => measure(name)", name)

    measure("empty")
    give(page, (500, "a.wav"))
    state(page, "given")
    measure("given")
    press(intake, "Record")
    state(page, "recording")
    measure("recording")
    press(intake, "Discard")
    refuse(page, "NotAllowedError")
    press(intake, "Record")
    state(page, "error")
    measure("refused")
    site.hinder = lambda path: "gradio_api" in path
    give(page, (500, "a.wav"))
    expect(intake.get_by_role("alert")).to_contain_text("was lost while")
    measure("lost")
    for heights in page.evaluate("heights").values():
        assert set(heights) == {"empty", "given", "recording", "refused", "lost"}
        assert len(set(heights.values())) == 1, heights
