"""The chunks of WAV and AIFF.

References
1. Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", 1991: LIST INFO, cue, adtl.
2. EBU Tech 3285, "Specification of the Broadcast Wave Format (BWF), version 2", 2011: bext.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from . import id3
from .metadata import MOST_READ, MOST_TAG_BYTES, Chapter, Metadata, in_order, is_number, kept

Chunk = tuple[bytes, bytes]

_INFO = {
    b"INAM": "TITLE", b"IART": "ARTIST", b"IPRD": "ALBUM", b"IGNR": "GENRE", b"ICRD": "DATE", b"ICMT": "COMMENT",
    b"IPRT": "TRACKNUMBER", b"ITRK": "TRACKNUMBER", b"ICOP": "COPYRIGHT", b"ILNG": "LANGUAGE", b"ISBJ": "SUBJECT",
    b"IKEY": "KEYWORDS", b"IENG": "ENGINEER", b"ITCH": "TECHNICIAN", b"ISRC": "SOURCE",
}  # fmt: skip
_INFO_NAMES = {name: key for key, name in _INFO.items() if key != b"ITRK"}
_AIFF = {b"NAME": "TITLE", b"AUTH": "ARTIST", b"(c) ": "COPYRIGHT", b"ANNO": "COMMENT"}
_KEPT = (b"bext", b"iXML", b"axml", b"cart", b"cue ", b"smpl", b"_PMX")
_ADTL = b"LIST"  # among the kept chunks it is the one with the cues' labels
_MOST_CHUNKS = 10_000

# Description, Originator, OriginatorReference, OriginationDate, OriginationTime, TimeReference, Version, UMID
_BEXT = struct.Struct("<256s32s32s10s8sQH64s")
_BEXT_SIZE, _LOUDNESS_AT, _UNSAID = 602, 412, b"\xff\x7f" * 5
_BEXT_TAGS = ("DESCRIPTION", "ORIGINATOR", "ORIGINATOR_REFERENCE", "ORIGINATION_DATE", "ORIGINATION_TIME")
TIME_REFERENCE = "TIME_REFERENCE"
_OF_BEXT = {*_BEXT_TAGS, TIME_REFERENCE}


def read(file: BinaryIO, start: int, head: bytes) -> Metadata:
    """What the file says; it begins at `start` with `head`."""
    order = ">" if head[:4] in (b"FORM", b"RIFX") else "<"
    tags: list[tuple[str, str]] = []
    kept_chunks: dict[bytes, bytes] = {}
    inner = Metadata()
    rate = mask = 0
    for name, data in _chunks(file, start, order):
        if name == b"fmt " and len(data) >= 8:
            rate = struct.unpack(f"{order}I", data[4:8])[0]
            mask = _mask(data) if order == "<" else 0
        elif name == b"LIST" and data[:4] == b"INFO":
            tags += [(_INFO[key], _text(value)) for key, value in _inside(data[4:]) if key in _INFO]
        elif name == b"LIST" and data[:4] == b"adtl":
            kept_chunks.setdefault(_ADTL, data)
        elif name in (b"id3 ", b"ID3 "):
            inner = id3.parsed(data)
        elif name in _AIFF and order == ">":
            tags.append((_AIFF[name], _text(data)))
        elif name in _KEPT and order == "<":
            kept_chunks.setdefault(name, data)
    if b"bext" in kept_chunks:
        tags += _tags_of(kept_chunks[b"bext"])
    return Metadata(kept(tags), None, _cues(kept_chunks, rate), kept_chunks, mask).over(inner)


def _mask(form: bytes) -> int:
    """Of WAVE_FORMAT_EXTENSIBLE: for which loudspeakers the channels are, 0 where it is not said, or cannot be."""
    if len(form) < 24 or form[:2] != b"\xfe\xff":
        return 0
    channels, mask = int.from_bytes(form[2:4], "little"), int.from_bytes(form[20:24], "little")
    return mask if mask.bit_count() == channels else 0


def chunks_of(metadata: Metadata, sample_rate: int, duration_s: float) -> list[Chunk]:
    """What stands in front of a WAV's samples."""
    found = dict(metadata.chunks)
    chunks: list[Chunk] = []
    bext = found.pop(b"bext", b"") or _bext_of(metadata)
    if bext:
        chunks.append((b"bext", _without_loudness(bext)))
    info = b"".join(_item(_INFO_NAMES[name], value) for name, value in metadata.tags if name in _INFO_NAMES)
    if info:
        chunks.append((b"LIST", b"INFO" + info))
    others = [tag for tag in metadata.tags if tag[0] not in _INFO_NAMES and tag[0] not in _OF_BEXT]
    if others or metadata.cover or (metadata.chapters and b"cue " not in found):
        chunks.append(
            (
                b"id3 ",
                id3.built(replace(metadata, tags=tuple(t for t in metadata.tags if t[0] not in _OF_BEXT)), duration_s),
            )
        )
    if metadata.chapters and b"cue " not in found:
        chunks += _cues_of(metadata.chapters, sample_rate)
    chunks += [(b"LIST" if name == _ADTL else name, data) for name, data in found.items()]
    return chunks


