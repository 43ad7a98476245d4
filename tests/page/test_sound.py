"""What is heard, sample by sample: the browser's decoder and the transport against the whole file, decoded at once."""

from __future__ import annotations

import base64
import threading
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from pipeline.audio import Samples
from tests.page.conftest import RATE, voice_in_noise
from tests.page.site import Recording, Site, as_js, recorded
from tests.service.media.test_listening import decoded

PIECE = 208 * 1152
RAMP = 384
FLOATS, STEPS = 2e-6, 4e-5  # what may differ: float32 and sums of it; of 16 bits, one step and sums of it
COMMON = """
window.packed = (samples) => {
  let text = "";
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  for (let k = 0; k < bytes.length; k += 8192) text += String.fromCharCode(...bytes.subarray(k, k + 8192));
  return btoa(text);
};
let busy = 0;
const counted = (does) => async function (...given) {
  busy += 1;
  try { return await does.apply(this, given); } finally { busy -= 1; }
};
window.fetch = counted(window.fetch);
Response.prototype.arrayBuffer = counted(Response.prototype.arrayBuffer);
const decode = OfflineAudioContext.prototype.decodeAudioData;
OfflineAudioContext.prototype.decodeAudioData = function (data, done, failed) {
  busy += 1;
  return decode.call(this, data, (buffer) => { done(buffer); busy -= 1; }, (error) => { failed(error); busy -= 1; });
};
// Plays in no time: `does` is called at its second of the context's time, when all that is asked for has come.
window.rendered = async (media, seconds, gains, does = {}, make_voices = null) => {
  const [{ Transport }, { Feed }, t] = await Promise.all(
    ["transport", "feed", "timeline"].map((name) => import(`/page/${name}.js`)));
  const context = new OfflineAudioContext(1, seconds * 48000, 48000);
  const resume = context.resume.bind(context);
  context.resume = async () => {};
  const suspend = context.suspend.bind(context);
  context.suspend = async () => {};
  const transport = new Transport(() => context);
  const feed = new Feed(media);
  const piece_samples = t.pieceSamples(media), total = t.samplesOf(media);
  const voices = make_voices ? make_voices(feed, Feed) : Object.keys(media.tracks).map((track) =>
    ({ name: track, track, feed, spans: [[0, total]], origin: 0, piece_samples }));
  transport.gains = gains;
  transport.load(voices, total);
  const settled = async () => {
    for (let quiet = 0; quiet < 3; quiet = busy ? 0 : quiet + 1) {
      await new Promise((resolve) => setTimeout(resolve, 4));
      transport.tick();
    }
  };
  await settled();
  const log = [];
  const times = new Set(Object.keys(does).map(Number));
  for (let at = 1; at < seconds; at++) times.add(at);
  for (const at of times) {
    if (at > 0) suspend(at).then(async () => {
      does[at]?.(transport, log);
      await settled();
      resume();
    });
  }
  does[0]?.(transport, log);
  transport.play();
  await settled();
  const sound = await context.startRendering();
  transport.close();
  return { sound: packed(sound.getChannelData(0)), log };
};
"""


@pytest.fixture
def sound(page: Page) -> Page:
    page.add_script_tag(content=COMMON)
    return page


@pytest.fixture(scope="session")
def exact(blank: Page, noisy: Recording) -> float:
    """How near to the file the sound must be: some browsers decode to floats, others to 16 bits."""
    data = base64.b64encode(noisy.files["after"][:50_000]).decode()
    on_steps = blank.evaluate(
        """async (data) => {
        const { decoded } = await import("/page/feed.js");
        const sound = await decoded(await (await fetch(`data:audio/mpeg;base64,${data}`)).arrayBuffer());
        const steps = sound.getChannelData(0).map((x) => x * (x > 0 ? 32767 : 32768));
        return steps.every((x) => Math.abs(x - Math.round(x)) < 1e-3);
    }""",
        data,
    )
    return STEPS if on_steps else FLOATS


