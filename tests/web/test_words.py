"""Texts: nothing of a visitor's becomes markup, and the Diagnostics tab says everything."""

from __future__ import annotations

import copy
from html import escape

import pytest

import runtime_setup
from web import diagnostics_tab, markup, words

EVIL = "<script>alert(1)</script>"


def test_everything_is_escaped() -> None:
    pieces = [markup.group(EVIL), markup.header(EVIL)]
    assert all("<script" not in piece and "&lt;script" in piece for piece in pieces)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(30, "30 seconds"), (60, "1 minute"), (5400, "1.5 hours"), (7200, "2 hours"), (86400, "1 day")],
)
def test_durations_as_people_say_them(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


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


def test_what_happens_to_a_file_is_said_with_its_limits() -> None:
    shown = markup.privacy(2 * 3600, 300 * 2**20)
    assert "vanish after 2 hours" in shown
    assert "Up to 300 MB" in shown
    assert "WAV, FLAC, MP3" in shown


def test_a_banner_only_where_something_is_wrong() -> None:
    assert "banner" not in markup.header()
    assert "No room" in markup.header("No room")
