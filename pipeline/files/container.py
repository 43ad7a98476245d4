"""What a file is, told from its first bytes. Its name is never asked: names lie, some of them with intent.

Only the containers listed here are decoded, each by a reader named beforehand. FFmpeg is thus never left to
guess, and its playlist formats (HLS, DASH, concat, SDP), which open further files and addresses, are out of reach.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HEAD = 512  # bytes that `container` wants to see, besides what follows an ID3 tag
ID3_HEADER = 10


@dataclass(frozen=True)
class Container:
    """A container and who reads it.

    demuxer : name of FFmpeg's demuxer
    sndfile : True if libsndfile knows it, too; then that is tried first
    """

    demuxer: str
    sndfile: bool = False


# MP3 goes to FFmpeg although libsndfile reads it: there, its decoder writes complaints about damaged files
# to stderr, past every log setting, and gives up at the first damage. Both are sample-aligned.
MP3, AAC = Container("mp3"), Container("aac")

_MAGIC: tuple[tuple[bytes, Container], ...] = (
    (rb"(RIFF|RF64|RIFX)....WAVE", Container("wav", sndfile=True)),
    (rb"riff\x2e\x91\xcf\x11", Container("w64", sndfile=True)),
    (rb"FORM....AIF[FC]", Container("aiff", sndfile=True)),
    (rb"fLaC", Container("flac", sndfile=True)),
    (rb"OggS", Container("ogg", sndfile=True)),
    (rb"\.snd", Container("au", sndfile=True)),
    (rb"caff", Container("caf", sndfile=True)),
    (rb"....(ftyp|moov|mdat|wide|free|skip)", Container("mov")),
    (rb"\x1a\x45\xdf\xa3", Container("matroska")),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Container("asf")),
    (rb"RIFF....AVI ", Container("avi")),
    (rb"#!AMR", Container("amr")),
    (rb"\xff[\xf0\xf1\xf8\xf9]", AAC),
    (rb"\xff[\xe2-\xe5\xf2-\xf5\xfa-\xfd][\x10-\xef]", MP3),  # layers II and III; \xff\xfe begins UTF-16 text
)

_KNOWN: tuple[tuple[bytes, str], ...] = (
    (rb"#EXTM3U|ffconcat|\[playlist\]|<\?wpl|<asx|<MPD", "a playlist"),
    (
        rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|BM....\0\0\0\0|II\x2a\0|MM\0\x2a|....ftyp(avif|heic|mif1)",
        "a picture",
    ),
    (rb"%PDF", "a PDF document"),
    (rb"PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!", "an archive"),
    (rb"\x7fELF|MZ", "a program"),
    (rb"[\t\n\r\x20-\x7e]{16}", "a text"),
)


def id3_length(head: bytes) -> int:
    """Bytes that an ID3v2 tag at the start takes, 0 if there is none (ID3v2.4 §3.1: 4 × 7 bits)."""
    if len(head) < ID3_HEADER or not head.startswith(b"ID3"):
        return 0
    a, b, c, d = (byte & 0x7F for byte in head[6:10])
    footer = ID3_HEADER if head[5] & 0x10 else 0
    return ID3_HEADER + footer + (a << 21 | b << 14 | c << 7 | d)


def container(head: bytes, after_id3: bytes = b"") -> Container | None:
    """The container, or None if it is none that holds sound.

    head : the first bytes of the file
    after_id3 : the bytes that follow its ID3 tag, if it has one
    """
    if head.startswith(b"ID3"):
        return (container(after_id3) if after_id3 else None) or MP3
    if other_kind(head) == "a picture":
        return None
    return next((found for magic, found in _MAGIC if re.match(magic, head, re.DOTALL)), None)


def other_kind(head: bytes) -> str:
    """What a file without sound seems to be ("a picture"), or "" if nothing is known of it."""
    start = head.removeprefix(b"\xef\xbb\xbf")
    return next((name for magic, name in _KNOWN if re.match(magic, start, re.DOTALL)), "")
