"""What a file is, told from its first bytes. Its name is never asked: names lie, some of them with intent.

What these bytes do not tell, FFmpeg's probe finds out, among the demuxers that `demuxers` lists.
"""

from __future__ import annotations

import re

HEAD = 512  # bytes that are looked at, besides what follows an ID3 tag
ID3_HEADER = 10

# first bytes → name of FFmpeg's demuxer
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (rb"(RIFF|RF64|RIFX|BW64)....WAVE", "wav"),
    (rb"riff\x2e\x91\xcf\x11", "w64"),
    (rb"FORM....AIF[FC]", "aiff"),
    (rb"fLaC", "flac"),
    (rb"OggS", "ogg"),
    (rb"\.snd", "au"),
    (rb"caff", "caf"),
    (rb"....(ftyp|moov|mdat|wide|free|skip)", "mov"),
    (rb"\x1a\x45\xdf\xa3", "matroska"),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (rb"RIFF....AVI ", "avi"),
    (rb"#!AMR", "amr"),
    (rb"NIST_1A\n", "nistsphere"),
    (rb"wvpk", "wv"),
    (rb"TTA1", "tta"),
    (rb"FLV\x01", "flv"),
    (rb"Creative Voice File\x1a", "voc"),
    # Whose packets may begin like a file of their own.
    (rb"nut/multimedia container\0", "nut"),
    (rb"\.RMF\0\0", "rm"),
    (rb"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02", "mxf"),
    (rb"\xb7\xd8\x00\x20\x37\x49\xda\x11\xa6\x4e\x00\x07\xe9\x5e\xad\x8d", "wtv"),
    (rb"MAC [\x80-\xff]\x0f", "ape"),
    (rb"MPCK", "mpc8"),
    (rb"tBaK", "tak"),
    (rb"\.SoX|XoS\.", "sox"),
    (rb"\xff[\xf0\xf1\xf8\xf9]", "aac"),
    (rb"\xff[\xe2-\xe5\xf2-\xf5\xfa-\xfd][\x10-\xef]", "mp3"),  # layers II and III; \xff\xfe begins UTF-16 text
)

_PICTURE = (
    rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|BM....\0\0\0\0|II\x2a\0|MM\0\x2a|....ftyp(avif|heic|mif1)|\0\0\0\x0cJXL "
)
_KNOWN: tuple[tuple[bytes, str], ...] = (
    (rb"#EXTM3U|ffconcat|\[playlist\]|<\?wpl|<asx|<MPD|\[Reference\]", "a playlist"),
    (_PICTURE, "a picture"),
    (rb"%PDF", "a PDF document"),
    (rb"PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!", "an archive"),
    (rb"\x7fELF|MZ[\0-\xff]{2}", "a program"),
)
_BOM = b"\xef\xbb\xbf"
_NO_TEXT = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def id3_length(head: bytes) -> int:
    """Bytes that an ID3v2 tag at the start takes, 0 if there is none (ID3v2.4 §3.1: 4 × 7 bits)."""
    if len(head) < ID3_HEADER or not head.startswith(b"ID3"):
        return 0
    a, b, c, d = (byte & 0x7F for byte in head[6:10])
    footer = ID3_HEADER if head[5] & 0x10 else 0
    return ID3_HEADER + footer + (a << 21 | b << 14 | c << 7 | d)


def demuxer(head: bytes, after_id3: bytes = b"") -> str:
    """Who reads it, "" if its first bytes do not tell.

    head : the first bytes of the file
    after_id3 : the bytes that follow its ID3 tag, if it has one
    """
    if head.startswith(b"ID3"):
        return (demuxer(after_id3) if after_id3 else "") or "mp3"
    return next((found for magic, found in _MAGIC if re.match(magic, head, re.DOTALL)), "")


def other_kind(head: bytes) -> str:
    """What a file seems to be that holds no sound ("a picture"), or "" if nothing is known of it."""
    start = head.removeprefix(_BOM)
    known = next((name for magic, name in _KNOWN if re.match(magic, start, re.DOTALL)), "")
    return known or ("a text" if _is_text(start) and not demuxer(head) else "")


def _is_text(head: bytes) -> bool:
    """Whether it is nothing but text, of ASCII or UTF-8. Some recordings begin with a line or two of it."""
    if len(head) < 4 or _NO_TEXT.search(head):
        return False
    try:
        head[: len(head) - 3].decode()  # a character may be cut at the end
    except UnicodeDecodeError as error:
        return error.start > len(head) - 8
    return True
