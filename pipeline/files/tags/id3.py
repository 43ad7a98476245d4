"""ID3 tags: of MP3 and raw AAC, and inside WAV and AIFF. Version 2.4 is written.

References
1. M. Nilsson, "ID3 tag version 2.4.0 - Main Structure" and "- Native Frames", 2000; "ID3 tag version 2.3.0", 1999.
2. C. Newell, "ID3v2 Chapter Frame Addendum", 2005.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from .metadata import MOST_TAGS, Chapter, Metadata, cover, ends, in_order, kept

HEADER = 10
_NAMES = {
    "TIT2": "TITLE", "TPE1": "ARTIST", "TALB": "ALBUM", "TPE2": "ALBUMARTIST", "TCOM": "COMPOSER", "TCON": "GENRE",
    "TDRC": "DATE", "TRCK": "TRACKNUMBER", "TPOS": "DISCNUMBER", "TCOP": "COPYRIGHT", "TPUB": "ORGANIZATION",
    "TEXT": "LYRICIST", "TPE3": "CONDUCTOR", "TIT1": "GROUPING", "TIT3": "SUBTITLE", "TLAN": "LANGUAGE",
    "TSRC": "ISRC", "TBPM": "BPM",
}  # fmt: skip
_FRAMES = {name: frame for frame, name in _NAMES.items()}
_OLD = {
    "TT2": "TIT2", "TP1": "TPE1", "TAL": "TALB", "TP2": "TPE2", "TCM": "TCOM", "TCO": "TCON", "TYE": "TDRC",
    "TRK": "TRCK", "TPA": "TPOS", "TCR": "TCOP", "TPB": "TPUB", "TXT": "TEXT", "TT1": "TIT1", "TT3": "TIT3",
    "TLA": "TLAN", "TRC": "TSRC", "TBP": "TBPM", "COM": "COMM", "ULT": "USLT", "TXX": "TXXX", "PIC": "APIC",
    "TYER": "TDRC",
}  # fmt: skip
_ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_FRONT = 3


def length(head: bytes) -> int:
    """Bytes that a tag takes that begins like this, 0 if none does."""
    if len(head) < HEADER or not head.startswith(b"ID3"):
        return 0
    return HEADER + (HEADER if head[5] & 0x10 else 0) + _syncsafe(head[6:10])


def parsed(data: bytes) -> Metadata:
    """What an ID3v2 tag says; what is damaged in it is left out."""
    if len(data) < HEADER or not data.startswith(b"ID3") or data[3] not in (2, 3, 4):
        return Metadata()
    version, flags = data[3], data[5]
    body = data[HEADER:]
    if flags & 0x80 and version < 4:
        body = body.replace(b"\xff\x00", b"\xff")
    if flags & 0x40 and version > 2 and len(body) >= 4:
        size = _syncsafe(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4], "big")
        body = body[size:]
    tags: list[tuple[str, str]] = []
    pictures: dict[bool, bytes] = {}
    chapters: list[Chapter] = []
    for name, content in _frames(body, version):
        if name in ("APIC", "PIC"):
            front, picture = _picture(content, version)
            pictures.setdefault(front, picture)
        elif name == "CHAP":
            chapters.extend(_chapter(content, version))
        else:
            tags.extend(_texts(name, content))
    found = cover(pictures.get(True) or pictures.get(False) or b"")
    return Metadata(kept(_dated(tags)), found, in_order(chapters))


def _dated(tags: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Version 2.3 has the year in one frame, and day and month (DDMM) in another."""
    day = next((value for name, value in tags if name == "TDAT" and re.fullmatch(r"\d{4}", value)), "")
    rest = [tag for tag in tags if tag[0] not in ("TDAT", "TIME")]
    if not day:
        return rest
    return [
        (name, f"{value}-{day[2:]}-{day[:2]}" if name == "DATE" and len(value) == 4 else value) for name, value in rest
    ]


def parsed_v1(data: bytes) -> Metadata:
    """What the last 128 bytes of an MP3 say."""
    if len(data) != 128 or not data.startswith(b"TAG"):
        return Metadata()
    fields = {
        "TITLE": data[3:33],
        "ARTIST": data[33:63],
        "ALBUM": data[63:93],
        "DATE": data[93:97],
        "COMMENT": data[97:125],
    }
    tags = [(name, text.split(b"\0")[0].decode("latin-1")) for name, text in fields.items()]
    if data[125] == 0 and data[126]:
        tags.append(("TRACKNUMBER", str(data[126])))
    return Metadata(kept(tags))


def built(metadata: Metadata, duration_s: float) -> bytes:
    """A tag of version 2.4, empty for nothing."""
    frames = [_text_frame(name, value) for name, value in _joined(metadata.tags)]
    if metadata.cover is not None:
        head = b"\0" + metadata.cover.mime.encode() + b"\0" + bytes([_FRONT]) + b"\0"
        frames.append(_frame("APIC", head + metadata.cover.data))
    names = []
    for k, (chapter, end_s) in enumerate(zip(metadata.chapters, ends(metadata.chapters, duration_s), strict=True)):
        names.append(f"ch{k}".encode() + b"\0")
        times = struct.pack(">IIII", _ms(chapter.start_s), _ms(end_s), 0xFFFFFFFF, 0xFFFFFFFF)
        frames.append(_frame("CHAP", names[-1] + times + _frame("TIT2", b"\3" + chapter.title.encode())))
    if names:
        most = names[:255]
        frames.append(_frame("CTOC", b"toc\0" + bytes([3, len(most)]) + b"".join(most)))
    body = b"".join(frames)
    return b"ID3\4\0\0" + _to_syncsafe(len(body)) + body if body else b""