def whole(recording: Recording, track: str) -> Samples:
    """The recording as its file holds it, by another decoder, at once."""
    lead, n = recording.media["lead_samples"], recording.tracks[track].shape[1]
    return decoded(recording.files[track])[:, lead : lead + n]


def unpacked(text: str) -> Samples:
    return np.frombuffer(base64.b64decode(text), np.float32)


def rendered(page: Page, media: object, seconds: int, gains: object, does: str = "{}") -> tuple[Samples, Any]:
    found = page.evaluate(f"rendered({as_js(media)}, {seconds}, {as_js(gains)}, {does})")
    return unpacked(found["sound"]), found["log"]


def begins(y: Samples) -> int:
    """The frame that the transport chose for its beginning: 50 ms after the press."""
    assert not y[: RATE // 20].any()
    return RATE // 20


FEED = """const given = [];
const { Feed } = await import("/page/feed.js");
const feed = new Feed(media, ...given);
const got = (track, piece) => new Promise((go) => {
    feed.addEventListener("piece", function come() {
        if (!feed.get(track, piece)) return;
        feed.removeEventListener("piece", come);
        go();
    });
    feed.want([{ track, piece }]);
});
const all = ["before", "after", "removed"].flatMap((track) => [0, 1, 2, 3].map((piece) => [track, piece]));
"""


def pieces(page: Page, recording: Recording, trimmed: int) -> Samples:
    """The pieces of "after" in their order, by a decoder that takes `trimmed` samples off the front."""
    found = page.evaluate(f"""(async (media) => {{ {FEED.replace("given = []", "given = [trimming]")}
        async function trimming(bytes) {{
            const {{ decoded }} = await import("/page/feed.js");
            const all = await decoded(bytes), sound = all.getChannelData(0).slice({trimmed});
            const less = new AudioBuffer({{ length: sound.length, sampleRate: all.sampleRate }});
            less.copyToChannel(sound, 0);
            return less;
        }}
        const found = [];
        for (const piece of [2, 0, 1, 3]) {{  // in no order
            await got("after", piece);
            found[piece] = packed(feed.get("after", piece).getChannelData(0));
        }}
        return found;
    }})({as_js(recording.media)})""")
    return np.concatenate([unpacked(piece) for piece in found])


def test_pieces_put_together_are_the_file(sound: Page, noisy: Recording, exact: float) -> None:
    y = pieces(sound, noisy, 0)
    expected = whole(noisy, "after")[0]
    assert len(y) == len(expected)
    np.testing.assert_allclose(y, expected, atol=exact)


def test_a_decoder_that_trims_leaves_no_gap(sound: Page, noisy: Recording, exact: float) -> None:
    """Some take a codec's delay off whatever they are given: all is early by as much, and still of one piece."""
    y = pieces(sound, noisy, 529)
    np.testing.assert_allclose(y[:-529], whole(noisy, "after")[0, 529:], atol=exact)


def test_a_few_pieces_are_kept_and_a_step_back_asks_for_nothing(sound: Page, site: Site, noisy: Recording) -> None:
    held = sound.evaluate(f"""(async (media) => {{ {FEED}
        for (const one of all) await got(...one);
        feed.want([{{ track: "removed", piece: 2 }}]);
        return [feed.held, all.map((one) => feed.get(...one) !== null)];
    }})({as_js(noisy.media)})""")
    assert held[0]["pieces"] == 5
    assert held[1] == [False] * 7 + [True] * 5
    assert len([path for path, _ in site.asked if ".mp3" in path]) == 12


def test_what_is_no_longer_wanted_is_not_waited_for(sound: Page, site: Site, noisy: Recording) -> None:
    come = threading.Event()
    site.hinder = lambda path: "before.mp3" in path and not come.wait(20)
    try:
        sound.evaluate(f"""(async (media) => {{ {FEED}
            feed.want([0, 1, 2].map((piece) => ({{ track: "before", piece }})));
            await new Promise((go) => setTimeout(go, 50));
            const late = new Promise((_, fail) => setTimeout(fail, 15_000, new Error("still waited for")));
            await Promise.race([got("after", 1), late]);
        }})({as_js(noisy.media)})""")
    finally:
        come.set()


def test_it_is_in_step_with_the_source(sound: Page, noisy: Recording) -> None:
    """Not only with itself: sample 0 of the recording is heard as the first."""
    y, _ = rendered(sound, noisy.media, 12, {"before": 1})
    start = begins(y)
    x = noisy.tracks["before"][0, : 11 * RATE]
    at = slice(2 * RATE, 6 * RATE)
    products = [float(x[at] @ y[start + 2 * RATE + lag : start + 6 * RATE + lag]) for lag in range(-40, 41)]
    assert int(np.argmax(products)) - 40 == 0


def test_joints_of_pieces_cannot_be_heard(sound: Page, noisy: Recording, exact: float) -> None:
    """Over two joints, each sample is what the whole file has there."""
    y, _ = rendered(sound, noisy.media, 14, {"before": 0.5, "after": 0.25})
    start = begins(y)
    expected = 0.5 * whole(noisy, "before")[0] + 0.25 * whole(noisy, "after")[0]
    heard = y[start + RAMP : 14 * RATE]
    np.testing.assert_allclose(heard, expected[RAMP : RAMP + len(heard)], atol=exact)
    assert len(heard) > 2 * PIECE


def test_before_after_and_removed_are_at_one_position(sound: Page, noisy: Recording, exact: float) -> None:
    """Switched in the middle of a word: each sample is one track's, or a mix of two of the same moment."""
    does = """{
        1: (t) => { t.gains = { after: 1 }; }, 2: (t) => { t.gains = { removed: 1 }; },
        3: (t) => { t.gains = { before: 1 }; }, 6: (t) => { t.gains = { after: 1 }; },
    }"""
    y, _ = rendered(sound, noisy.media, 8, {"before": 1}, does)
    start = begins(y)
    tracks = {name: whole(noisy, name)[0] for name in noisy.tracks}
    heard = y[start:]
    for name, a, b in (("before", 0.1, 0.94), ("after", 1.1, 1.94), ("removed", 2.1, 2.94), ("before", 3.1, 5.94),
                       ("after", 6.1, 7.9)):  # fmt: skip
        part = slice(round(a * RATE), round(b * RATE))
        np.testing.assert_allclose(heard[part], tracks[name][part], atol=exact)
    for one, other, s in (("before", "after", 1.0), ("after", "removed", 2.0)):
        part = slice(round((s - 0.06) * RATE), round((s + 0.05) * RATE))
        low = np.minimum(tracks[one][part], tracks[other][part]) - 1e-4
        high = np.maximum(tracks[one][part], tracks[other][part]) + 1e-4
        assert np.all((heard[part] >= low) & (heard[part] <= high))


def test_no_jump_clicks(sound: Page, site: Site) -> None:
    """Seek, pause, play, a passage's ends: of a low tone no sample is far from its neighbour."""
    t = np.arange(15 * RATE // 1152 * 1152) / RATE
    x = (0.5 * np.sin(2 * np.pi * 110.3 * t)).astype(np.float32)[np.newaxis]
    media = site.add(recorded("tone", {"before": x, "after": x, "removed": x}))
    does = """{
        1: (t) => t.seek(9.77 * 48000), 2: (t) => t.pause(), 3: (t) => t.play(), 4: (t) => t.seek(1234),
        5: (t) => { t.passage = [48123, 60011]; }, 7: (t) => { t.passage = null; },
        8: (t) => { t.seek(100001); t.seek(200003); }, 9: (t) => { t.gains = { after: 0.3 }; },
    }"""
    y, _ = rendered(sound, media, 10, {"before": 1}, does)
    steepest = float(np.abs(np.diff(x[0])).max())
    assert float(np.abs(np.diff(y)).max()) < 1.3 * steepest + 0.5 / RAMP * 1.5
    assert float(np.abs(np.diff(y, 2)).max()) < 0.01  # a click of a hundredth of full scale is more than that
    assert float(np.abs(y[round(2.1 * RATE) : 3 * RATE]).max()) == 0
    for s in (1.5, 3.5, 4.5, 6.0, 7.5, 8.5):
        assert float(np.abs(y[round(s * RATE) : round((s + 0.02) * RATE)]).max()) > 0.3


def test_a_passage_repeats_without_drift(sound: Page, noisy: Recording, exact: float) -> None:
    does = "{0: (t) => { t.passage = [48000, 81000]; t.seek(48000); }}"
    y, _ = rendered(sound, noisy.media, 9, {"after": 1}, does)
    start, expected = begins(y), whole(noisy, "after")[0, 48_000:81_000]
    for turn in range(12):
        heard = y[start + turn * 33_000 : start + (turn + 1) * 33_000]
        np.testing.assert_allclose(heard[RAMP:-RAMP], expected[RAMP:-RAMP], atol=exact)


def test_the_position_is_the_sample_that_is_heard(sound: Page, noisy: Recording) -> None:
    does = """{1.6: (t, log) => log.push(t.position), 2: (t) => t.seek(10 * 48000),
               3: (t, log) => log.push(t.position), 4: (t, log) => { t.pause(); log.push(t.position); }}"""
    _, log = rendered(sound, noisy.media, 5, {"before": 1}, does)
    assert log == [1.55 * RATE, 10.95 * RATE, 11.95 * RATE]


def test_it_ends_at_its_end_and_begins_again(sound: Page, noisy: Recording) -> None:
    does = """{0: (t) => t.seek(14.5 * 48000), 1: (t, log) => log.push(t.state, t.position === t.total),
               2: (t, log) => { t.gains = { after: 1 }; }}"""
    y, log = rendered(sound, noisy.media, 3, {"before": 1}, does)
    assert log == ["playing", True] or log == ["paused", True]
    assert not y[RATE:].any()


def test_a_stretch_takes_the_place_of_after(sound: Page, site: Site, noisy: Recording, exact: float) -> None:
    n = 5 * RATE // 1152 * 1152
    other = {name: -x[:, 3 * RATE : 3 * RATE + n] for name, x in noisy.tracks.items()}
    part = recorded("part", other, start_s=3.0, length_s=n / RATE)
    site.add(part)
    voices = f"""(feed, Feed) => {{
        const part = new Feed({as_js(part.media)}), total = {noisy.tracks["after"].shape[1]};
        const common = {{track: "after", piece_samples: {PIECE}}}, start = 144000, end = {144_000 + n};
        return [
            {{...common, name: "after", feed, spans: [[0, start], [end, total]], origin: 0}},
            {{...common, name: "part", feed: part, spans: [[start, end]], origin: start}},
        ];
    }}"""
    found = sound.evaluate(f"rendered({as_js(noisy.media)}, 10, {{after: 1, part: 1}}, {{}}, {voices})")
    y = unpacked(found["sound"])
    start, main, new = begins(y), whole(noisy, "after")[0], whole(part, "after")[0]
    expected = np.concatenate((main[: 3 * RATE], new, main[3 * RATE + n :]))[: 10 * RATE - start]
    heard = y[start : start + len(expected)]
    faded = np.zeros(len(expected), bool)
    for edge in (0, 3 * RATE, 3 * RATE + n):
        faded[max(0, edge - RAMP) : edge + RAMP] = True
    np.testing.assert_allclose(heard[~faded], expected[~faded], atol=exact)


def test_two_channels_are_decoded_as_two(sound: Page, site: Site, exact: float) -> None:
    tracks = voice_in_noise(3.0, channels=2)
    tracks["after"][1] *= -0.5
    stereo = recorded("stereo", tracks)
    site.add(stereo)
    y, _ = rendered(sound, stereo.media, 2, {"after": 1})  # mixed to one by the context
    start = begins(y)
    expected = whole(stereo, "after").mean(axis=0)[: 2 * RATE - start]
    np.testing.assert_allclose(y[start + RAMP :], expected[RAMP:], atol=exact)
