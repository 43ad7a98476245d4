"""A file that holds several recordings, one behind the other: where each begins.

Internet radio, voice notes and `cat` join files. FFmpeg reads on where the format is one of bare frames (MP3, ADTS,
MPEG-TS); of the others it reads the first recording, or takes the next one's header for damage.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from typing import NamedTuple

from ..watch import WatchedFile

MOST_PARTS = 1000
MOST_BOXES = 10_000
PIECE = 1 << 20  # bytes that are looked through at a time
_LONGEST_SIGNATURE = 128

_FLAC = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")  # and STREAMINFO's head (RFC 9639 §8)
_MATROSKA = re.compile(rb"\x1a\x45\xdf\xa3.{1,60}?\x42\x82.{1,8}?(?:webm|matroska)", re.DOTALL)
_OGG_HEAD = struct.Struct("<4sBBqIIIB")  # capture, version, flags, granule, serial, number, checksum, segments
_FIRST_PAGE, _LAST_PAGE = 2, 4
_UNKNOWN_SIZE = b"\x01\xff\xff\xff\xff\xff\xff\xff"


class Part(NamedTuple):
    """One recording: its first byte, the one behind its last, and what is to be said of its end."""

    start: int
    stop: int
    remark: str = ""


def parts(file: WatchedFile, demuxer: str) -> list[Part]:
    """Of a file that this demuxer reads, one or more."""
    finder = _FINDERS.get(demuxer)
    found = list(islice(finder(file), MOST_PARTS)) if finder else []
    edges = [*(found or [0]), file.length]
    made = [Part(start, stop) for start, stop in pairwise(edges)]
    return [_with_end(file, part) for part in made] if demuxer == "ogg" else made


def _signatures(signature: re.Pattern[bytes]) -> Callable[[WatchedFile], Iterator[int]]:
    def starts(file: WatchedFile) -> Iterator[int]:
        yield 0
        at, last = 0, 0
        while piece := file.peek(PIECE + _LONGEST_SIGNATURE, at):
            for match in signature.finditer(piece):
                if last < at + match.start() and match.start() < PIECE:
                    last = at + match.start()
                    yield last
            at += PIECE

    return starts


def _matroska(file: WatchedFile) -> Iterator[int]:
    """A film says how long it is, and mostly is: then it is not looked through."""
    head = file.peek(4096, 0)
    at = head.find(b"\x18\x53\x80\x67")  # the segment
    size = head[at + 4 : at + 12]
    if at >= 0 and size != _UNKNOWN_SIZE and size[:1] == b"\x01" and len(size) == 8:
        end = at + 12 + int.from_bytes(size[1:])
        if end >= file.length or not _MATROSKA.match(file.peek(_LONGEST_SIGNATURE, end)):
            yield 0
            return
    yield from _signatures(_MATROSKA)(file)


def _ogg(file: WatchedFile) -> Iterator[int]:
    """RFC 3533 §4: a link of a chain begins with its first pages, one for each stream, one behind the other."""
    yield 0
    before = True
    for at, flags, _ in _pages(file):
        first = bool(flags & _FIRST_PAGE)
        if first and not before:
            yield at
        before = first


def _pages(file: WatchedFile, at: int = 0, stop: int | None = None) -> Iterator[tuple[int, int, int]]:
    """(place, flags, end) of every page."""
    stop = file.length if stop is None else stop
    while at < stop:
        head = file.peek(_OGG_HEAD.size + 255, at)
        if len(head) < _OGG_HEAD.size or not head.startswith(b"OggS"):
            piece = file.peek(PIECE, at + 1)
            found = piece.find(b"OggS")
            if found < 0 and len(piece) < PIECE:
                return
            at += 1 + (found if found >= 0 else PIECE - 3)
            continue
        flags, segments = head[5], head[26]
        end = at + _OGG_HEAD.size + segments + sum(head[_OGG_HEAD.size : _OGG_HEAD.size + segments])
        yield at, flags, end
        at = end


def _with_end(file: WatchedFile, part: Part) -> Part:
    """Every stream's last page is marked. Where it is not, or breaks off, something is missing."""
    start = max(part.start, part.stop - 4 * (1 << 16))
    flags, end = 0, part.stop
    for _, flags, end in _pages(file, start, part.stop):  # noqa: B007  (the last one's)
        pass
    whole = flags & _LAST_PAGE and end <= part.stop
    return part if whole else part._replace(remark="The file ends early: its last page is missing.")


def _riff(file: WatchedFile) -> Iterator[int]:
    yield from _chained(file, lambda head: head[8:12] == b"WAVE" and head[:4] in (b"RIFF", b"RIFX"))


def _aiff(file: WatchedFile) -> Iterator[int]:
    yield from _chained(file, lambda head: head[8:11] == b"AIF" and head[:4] == b"FORM")


def _chained(file: WatchedFile, is_head: Callable[[bytes], bool]) -> Iterator[int]:
    """Files whose first twelve bytes say how long they are."""
    at = 0
    while is_head(head := file.peek(12, at)):
        yield at
        size = int.from_bytes(head[4:8], "big" if head[:4] in (b"FORM", b"RIFX") else "little")
        at += 8 + size + size % 2


def _mov(file: WatchedFile) -> Iterator[int]:
    """ISO/IEC 14496-12 §4.2: boxes; a second `ftyp`, behind a `moov`, begins another file."""
    yield 0
    at, has_index = 0, False
    for _ in range(MOST_BOXES):
        head = file.peek(16, at)
        if len(head) < 8:
            return
        size, kind = int.from_bytes(head[:4]), head[4:8]
        if size == 1:
            size = int.from_bytes(head[8:])
        if kind == b"ftyp" and has_index:
            yield at
            has_index = False
        has_index |= kind == b"moov"
        if size < 8:
            return
        at += size


def lacks_index(file: WatchedFile) -> bool:
    """Whether an MP4 has no `moov`, which many programs write last: nothing else says where its samples lie."""
    at = 0
    for _ in range(MOST_BOXES):
        if at >= file.length:
            return True
        head = file.peek(16, at)
        size, kind = int.from_bytes(head[:4]), head[4:8]
        if kind == b"moov":
            return False
        if size == 1:
            size = int.from_bytes(head[8:])
        if size < 8:
            return kind == b"mdat" and size == 0  # up to the end of the file: its recorder was not stopped
        at += size
    return False


_FINDERS: dict[str, Callable[[WatchedFile], Iterator[int]]] = {
    "flac": _signatures(_FLAC), "ogg": _ogg, "wav": _riff, "aiff": _aiff, "mov": _mov, "matroska": _matroska,
}  # fmt: skip
