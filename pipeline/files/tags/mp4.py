"""The tags in MP4 and M4A: the list that iTunes began, and Nero's chapters.

References
1. ISO/IEC 14496-12, "ISO base media file format": boxes, stco, co64.
2. Apple, "QuickTime File Format Specification": user data, metadata.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .metadata import MOST_READ, Chapter, Metadata, cover, in_order, is_number, kept

_NAMES = {
    b"\xa9nam": "TITLE", b"\xa9ART": "ARTIST", b"\xa9alb": "ALBUM", b"aART": "ALBUMARTIST", b"\xa9wrt": "COMPOSER",
    b"\xa9gen": "GENRE", b"\xa9day": "DATE", b"\xa9cmt": "COMMENT", b"cprt": "COPYRIGHT", b"desc": "DESCRIPTION",
    b"\xa9lyr": "LYRICS", b"\xa9grp": "GROUPING", b"ldes": "SYNOPSIS", b"tvsh": "SHOW",
}  # fmt: skip
_KEYS = {name: key for key, name in _NAMES.items()}
_PAIRS = {b"trkn": "TRACKNUMBER", b"disk": "DISCNUMBER"}
_FREE = b"com.apple.iTunes"
_MOST_BOXES = 10_000
_UTF8, _JPEG, _PNG = 1, 13, 14


def read(file: BinaryIO, start: int) -> Metadata:
    """What the file says."""
    end = file.seek(0, 2)
    found = Metadata()
    for name, _, at, size in _top(file, start, end):
        if name != b"moov":
            continue
        for kind, _, inside, length in _top(file, at, at + size):
            if kind == b"udta" and length <= MOST_READ:
                file.seek(inside)
                found = found.over(_of_user_data(file.read(length)))
        break
    return found


def rewrite(source: Path, target: Path, metadata: Metadata) -> None:
    """The file with these tags; its index stays in front of the sound, which moves back by their length."""
    with source.open("rb") as file, target.open("wb") as out:
        file.seek(0, 2)
        boxes = list(_top(file, 0, file.tell()))
        for name, begin, at, size in boxes:
            if name != b"moov":
                file.seek(begin)
                _copy(file, out, at + size - begin)
                continue
            file.seek(at)
            moov = bytearray(file.read(size))
            added = _user_data(metadata)
            for kind, inside, length in _boxes(moov):
                if kind == b"udta":  # of the chapters
                    others = (o for o in _boxes(moov, inside, inside + length) if o[0] != b"meta")
                    before = b"".join(bytes(moov[a - 8 : a + n]) for _, a, n in others)
                    added = _box(b"udta", before + added[8:])
                    del moov[inside - 8 : inside + length]
                    break
            _move(moov, len(moov) + len(added) - size)
            out.write(_box(b"moov", bytes(moov) + added))


def _copy(file: BinaryIO, out: BinaryIO, size: int) -> None:
    while size > 0:
        data = file.read(min(size, 1 << 20))
        if not data:
            raise OSError("the file is shorter than it says")
        out.write(data)
        size -= len(data)


def _top(file: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """(name, where it begins, where its content begins, the content's length) of the boxes from `at` to `end`."""
    for _ in range(_MOST_BOXES):
        if at >= end:
            return
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return
        size, name, skip = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1:
            size, skip = int.from_bytes(head[8:], "big"), 16
        elif size == 0:
            size = end - at
        if size < skip:
            return
        yield name, at, at + skip, size - skip
        at += size


def _boxes(data: bytes | bytearray, at: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """(name, where its content begins, its length) of the boxes in memory."""
    end = len(data) if end is None else end
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size = int.from_bytes(data[at : at + 4], "big")
        if size < 8 or at + size > end:
            return
        yield bytes(data[at + 4 : at + 8]), at + 8, size - 8
        at += size


def _of_user_data(data: bytes) -> Metadata:
    found = Metadata()
    for kind, inside, length in _boxes(data):
        if kind == b"meta":
            found = found.over(_of_meta(data[inside : inside + length]))
        elif kind == b"chpl":
            found = found.over(Metadata(chapters=_of_chpl(data[inside : inside + length])))
    return found


def _of_meta(meta: bytes) -> Metadata:
    full = 0 if meta[4:8] == b"hdlr" else 4  # QuickTime has no version in front
    for name, at, size in _boxes(meta, full):
        if name == b"ilst":
            return _of_list(meta[at : at + size])
    return Metadata()


def _of_list(items: bytes) -> Metadata:
    tags, picture = [], None
    for key, at, size in _boxes(items):
        inside = {name: items[a : a + n] for name, a, n in _boxes(items, at, at + size)}
        data = inside.get(b"data", b"")
        if len(data) < 8 or len(data) > MOST_READ:
            continue
        value = data[8:]
        if key == b"covr":
            picture = picture or cover(value)
        elif key in _PAIRS and len(value) >= 6:
            number, of = struct.unpack(">HH", value[2:6])
            tags.append((_PAIRS[key], f"{number}/{of}" if of else str(number)))
        elif key == b"----" and int.from_bytes(data[:4], "big") == _UTF8:
            tags.append((inside.get(b"name", b"")[4:].decode("utf-8", "replace"), value.decode("utf-8", "replace")))
        elif key in _NAMES:
            tags.append((_NAMES[key], value.decode("utf-8", "replace")))
    return Metadata(kept(tags), picture)


def _of_chpl(data: bytes) -> tuple[Chapter, ...]:
    """Version, flags, four bytes more in version 1, count; time in 100 ns, length of the title, title."""
    at = 8 if data[:1] == b"\x01" else 4
    count, at = data[at : at + 1], at + 1
    found = []
    for _ in range(count[0] if count else 0):
        if at + 9 > len(data):
            break
        length = data[at + 8]
        title = data[at + 9 : at + 9 + length].decode("utf-8", "replace")
        found.append(Chapter(int.from_bytes(data[at : at + 8], "big") / 1e7, None, title))
        at += 9 + length
    return in_order(found)


def _user_data(metadata: Metadata) -> bytes:
    """Chapters are the encoder's business: it writes a track of them, too."""
    items = []
    for name, value in metadata.tags:
        pair = _pair(value)
        if name in _PAIRS.values() and pair:
            key = next(key for key, found in _PAIRS.items() if found == name)
            items.append(_box(key, _data(0, b"\0\0" + pair + b"\0\0")))
        elif name in _KEYS:
            items.append(_box(_KEYS[name], _data(_UTF8, value.encode("utf-8", "replace"))))
        else:
            mean = _box(b"mean", bytes(4) + _FREE)
            items.append(
                _box(
                    b"----",
                    mean + _box(b"name", bytes(4) + name.encode()) + _data(_UTF8, value.encode("utf-8", "replace")),
                )
            )
    if metadata.cover is not None:
        kind = _JPEG if metadata.cover.mime == "image/jpeg" else _PNG
        items.append(_box(b"covr", _data(kind, metadata.cover.data)))
    handler = _box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    return _box(b"udta", _box(b"meta", bytes(4) + handler + _box(b"ilst", b"".join(items))))


def _pair(value: str) -> bytes:
    """Of "3/12" or "3", two numbers of 16 bit."""
    parts = [part.strip() for part in value.split("/", 1)]
    if not all(is_number(part, 16) for part in parts):
        return b""
    numbers = [*map(int, parts), 0]
    return struct.pack(">HH", numbers[0], numbers[1])


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def _data(kind: int, value: bytes) -> bytes:
    return _box(b"data", struct.pack(">II", kind, 0) + value)


def _move(moov: bytearray, by: int) -> None:
    """All places of sound in the file, which stand in the tracks' tables, by so many bytes."""
    for name, at, size in _tables(moov, 0, len(moov)):
        form, width = (">I", 4) if name == b"stco" else (">Q", 8)
        for place in range(at + 8, at + size - width + 1, width):
            struct.pack_into(form, moov, place, struct.unpack_from(form, moov, place)[0] + by)


def _tables(data: bytearray, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for name, inside, size in _boxes(data, at, end):
        if name in (b"trak", b"mdia", b"minf", b"stbl"):
            yield from _tables(data, inside, inside + size)
        elif name in (b"stco", b"co64"):
            yield name, inside, size
