"""Texts: nothing of a visitor's becomes markup, and the Diagnostics tab says everything."""

from __future__ import annotations

import copy
from html import escape

import pytest

import runtime_setup
from pipeline.errors import EnhancementError
from service.work import Progress
from web import diagnostics_tab, markup, words

EVIL = "<script>alert(1)</script>"


def test_everything_is_escaped() -> None:
    error = EnhancementError(EVIL, details=EVIL, suggestion=EVIL)
    pieces = [
        markup.failure(error),
        markup.done(EVIL, 1, 1),
        markup.progress(Progress(0.5, EVIL)),
        markup.report_table([(EVIL, EVIL, EVIL)], (EVIL,)),
        markup.header(EVIL),
    ]
    assert all("<script" not in piece and "&lt;script" in piece for piece in pieces)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(30, "30 seconds"), (60, "1 minute"), (5400, "1.5 hours"), (7200, "2 hours"), (86400, "1 day")],
)
def test_durations_as_people_say_them(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


def test_a_bar_without_an_end_until_something_is_known() -> None:
    assert "endless" in markup.progress(Progress(0.0, "Waiting"))
    assert 'aria-valuenow="42"' in markup.progress(Progress(0.42, "Working"))


def test_diagnostics_in_words() -> None:
    report, health = runtime_setup.diagnostics(), runtime_setup.health()
    page = diagnostics_tab.render(report, health)
    for check in report["checks"]:
        assert check["name"][1:] in page
    assert report["libraries"]["numba"]["version"] in page
    assert health["version"] in page


def test_diagnostics_say_which_denoiser_works_and_where_it_comes_from() -> None:
    report, health = runtime_setup.diagnostics(), runtime_setup.health()
    facts = {"state": "loaded", "name": "neural", "source": EVIL, "sha256": "c0ffee" * 10, "warnings": []}
    page = diagnostics_tab.render(report | {"denoiser": facts}, health)
    assert all(text in page for text in ("<dd>neural</dd>", escape(EVIL), "<dd>" + "c0ffee" * 10))
    early = {"denoiser": {"state": "not loaded yet", "name": None}}
    assert "not loaded yet" in diagnostics_tab.render(report | early, health)


def test_what_needs_attention_comes_first_and_says_what_to_do() -> None:
    report = copy.deepcopy(runtime_setup.diagnostics())
    report["checks"].append({"name": "last of all", "ok": False, "detail": EVIL, "suggestion": "Do this."})
    page = diagnostics_tab.render(report | {"status": "degraded"}, runtime_setup.health())
    assert page.index("Last of all") < page.index("Python")
    assert "Do this." in page
    assert "attention" in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.4, "0:59"), (59.6, "1:00"), (61, "1:01"), (600, "10:00"), (7_201, "120:01")]
)
def test_clocks(seconds: float, text: str) -> None:
    assert words.clock(seconds) == text


def test_what_is_done_is_said_with_its_length_and_its_time() -> None:
    shown = markup.done("talk.clean.wav", 63.0, 2.34)
    assert "talk.clean.wav" in shown
    assert "1:03 of sound in 2.3 s" in shown
    assert "in 0.1 s" in markup.done("x.wav", 1.0, 0.0)


def test_a_table_has_before_on_the_left_and_after_on_the_right() -> None:
    shown = markup.report_table([("Loudness", "-30 LUFS", "-16 LUFS")], ("A remark.", "Another."))
    order = [
        shown.index(text) for text in ("Before", "After", "Loudness", "-30 LUFS", "-16 LUFS", "A remark.", "Another.")
    ]
    assert order == sorted(order)


def test_what_happens_to_a_file_is_said_with_its_limits() -> None:
    shown = markup.privacy(2 * 3600, 300 * 2**20)
    assert "vanish after 2 hours" in shown
    assert "Up to 300 MB" in shown
    assert "WAV, FLAC, MP3" in shown


def test_a_fault_without_details_has_none() -> None:
    assert "details" not in markup.failure(EnhancementError("No."))
    shown = markup.failure(EnhancementError("No.", details="why", suggestion="Do this."))
    assert shown.index("No.") < shown.index("Do this.") < shown.index("why")


def test_a_banner_only_where_something_is_wrong() -> None:
    assert "banner" not in markup.header()
    assert "No room" in markup.header("No room")
