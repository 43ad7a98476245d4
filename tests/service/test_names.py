"""Visitors' file names: harmless on our disk, as they wrote them on theirs."""

from __future__ import annotations

import pytest

from service.names import safe_stem, title


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("talk.wav", "talk"),
        ("my talk.final.m4a", "my talk.final"),
        ("Größe 大.flac", "Größe 大"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot"),
        ("<img src=x onerror=alert(1)>.wav", "img src_x onerror_alert_1"),
        ("-rf.wav", "rf"),
        ("a\0b\n.wav", "a_b"),
        ("$(reboot);`x`.wav", "reboot_x"),
        (".wav", "wav"),
        ("...", "recording"),
        ("", "recording"),
        (None, "recording"),
        ("x" * 500 + ".wav", "x" * 60),
    ],
)
def test_file_names_are_made_harmless(name: str | None, stem: str) -> None:
    assert safe_stem(name) == stem


def test_letters_that_the_file_system_cannot_hold_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with LC_ALL=C under a server of one's own."""
    assert safe_stem("\u8bb0\u5f55 a.wav") == "\u8bb0\u5f55 a"
    monkeypatch.setattr("os.fsencode", lambda name: name.encode("ascii"))
    assert safe_stem("\u8bb0\u5f55 a.wav") == "a"
    assert safe_stem("\u8bb0\u5f55.wav") == "recording"
    assert safe_stem("caf\u00e9-2.wav") == "caf_-2"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Großmutter's 90. Geburtstag.wav", "Großmutter's 90. Geburtstag"),
        ("Interview (Köln) – Teil 2 & 3, v1.5.m4a", "Interview (Köln) – Teil 2 & 3, v1.5"),
        ("会议 #3.opus", "会议 #3"),
        ("no ending", "no ending"),
        ("../../etc/passwd.wav", "passwd"),
        ("C:\\talks\\one.wav", "one"),
        ("a<b>c:d?.wav", "a_b_c_d_"),
        ("two\nlines\u202e\u200bwav.exe.wav", "twolineswav.exe"),
        ("   .wav", "recording"),
        ("..", "recording"),
        ("", "recording"),
    ],
)
def test_what_people_store_keeps_their_name(name: str, shown: str) -> None:
    assert title(name) == shown


def test_a_long_name_fits_a_file_system() -> None:
    assert len(title("é" * 300 + ".wav").encode()) == 180
    assert title("a" * 179 + "éb.wav") == "a" * 179
