"""Seconds, pixels, samples, bytes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.page.site import Recording, as_js


def call(page: Page, module: str, expression: str) -> Any:
    """The value of an expression in which the module's names are known as `m`."""
    return page.evaluate(f"import('/page/{module}.js').then((m) => {expression})")


def test_a_piece_is_whole_frames_with_two_before_and_one_behind(blank: Page, noisy: Recording) -> None:
    media, size = as_js(noisy.media), len(noisy.files["before"])
    first, second, last = call(blank, "timeline", f"[0, 1, 3].map((k) => m.placeOf({media}, {size}, k))")
    assert first == {"first": 0, "last": 210 * 288 - 1, "frames": 210, "skip": 1105, "samples": 208 * 1152}
    assert second["first"] == (208 - 2) * 288
    assert second["skip"] == 2 * 1152 + 1105
    assert size - 288 <= last["last"] + 1 <= size
    assert last["samples"] == noisy.tracks["before"].shape[1] - 3 * 208 * 1152
    for place in (first, second, last):
        assert place["skip"] + place["samples"] <= place["frames"] * 1152


@pytest.mark.parametrize("samples", [1, 46, 47, 48, 208 * 1152, 208 * 1152 + 1])
def test_no_length_asks_for_bytes_that_are_not_there(blank: Page, samples: int) -> None:
    frames = -(-(samples + 1105 + 1152) // 1152)
    media = {"duration_s": samples / 48_000, "frame_samples": 1152, "frame_bytes": 288, "lead_samples": 1105}
    last = (samples - 1) // (208 * 1152)
    place = call(blank, "timeline", f"m.placeOf({as_js(media)}, {frames * 288}, {last})")
    assert place["last"] < frames * 288
    assert place["skip"] + place["samples"] <= place["frames"] * 1152


def test_zoom_keeps_what_is_under_the_finger(blank: Page) -> None:
    for factor, around in ((2, 30), (7, 99), (0.5, 42.5), (1000, 1.25)):
        view, before, after = call(blank, "timeline", f"""(() => {{
            const from = {{start_s: 20, span_s: 40, duration_s: 100}};
            const view = m.zoomed(from, {factor}, {around});
            return [view, m.toPixels(from, {around}, 800), m.toPixels(view, {around}, 800)];
        }})()""")  # fmt: skip
        assert view["start_s"] >= 0
        assert view["start_s"] + view["span_s"] <= 100
        assert view["span_s"] >= 1
        if 0 < view["start_s"] < 100 - view["span_s"]:
            assert after == pytest.approx(before, abs=1e-6)


def test_the_view_follows_what_plays_but_nobody_who_looks_elsewhere(blank: Page) -> None:
    near, far = call(blank, "timeline", """[
        m.following({start_s: 0, span_s: 10, duration_s: 100}, 9.99, 10.01),
        m.following({start_s: 50, span_s: 10, duration_s: 100}, 9.99, 10.01)]""")  # fmt: skip
    assert near["start_s"] == pytest.approx(9.51)
    assert far["start_s"] == 50


def test_a_passage_has_an_order_and_a_length(blank: Page) -> None:
    assert call(blank, "timeline", "m.passage(8, 3, 10)") == {"start_s": 3, "end_s": 8}
    assert call(blank, "timeline", "m.passage(-5, 30, 10)") == {"start_s": 0, "end_s": 10}
    assert call(blank, "timeline", "m.passage(3, 3.05, 10)") is None


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (59.999, "0:59"), (60, "1:00"), (3723.9, "1:02:03"), (7200, "2:00:00")]
)
def test_the_clock(blank: Page, seconds: float, said: str) -> None:
    assert call(blank, "timeline", f"m.clock({seconds})") == said


@pytest.mark.parametrize("span", [1.0, 7.3, 61.0, 1300.2, 7200.0])
def test_ticks_are_apart_and_in_view(blank: Page, span: float) -> None:
    view = as_js({"start_s": 3.3, "span_s": span, "duration_s": 3.3 + span})
    found = call(blank, "timeline", f"m.ticks({view}, 900)")
    assert 2 <= len(found) <= 12
    assert all(0 <= tick["px"] <= 900 for tick in found)
    assert min(b["px"] - a["px"] for a, b in pairwise(found)) >= 76


def test_runs_follow_each_other_and_repeat(blank: Page) -> None:
    plain, again, outside, freed = call(blank, "schedule", """(() => {
        const from = m.first(100, 40, null, 1000), loop = m.first(100, 40, [20, 60], 1000);
        const late = m.first(100, 70, [20, 60], 1000);
        return [[from, m.next(from, null, 1000)], [loop, m.next(loop, [20, 60], 1000)], [late],
                m.next(loop, null, 1000)];
    })()""")  # fmt: skip
    assert plain == [{"frame": 100, "from": 40, "count": 960, "in": True, "out": True}, None]
    assert again[0]["count"] == 20
    assert again[1] == {"frame": 120, "from": 20, "count": 40, "in": True, "out": True}
    assert outside[0]["count"] == 930
    assert freed == {"frame": 120, "from": 60, "count": 940, "in": False, "out": True}  # on without a seam


def test_cuts_cover_a_run_once(blank: Page) -> None:
    """Also where a stretch takes the place of the middle."""
    run = {"frame": 1000, "from": 150, "count": 700, "in": True, "out": True}
    for spans, origin in (([[0, 1000]], 0), ([[0, 333], [612, 1000]], 0), ([[333, 612]], 333)):
        voice = {"spans": spans, "origin": origin, "piece_samples": 100}
        found = call(blank, "schedule", f"m.cuts({as_js(run)}, {as_js(voice)}, 0, 1e9)")
        covered = [cut["frame"] - 1000 + 150 + k for cut in found for k in range(cut["count"])]
        assert covered == [s for a, b in spans for s in range(max(a, 150), min(b, 850))]
        for cut in found:
            assert cut["piece"] * 100 + cut["offset"] + origin == cut["frame"] - 1000 + 150
            assert cut["offset"] + cut["count"] <= 100
        parts = sum(a < 850 and b > 150 for a, b in spans)
        assert sum(cut["in"] for cut in found) == sum(cut["out"] for cut in found) == parts
        assert found[0]["in"]
        assert found[-1]["out"]
        goes_on = call(blank, "schedule", f"m.cuts({as_js(run | {'in': False, 'out': False})}, {as_js(voice)}, 0, 1e9)")
        edges = sum((a > 150) + (b < 850) for a, b in spans)
        assert sum(cut["in"] + cut["out"] for cut in goes_on) == edges
        later = call(blank, "schedule", f"m.cuts({as_js(run)}, {as_js(voice)}, 1240, 1460)")
        assert later == [cut for cut in found if cut["frame"] < 1460 and cut["frame"] + cut["count"] > 1240]
