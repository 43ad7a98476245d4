"""What a file is, row by row: each beginning that is known, its near neighbours, and what is said of the others."""

from __future__ import annotations

import pytest

from pipeline.files.decoding.container import demuxer, id3_length, other_kind

REST = bytes(40)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"RIFF\1\2\3\4WAVE", "wav"),
        (b"RF64\xff\xff\xff\xffWAVE", "wav"),
        (b"RIFX\1\2\n\4WAVE", "wav"),
        (b"riff\x2e\x91\xcf\x11", "w64"),
        (b"FORM\0\0\0\0AIFF", "aiff"),
        (b"FORM\0\0\0\0AIFC", "aiff"),
        (b"fLaC", "flac"),
        (b"OggS", "ogg"),
        (b".snd", "au"),
        (b"caff", "caf"),
        *((b"\0\0\0\x20" + name, "mov") for name in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")),
        (b"\x1a\x45\xdf\xa3", "matroska"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
        (b"RIFF\0\0\0\0AVI ", "avi"),
        (b"#!AMR", "amr"),
        *((bytes((0xFF, second)), "aac") for second in (0xF0, 0xF1, 0xF8, 0xF9)),  # MPEG-4 and MPEG-2
        *((bytes((0xFF, second, 0x90)), "mp3") for second in (0xE2, 0xE5, 0xF2, 0xF3, 0xF5, 0xFA, 0xFB, 0xFD)),
        (b"nut/multimedia container\0", "nut"),
        (b".RMF\0\0", "rm"),
        (bytes.fromhex("060e2b34020501010d0102010102"), "mxf"),
        (bytes.fromhex("b7d800203749da11a64e0007e95ead8d"), "wtv"),
        (b"MAC \x96\x0f", "ape"),
        (b"MPCK", "mpc8"),
        (b"tBaK", "tak"),
        (b".SoX", "sox"),
        (b"XoS.", "sox"),
        (b"\xff\xfb\x10", "mp3"),
        (b"\xff\xfb\xef", "mp3"),
    ],
)
def test_every_container_that_is_read(head: bytes, name: str) -> None:
    assert demuxer(head + REST) == name


@pytest.mark.parametrize(
    "head",
    [b"", b"RIFF\0\0\0\0WAVX", b"RIFF", b"xRIFF\0\0\0\0WAVE", b"\xff\xfe", b"\xff\xfb\x0f", b"\xff\xfb\xf0",
     b"\xff\xe1\x90", b"\0\0\0\x20junk", b"#EXTM3U\n", b"ffconcat version 1.0", b"FORM\0\0\0\0ILBM",
     b"v=0\r\no=- 0 0 IN IP4"],
)  # fmt: skip
def test_what_only_looks_like_one_is_none(head: bytes) -> None:
    assert demuxer(head + REST) == ""


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"GIF8", "a picture"),
        (b"RIFF\0\0\0\0WEBP", "a picture"),
        (b"BM\1\2\3\4\0\0\0\0", "a picture"),
        (b"\0\0\0\x20ftypavif", "a picture"),
        (b"\0\0\0\x20ftypheic", "a picture"),
        (b"#EXTM3U", "a playlist"),
        (b"ffconcat", "a playlist"),
        (b"\xef\xbb\xbf#EXTM3U", "a playlist"),
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "an archive"),
        (b"\x1f\x8b", "an archive"),
        (b"\x7fELF", "a program"),
        (b"MZ", "a program"),
        (b"Dear diary, today", "a text"),
        (b"\xde\xad\xbe\xef", ""),
    ],
)
def test_what_is_none_is_named(head: bytes, kind: str) -> None:
    rest = b" and so on" * 4 if kind == "a text" else REST
    assert other_kind(head + rest) == kind
    assert demuxer(head + rest) == ("mov" if b"ftyp" in head else "")  # a picture in a film's container


@pytest.mark.parametrize(
    ("head", "length"),
    [
        (b"ID3\4\0\0" + bytes((0, 0, 0, 0)), 10),
        (b"ID3\4\0\0" + bytes((0, 0, 1, 0)), 10 + 128),
        (b"ID3\4\0\0" + bytes((1, 2, 3, 4)), 10 + (1 << 21) + (2 << 14) + (3 << 7) + 4),
        (b"ID3\4\0\x10" + bytes((0, 0, 0, 5)), 10 + 10 + 5),  # with a footer
        (b"ID3\4\0\0", 0),
        (b"fLaC" + bytes(6), 0),
    ],
)
def test_how_long_a_tag_is(head: bytes, length: int) -> None:
    assert id3_length(head) == length


def test_behind_a_tag_is_what_the_bytes_there_say_and_else_mp3() -> None:
    for behind, name in ((b"fLaC" + REST, "flac"), (b"\xff\xf9" + REST, "aac"), (REST, "mp3"), (b"", "mp3")):
        assert demuxer(b"ID3" + REST, behind) == name
