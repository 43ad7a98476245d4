"""Catalogues of words: each says all that there is to say, with the same values, and nothing that is said no more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts import translations
from service import languages
from web import words

KNOWN, ENGLISH = translations.sentences(), translations.read("en")


@pytest.mark.parametrize("language", languages.known())
def test_a_catalogue_is_complete(language: str) -> None:
    """What is missing, left over, or has other values."""
    known = {} if language == "en" else KNOWN
    assert translations.problems(language, translations.read(language), ENGLISH, known) == []


def test_german_is_there() -> None:
    assert {"de", "en"} <= set(languages.known())


def test_a_language_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begun, it lacks everything; filled in, nothing; a slip in it is told."""
    english = {"a.b": "{n} s", "a.files.one": "1 file", "a.files.other": "{n} files"}
    (tmp_path / "en.json").write_text(json.dumps(english))
    monkeypatch.setattr(translations, "WORDS", tmp_path)
    monkeypatch.setattr(translations, "ROOT", tmp_path.parent)
    monkeypatch.setattr(translations, "sources", list)
    known = {"The noise is {0} dB quieter": "", **dict.fromkeys(translations.SHOWN, "")}
    monkeypatch.setattr(translations, "sentences", lambda: known)
    assert translations.main(["xx"]) == 1
    begun = translations.read("xx")
    assert set(begun) == set(english) | set(known)
    assert set(begun.values()) == {""}
    filled = {key: english.get(key, key) for key in begun}
    assert translations.problems("xx", filled, english, known) == []
    assert translations.problems("xx", {**filled, "a.files.few": "{n} f"}, english, known) == []  # a plural of its own
    no_form_for_one = {key: text for key, text in filled.items() if key != "a.files.one"}
    assert translations.problems("xx", no_form_for_one, english, known) == []
    slips = {
        "other values": {"a.b": "s"},
        "left over": {"gone": "x"},
        "missing": {"The noise is {0} dB quieter": ""},
    }
    for what, slip in slips.items():
        (found,) = translations.problems("xx", {**filled, **slip}, english, known)
        assert f"xx: {what}: {next(iter(slip))}" in found
    (found,) = translations.problems("xx", {**filled, "The noise is {0} dB quieter": "{1}"}, english, known)
    assert "other values" in found


def test_what_counts_as_said() -> None:
    source = '''
"""A module."""
import logging
log = logging.getLogger(__name__)
NAMES: dict["Some Type", str] = {"key": "Tone", "other": "plain"}

def f(x: "A type") -> "Another type":
    """What it does."""
    log.warning("Only the log hears this")
    if x:
        raise ValueError("a fault of programmers")
    raise AudioError(f"It is {x:.1f} dB " f"{x!r:.20} louder", suggestion="Try again.", details=f"{x}: {x}")
'''
    found = [text for _, text in translations.said(source)]
    assert found == ["Tone", "It is {0} dB {1} louder", "Try again."]


def test_no_sentence_is_put_together_of_pieces() -> None:
    """They could not be translated."""
    assert [text for text in KNOWN if text != text.strip() or text[:1] in ",;.:"] == []


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("fr, de;q=0.5, en;q=0.7", "en"),
        ("DE-at", "de"),
        ("", "en"),
        ("fr", "en"),
        ("de;q=x, *", "en"),
        (",".join(["xx"] * 5000), "en"),
    ],
)
def test_what_a_browser_asks_for(asked: str, language: str) -> None:
    assert languages.preferred(asked) == language


def test_a_sentence_of_the_programs() -> None:
    assert languages.said("de", words.CLAIM) != words.CLAIM
    assert languages.said("en", words.CLAIM) == words.CLAIM
    assert languages.said("de", "Not in any catalogue") == "Not in any catalogue"