def _chunks(file: BinaryIO, start: int, order: str) -> Iterator[Chunk]:
    """Those that are small; the samples are passed over."""
    at, total, long = start + 12, 0, 0
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        name, size = head[:4], struct.unpack(f"{order}I", head[4:])[0]
        if name == b"ds64":
            long = int.from_bytes(file.read(16)[8:], "little")
        elif name == b"data":
            size = long if size == 0xFFFFFFFF else size
            if not size:
                return
        elif size <= (MOST_READ if name in (b"id3 ", b"ID3 ") else MOST_TAG_BYTES):
            total += size
            if total > MOST_READ:
                return
            yield name, file.read(size)
        at += 8 + size + size % 2


def _inside(data: bytes) -> Iterator[Chunk]:
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _item(key: bytes, value: str) -> bytes:
    text = value.encode("utf-8", "replace") + b"\0"
    return key + struct.pack("<I", len(text)) + text + bytes(len(text) % 2)


def _text(data: bytes) -> str:
    data = data.split(b"\0")[0]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _tags_of(bext: bytes) -> list[tuple[str, str]]:
    if len(bext) < _BEXT.size:
        return []
    *texts, reference, _, _ = _BEXT.unpack(bext[: _BEXT.size])
    tags = [(name, _text(text)) for name, text in zip(_BEXT_TAGS, texts, strict=True)]
    return [*tags, (TIME_REFERENCE, str(reference))]


def _bext_of(metadata: Metadata) -> bytes:
    """Made of the tags that it became in another format."""
    reference = metadata.first(TIME_REFERENCE)
    if not is_number(reference, 64):
        return b""
    texts = [metadata.first(name).encode("utf-8", "replace") for name in _BEXT_TAGS]
    return _BEXT.pack(*texts, int(reference), 2, b"").ljust(_BEXT_SIZE, b"\0")


def _without_loudness(bext: bytes) -> bytes:
    """Version 2 has the loudness of the old file: it is not said any more."""
    if len(bext) < _BEXT_SIZE or int.from_bytes(bext[346:348], "little") < 2:
        return bext
    return bext[:_LOUDNESS_AT] + _UNSAID + bext[_LOUDNESS_AT + len(_UNSAID) :]


def _cues(chunks: dict[bytes, bytes], rate: int) -> tuple[Chapter, ...]:
    """The cues that have labels, as chapters."""
    cue = chunks.get(b"cue ", b"")
    places = {}
    for at in range(4, len(cue) - 23, 24):
        number, _, _, _, _, sample = struct.unpack("<II4sIII", cue[at : at + 24])
        places[number] = sample
    found = []
    for key, data in _inside(chunks.get(_ADTL, b"")[4:]):
        number = int.from_bytes(data[:4], "little")
        if key == b"labl" and number in places and rate:
            found.append(Chapter(places[number] / rate, None, _text(data[4:])))
    return in_order(found)


def _cues_of(chapters: tuple[Chapter, ...], rate: int) -> list[Chunk]:
    points, labels = [struct.pack("<I", len(chapters))], []
    for number, chapter in enumerate(chapters, 1):
        sample = min(round(chapter.start_s * rate), 2**32 - 1)
        points.append(struct.pack("<II4sIII", number, sample, b"data", 0, 0, sample))
        text = struct.pack("<I", number) + chapter.title.encode() + b"\0"
        labels.append(b"labl" + struct.pack("<I", len(text)) + text + bytes(len(text) % 2))
    return [(b"cue ", b"".join(points)), (b"LIST", b"adtl" + b"".join(labels))]