def _joined(tags: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    """Frames of a text may come once, with several values in them."""
    values: dict[str, list[str]] = {}
    for name, value in tags:
        values.setdefault(name, []).append(value)
    for name, found in values.items():
        if name in ("COMMENT", "LYRICS"):
            yield name, "\n".join(found)
        else:
            yield name, "\0".join(found)


def _text_frame(name: str, value: str) -> bytes:
    text = value.encode("utf-8", "replace")
    if name in ("COMMENT", "LYRICS"):
        return _frame("COMM" if name == "COMMENT" else "USLT", b"\3und\0" + text)
    frame = _FRAMES.get(name) or (name if re.fullmatch(r"T[A-WYZ0-9][A-Z0-9]{2}", name) else "")
    if frame:
        return _frame(frame, b"\3" + text)
    return _frame("TXXX", b"\3" + name.encode() + b"\0" + text)


def _frame(name: str, content: bytes) -> bytes:
    return name.encode() + _to_syncsafe(len(content)) + b"\0\0" + content


def _frames(body: bytes, version: int) -> Iterator[tuple[str, bytes]]:
    width, head = (3, 6) if version == 2 else (4, 10)
    at = 0
    for _ in range(MOST_TAGS):
        name = body[at : at + width]
        if len(body) < at + head or not re.fullmatch(rb"[A-Z0-9]+", name):
            return
        raw = body[at + width : at + 2 * width]
        size = _syncsafe(raw) if version == 4 and not max(raw) & 0x80 else int.from_bytes(raw, "big")
        flags = body[at + 9] if head == 10 else 0
        content = body[at + head : at + head + size]
        at += head + size
        if version == 4 and flags & 0x02:
            content = content.replace(b"\xff\x00", b"\xff")
        if version == 4 and flags & 0x01:
            content = content[4:]
        if flags & (0x0C if version == 4 else 0xC0) or len(content) == 0:  # compressed or encrypted
            continue
        text = name.decode()
        yield _OLD.get(text, text), content


def _texts(name: str, content: bytes) -> Iterator[tuple[str, str]]:
    if name in ("COMM", "USLT"):
        about, _, text = _split(content[:1] + content[4:])
        if not about.lower().startswith(("itun", "id3v1")):
            yield "COMMENT" if name == "COMM" else "LYRICS", text
    elif name == "TXXX":
        about, _, text = _split(content)
        for value in text.split("\0"):
            yield about, value
    elif name.startswith("T"):
        for value in _decoded(content[0], content[1:]).split("\0"):
            yield _NAMES.get(name, name), value


def _split(content: bytes) -> tuple[str, str, str]:
    """A description, and the text behind it."""
    text = _decoded(content[0], content[1:])
    about, zero, rest = text.partition("\0")
    return about, zero, rest.removeprefix("\ufeff")


def _decoded(encoding: int, data: bytes) -> str:
    if encoding == 1 and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        encoding, data = 1, b"\xff\xfe" + data
    return data.decode(_ENCODINGS[min(encoding, 3)], "replace").rstrip("\0")


def _picture(content: bytes, version: int) -> tuple[bool, bytes]:
    """(it is the front cover, the picture)"""
    if version == 2:
        kind, rest = content[4:5], content[5:]
    else:
        _, _, rest = content[1:].partition(b"\0")
        kind, rest = rest[:1], rest[1:]
    wide = content[0] in (1, 2)
    at = (
        next((k for k in range(0, min(len(rest), 1000), 2) if rest[k : k + 2] == b"\0\0"), 0) + 2
        if wide
        else rest.find(b"\0") + 1
    )
    return kind == bytes([_FRONT]), rest[at:]


def _chapter(content: bytes, version: int) -> Iterator[Chapter]:
    _, zero, rest = content.partition(b"\0")
    if not zero or len(rest) < 16:
        return
    start_ms, end_ms = struct.unpack(">II", rest[:8])
    title = next((text for name, c in _frames(rest[16:], version) if name == "TIT2" for _, text in _texts(name, c)), "")
    yield Chapter(start_ms / 1000, end_ms / 1000 if end_ms != 0xFFFFFFFF else None, title)


def _ms(seconds: float) -> int:
    return min(round(1000 * seconds), 0xFFFFFFFE)


def _syncsafe(data: bytes) -> int:
    a, b, c, d = (byte & 0x7F for byte in data.ljust(4, b"\0")[:4])
    return a << 21 | b << 14 | c << 7 | d


def _to_syncsafe(n: int) -> bytes:
    return bytes((n >> 21 & 0x7F, n >> 14 & 0x7F, n >> 7 & 0x7F, n & 0x7F))
