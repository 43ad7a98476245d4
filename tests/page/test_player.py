"""<speech-player>: what is pressed, what is heard and seen, and what happens when the server does not answer."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.conftest import RATE, voice_in_noise
from tests.page.site import MAX_HZ, MIN_HZ, PAGE, Recording, Site, as_js, recorded
from tests.pipeline.signals import sine

expect.set_options(timeout=20_000)

Shown = Callable[..., Locator]


@pytest.fixture
def shown(page: Page) -> Shown:
    """Puts a player for a recording on the page; `window.player`, its events in `window.told`."""

    def show(media: object) -> Locator:
        page.evaluate(
            """async (media) => {
            await import("/page/player.js");
            window.player = document.createElement("speech-player");
            window.told = [];
            for (const name of ["amount", "heard", "playing"]) {
                player.addEventListener(name, (event) => told.push([name, event.detail]));
            }
            document.querySelector("main").append(player);
            player.media = media;
        }""",
            media,
        )
        return page.locator("speech-player")

    return show


def value(page: Page, name: str) -> Any:
    return page.evaluate(f"player.{name}")


def until(page: Page, condition: str) -> None:
    page.wait_for_function(condition)


def heard(page: Page) -> str:
    checked: str = page.locator("[data-heard][aria-checked=true]").inner_text()
    assert checked.lower() == value(page, "heard")
    return checked


def test_it_plays_at_once_and_is_told_to_the_page(page: Page, shown: Shown, noisy: Recording) -> None:
    player = shown(noisy.media)
    player.get_by_role("button", name="Play").click()
    until(page, "player.position_s > 0.3")
    expect(player.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("1")
    assert heard(page) == "Before"
    assert value(page, "playing")
    page.keyboard.press(" ")
    assert not value(page, "playing")
    stands = value(page, "position_s")
    page.keyboard.press("ArrowRight")
    assert value(page, "position_s") == pytest.approx(stands + 5)
    told = page.evaluate("told")
    assert next(detail for name, detail in told if name == "playing") == {"playing": True}
    assert ["heard", {"heard": "before"}] in told


def test_play_is_not_lost_while_nothing_is_there_yet(page: Page, site: Site, shown: Shown, noisy: Recording) -> None:
    come = threading.Event()
    site.hinder = lambda path: path.endswith(".mp3") and not come.wait(20)
    player = shown(noisy.media)
    player.get_by_role("button", name="Play").click()
    expect(player.get_by_role("status")).to_have_text("Loading…")
    assert value(page, "position_s") == 0
    come.set()
    until(page, "player.position_s > 0.2")
    expect(player.get_by_role("status")).to_have_text("")


def test_keys(page: Page, shown: Shown, noisy: Recording) -> None:
    player = shown(noisy.media)
    for key, name in (("1", "Before"), ("3", "Removed"), ("2", "After"), ("x", "Before"), ("X", "After")):
        page.keyboard.press(key)
        assert heard(page) == name
    page.keyboard.press("l")
    assert value(page, "passage") == {"start_s": 0, "end_s": 5}
    expect(player.get_by_role("button", name="Repeat")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("l")
    assert value(page, "passage") is None
    page.keyboard.press("ArrowRight")
    page.keyboard.press("[")
    assert value(page, "passage") == {"start_s": 5, "end_s": 10}
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("?")
    expect(player.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("1")
    assert heard(page) == "After"  # the dialog is open
    page.keyboard.press("Escape")
    expect(player.get_by_role("dialog")).to_be_hidden()


def test_keys_of_others_are_left_to_them(page: Page, shown: Shown, noisy: Recording) -> None:
    shown(noisy.media)
    page.evaluate("""document.querySelector("main").insertAdjacentHTML("beforeend", `
        <input id="text"><textarea id="area"></textarea><button id="other">Other</button>
        <div id="free">nothing here</div>`)""")
    for name in ("text", "area"):
        page.click(f"#{name}")
        page.keyboard.type("1x l?")
        assert page.input_value(f"#{name}") == "1x l?"
    page.evaluate("window.pressed = 0; document.querySelector('#other').onclick = () => { pressed += 1; }; 0")
    page.focus("#other")
    page.keyboard.press(" ")
    page.keyboard.press("3")
    assert page.evaluate("pressed") == 1
    assert value(page, "heard") == "after"
    assert value(page, "passage") is None
    assert not value(page, "playing")
    page.keyboard.press("Control+1")
    page.click("#free")
    assert value(page, "heard") == "after"
    page.keyboard.press("1")
    assert value(page, "heard") == "before"


def test_by_keyboard_alone_every_part_does_what_it_is(page: Page, shown: Shown, noisy: Recording) -> None:
    """Arrows choose among radio buttons and move the slider; space presses the button that has the focus."""
    player = shown(noisy.media)
    names = []
    for _ in range(10):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate("""(() => { const e = document.activeElement;
            return e.getAttribute("aria-label") ?? (e.labels?.[0]?.textContent ?? e.textContent).trim(); })()""")
        )
    assert names == ["Play", "After", "Equal loudness", "Position", "Waveform", "Repeat", "Zoom out", "Zoom in",
                     "Show all", "Keys"]  # fmt: skip
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    assert value(page, "amount") == 99
    assert value(page, "position_s") == 0
    for _ in range(9):
        page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.dataset.heard") == "after"
    page.keyboard.press("ArrowRight")
    assert heard(page) == "Removed"
    assert page.evaluate("document.activeElement.dataset.heard") == "removed"
    page.keyboard.press("Tab")
    page.keyboard.press(" ")
    assert value(page, "equal") is False
    assert not value(page, "playing")
    page.keyboard.press("Tab")
    page.keyboard.press("PageDown")
    assert value(page, "position_s") == pytest.approx(noisy.media["duration_s"])
    expect(player.get_by_role("slider", name="Position")).to_have_attribute("aria-valuetext", "0:15 of 0:15")


def test_the_amount_is_heard_and_told(page: Page, shown: Shown, noisy: Recording) -> None:
    player = shown(noisy.media)
    page.keyboard.press("3")
    player.get_by_role("slider", name="How much").fill("60")
    assert heard(page) == "After"  # nothing else has an amount
    assert page.evaluate("told.filter(([name]) => name === 'amount')") == [["amount", {"percent": 60}]]
    expect(player.locator(".sp-percent")).to_have_text("60 %")


def test_a_click_seeks_and_a_drag_repeats(page: Page, shown: Shown, noisy: Recording) -> None:
    player = shown(noisy.media)
    stage = player.get_by_role("slider", name="Position")
    box = stage.bounding_box()
    assert box
    whole_s, y = noisy.media["duration_s"], box["y"] + 60

    def x(s: float) -> float:
        return box["x"] + s / whole_s * box["width"] if box else 0

    page.mouse.click(x(6), y)
    assert value(page, "position_s") == pytest.approx(6, abs=0.05)
    page.mouse.move(x(9), y)
    page.mouse.down()
    page.mouse.move(x(4), y, steps=4)
    page.mouse.up()
    assert value(page, "passage") == {"start_s": pytest.approx(4, abs=0.05), "end_s": pytest.approx(9, abs=0.05)}
    page.mouse.move(x(9), y)  # one end is taken in hand
    page.mouse.down()
    page.mouse.move(x(12), y, steps=4)
    page.mouse.up()
    assert value(page, "passage") == {"start_s": pytest.approx(4, abs=0.05), "end_s": pytest.approx(12, abs=0.05)}
    page.mouse.click(x(14), y)
    page.keyboard.press(" ")
    until(page, "player.playing && player.position_s > 4.2")
    assert 4 <= value(page, "position_s") < 12.1 or value(page, "position_s") >= 14
    page.keyboard.press("Escape")
    assert value(page, "passage") is None


def test_zoom_shows_less_and_more_of_it(page: Page, site: Site, shown: Shown, noisy: Recording) -> None:
    player = shown(noisy.media)
    stage = player.get_by_role("slider", name="Position")
    stage.hover(position={"x": 400, "y": 50})
    thumb = "document.querySelector('.sp-scroll div').style"
    page.keyboard.down("Control")
    page.mouse.wheel(0, -50)
    page.keyboard.up("Control")
    until(page, f"parseFloat({thumb}.width) < 70")
    before = page.evaluate(f"{thumb}.left")
    page.mouse.wheel(80, 0)
    until(page, f"{thumb}.left !== '{before}'")
    page.keyboard.press("-")
    until(page, f"parseFloat({thumb}.width) === 100")
    page.keyboard.press("+")
    page.keyboard.press("+")
    until(page, f"Math.abs(parseFloat({thumb}.width) - 25) < 0.1")


def test_a_lost_connection_is_said_and_found_again(page: Page, site: Site, shown: Shown, noisy: Recording) -> None:
    site.hinder = lambda path: path.endswith(".mp3")
    player = shown(noisy.media)
    player.get_by_role("button", name="Play").click()
    expect(player.get_by_role("status")).to_have_text(re.compile("connection was lost"))
    site.hinder = lambda path: False
    until(page, "player.position_s > 0.2")
    expect(player.get_by_role("status")).to_have_text("")


def test_what_is_gone_is_said_and_not_asked_for_again(page: Page, site: Site, shown: Shown, noisy: Recording) -> None:
    page.evaluate("""(() => {
        const real = window.fetch;
        window.refused = 0;
        window.fetch = (...given) => real(...given).finally(() => { refused += String(given[0]).endsWith(".mp3"); });
    })()""")
    site.hinder = lambda path: 404 if path.endswith(".mp3") else False
    player = shown(noisy.media)
    player.get_by_role("button", name="Play").click()
    expect(player.get_by_role("status")).to_have_text(re.compile("no longer kept"))
    until(page, "refused === 3")
    page.keyboard.press("ArrowRight")
    until(page, "refused === 6")  # the next piece of each track
    page.evaluate("new Promise((go) => setTimeout(go, 250))")  # two more looks at what is missing
    assert len([path for path, _ in site.asked if ".mp3" in path]) == 6
    site.hinder = lambda path: False
    player.get_by_role("button", name="Try again").click()
    until(page, "player.position_s > 5.2")


def test_a_stretch_replaces_after_while_it_plays(page: Page, site: Site, shown: Shown, noisy: Recording) -> None:
    n = 3 * RATE // 1152 * 1152
    part = recorded("part", {name: x[:, :n] for name, x in noisy.tracks.items()}, start_s=1.0, length_s=n / RATE)
    site.add(part)
    page.evaluate("""(() => {
        const real = AudioBufferSourceNode.prototype.start;
        window.started = [];
        AudioBufferSourceNode.prototype.start = function (...when) {
            started.push(this.buffer.length);
            return real.apply(this, when);
        };
    })()""")
    player = shown(noisy.media)
    player.get_by_role("button", name="Play").click()
    until(page, "player.position_s > 1.1")
    page.evaluate(f"player.stretch = {as_js(part.media)}")
    until(page, f"player.position_s > 1.6 && started.filter((samples) => samples === {n}).length === 2")
    assert {"part/after.mp3", "part/removed.mp3"} <= {path.split("media/")[-1] for path, _ in site.asked}
    assert value(page, "stretch")["start_s"] == 1.0
    assert value(page, "playing")
    page.evaluate("started.length = 0; player.stretch = null")
    until(page, "player.position_s > 2.0 && started.length > 2")
    assert n not in page.evaluate("started")


def test_two_hours_cost_little(page: Page, site: Site, shown: Shown) -> None:
    """Stereo. Heap and what backs its arrays, decoded sound among it."""
    long = recorded("hours", voice_in_noise(3.0, channels=2), repeats=2400)
    media = site.add(long)
    assert media["duration_s"] > 7100
    client = page.context.new_cdp_session(page)
    player = shown(media)
    player.get_by_role("button", name="Play").click()
    until(page, "player.position_s > 0.05")
    assert site.sent(".mp3") < 2e6
    for s in (3600, 7000, 5, 1234, 1250, 4321):
        page.evaluate(f"player.seek({s})")
        until(page, f"player.position_s > {s} + 0.1")
    client.send("HeapProfiler.collectGarbage")
    used = client.send("Runtime.getHeapUsage")
    most = used["usedSize"] + used.get("backingStorageSize", 0) + used.get("embedderHeapUsedSize", 0)
    assert most < 60e6
    assert 0 < value(page, "held_bytes") < 40e6


# Of all that stands still. The clock's length is the recording's, so what follows it is measured in itself.
PLACES = """querySelectorAll("button:not(.sp-again), .sp-group, .sp-stage, .sp-amount").values().map((e) =>
    [e.offsetTop, e.offsetWidth, e.offsetHeight, e.closest(".sp-tools") ? e.offsetLeft : 0]).toArray().join()"""


def test_nothing_moves_when_states_change(page: Page, site: Site, shown: Shown, noisy: Recording) -> None:
    for width in (1120, 700, 390, 320):
        page.set_viewport_size({"width": width, "height": 700})
        page.evaluate("document.querySelector('main').replaceChildren()")
        site.hinder = lambda path: False
        player = shown(None)
        places = {value(page, PLACES)}
        page.evaluate(f"player.media = {as_js(noisy.media)}")
        for does in ("passage = {start_s: 2, end_s: 6}", "querySelector('[data-view=spectrogram]').click()",
                     "querySelector('[data-do=closer]').click()", "heard = 'removed'"):  # fmt: skip
            page.evaluate(f"void (player.{does})")
            places.add(value(page, PLACES))
        assert len(places) == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        outside = player.locator("button, input, p, label, .sp-percent").evaluate_all("""(all) => all.filter((e) =>
            e.offsetParent && (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline"))
            .map((e) => e.className + e.textContent)""")
        assert outside == []


def test_two_fingers_zoom(page: Page, shown: Shown, noisy: Recording) -> None:
    player = shown(noisy.media)
    box = player.locator(".sp-stage").bounding_box()
    assert box
    client = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + 60

    def touch(kind: str, *apart_px: float) -> None:
        points = [{"x": x + sign * px, "y": y, "id": int(sign > 0)} for px in apart_px for sign in (-1, 1)]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    width = "parseFloat(document.querySelector('.sp-scroll div').style.width)"
    for _ in range(3):  # a busy browser may drop a touch
        touch("touchStart", 50)
        for apart_px in (75, 100, 150):
            touch("touchMove", apart_px)
        touch("touchEnd")
        page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        if page.evaluate(width) < 60:
            break
    assert page.evaluate(width) < 60
    assert value(page, "passage") is None
    assert value(page, "position_s") == 0


def test_a_device_that_stopped_the_sound_gives_it_back(page: Page, shown: Shown, noisy: Recording) -> None:
    """A call, a phone that slept: the clock stood still, so nothing is lost, and the next touch goes on."""
    page.evaluate("""(() => {
        const real = window.AudioContext;
        window.AudioContext = class extends real { constructor(...given) { super(...given); window.context = this; } };
    })()""")
    player = shown(noisy.media)
    player.get_by_role("button", name="Play").click()
    until(page, "player.position_s > 0.2")
    page.evaluate("context.suspend()")
    expect(player.get_by_role("status")).to_have_text(re.compile("stopped by your device"))
    stands = value(page, "position_s")
    assert value(page, "playing")
    page.mouse.click(5, 630)
    until(page, f"player.position_s > {stands} + 0.2")
    expect(player.get_by_role("status")).to_have_text("")


def test_removed_from_the_page_it_is_silent_and_asks_nothing(
    page: Page, site: Site, shown: Shown, noisy: Recording
) -> None:
    player = shown(noisy.media)
    player.get_by_role("button", name="Play").click()
    until(page, "player.position_s > 0.1")
    page.evaluate("player.remove()")
    assert not value(page, "playing")
    assert value(page, "held_bytes") == 0
    page.keyboard.press("1")
    assert value(page, "heard") == "after"


def column_heights(page: Page, at_s: list[float], colour: str) -> list[int]:
    """How many pixels of the canvas have the colour above the middle, at each moment."""
    return list(
        page.evaluate(
            """([at_s, colour]) => {
            const canvas = player.querySelector("canvas"), to = canvas.getContext("2d");
            const hex = getComputedStyle(player).getPropertyValue(colour).trim();
            const rgb = [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
            return at_s.map((s) => {
                const { data } = to.getImageData(Math.round(s / player.media.duration_s * canvas.width), 0, 1, 80);
                let n = 0;
                for (let y = 0; y < 80; y++) n += rgb.every((x, k) => Math.abs(data[4 * y + k] - x) < 12);
                return n;
            });
        }""",
            [at_s, colour],
        )
    )


def test_before_and_after_are_drawn_on_one_scale(page: Page, site: Site, shown: Shown) -> None:
    n = 4 * RATE // 1152 * 1152
    tone = sine(300.0, RATE, n / RATE, peak=1.0)[:, :n]
    steps = np.where(np.arange(n) < n // 2, 0.2, 0.8).astype(np.float32)
    before = 0.4 * tone
    tracks = {"before": before, "after": steps * tone, "removed": before}
    shown(site.add(recorded("steps", tracks)))
    page.evaluate("player.equal = false")
    until(page, "player.querySelector('canvas').getContext('2d').getImageData(800, 75, 1, 1).data[3] === 255")
    assert column_heights(page, [1, 3], "--sp-after") == [pytest.approx(19, abs=2), pytest.approx(77, abs=2)]
    page.keyboard.press("1")
    until(page, "player.heard === 'before'")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    assert column_heights(page, [1, 3], "--sp-before") == [pytest.approx(38, abs=2)] * 2
    # Equally loud, they are drawn as they are heard.
    page.evaluate("player.equal = true")
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    lufs = {name: found["lufs"] for name, found in value(page, "media")["tracks"].items()}
    assert lufs["after"] > lufs["before"]
    ratio = 0.4 / (0.8 * 10 ** ((lufs["before"] - lufs["after"]) / 20))
    assert column_heights(page, [1, 3], "--sp-before") == [pytest.approx(77 * ratio, abs=2)] * 2


def test_a_tone_stands_at_its_hertz(page: Page, site: Site, shown: Shown) -> None:
    n = 2 * RATE // 1152 * 1152
    tone = sine(1000.0, RATE, n / RATE)[:, :n]
    player = shown(site.add(recorded("tone", {"before": tone, "after": tone, "removed": tone})))
    player.get_by_role("radio", name="Spectrogram").click()
    until(page, """(() => {
        const canvas = player.querySelector("canvas"), to = canvas.getContext("2d");
        const light = (y) => to.getImageData(canvas.width / 2, y, 1, 1).data.reduce((sum, x) => sum + x);
        const rows = Array.from({ length: 158 }, (_, y) => light(y) - 255);
        window.darkest = rows.indexOf(Math.min(...rows));
        return Math.min(...rows) >= 0 && Math.min(...rows) < 300;
    })()""")  # fmt: skip
    scale = as_js({"min_hz": MIN_HZ, "max_hz": MAX_HZ})
    row = page.evaluate(f"import('/page/spectrum.js').then((m) => m.rowOf(1000, {scale}))")
    assert page.evaluate("darkest") / 160 == pytest.approx(row, abs=0.02)


def test_the_picture_follows_the_theme(page: Page, shown: Shown, noisy: Recording) -> None:
    player = shown(noisy.media)
    player.get_by_role("radio", name="Spectrogram").click()
    corner = "player.querySelector('canvas').getContext('2d').getImageData(500, 1, 1, 1).data"
    until(page, f"{corner}[0] > 240 && {corner}[3] === 255")  # nothing at 24 kHz: the paper's colour
    page.evaluate("document.body.classList.add('dark')")
    until(page, f"{corner}[0] < 40 && {corner}[3] === 255")


def test_every_word_is_in_the_catalogue_and_every_entry_is_used() -> None:
    catalogue = json.loads((PAGE / "words" / "en.json").read_text(encoding="utf-8"))
    catalogue = {key: said for key, said in catalogue.items() if key.startswith("player.")}
    others = ("intake", "names", "recorder", "upload", "files", "dropping", "levels", "duration")
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGE.glob("*.js") if not path.name.startswith(others))
    used = set(re.findall(r'"(player\.[a-z_.]+)"', text)) | {
        f"player.{key}" for key in re.findall(r'word\("(.+?)"\)', text)
    }
    assert used <= set(catalogue)
    put_together = ("before after removed waveform spectrogram zoom_in zoom_out zoom_all help "
                    "loading lost gone damaged asleep empty")  # fmt: skip
    composed = {f"player.{key}" for key in put_together.split()}
    assert set(catalogue) - used - composed == set()
