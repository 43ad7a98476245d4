"""Headers that say less than there is: a recorder that was cut off, a program that writes to a pipe.

The size of the part that holds the samples is read, and what follows it. If that is neither another part nor a tag nor
nothing, then it is sound, and the size is read as if it told so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..watch import WatchedFile

MOST_CHUNKS = 1000
TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")
LEAST = 64  # bytes behind the sound that may be sound
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"


class Mend(NamedTuple):
    """place in the file → bytes to be read there instead; and by how much the header was wrong."""

    patches: dict[int, bytes]
    missing_bytes: int
    is_unsaid: bool  # the header says nothing at all


class _Layout(NamedTuple):
    """Of chunks. first : their place; id, size : bytes of each; counts_head : the size does so"""

    first: int
    id: int
    size: int
    order: str
    align: int
    counts_head: bool
    sound: bytes


_RIFF = _Layout(12, 4, 4, "little", 2, False, b"data")
_LAYOUTS = {
    b"RIFF": _RIFF, b"RF64": _RIFF, b"BW64": _RIFF, b"RIFX": _RIFF._replace(order="big"),
    b"FORM": _RIFF._replace(order="big", sound=b"SSND"),
    b"riff": _Layout(40, 16, 8, "little", 8, True, _W64_DATA),
    b"caff": _Layout(8, 4, 8, "big", 1, False, b"data"),
}  # fmt: skip


def mend(file: WatchedFile) -> Mend | None:
    """What is to be read otherwise, None if nothing is."""
    layout = _LAYOUTS.get(file.peek(4, 0))
    if layout is None:
        return None
    large: int | None = None  # RF64: where the size stands in 64 bits
    for at, name, size in _chunks(file, layout):
        begins = at + layout.id + layout.size
        if name == b"ds64":
            large = begins + 8
        if name == layout.sound:
            if size == 0xFFFFFFFF and large is not None:
                size64 = int.from_bytes(file.peek(8, large), "little")
                return _mended(file, layout, begins, size64, (large, 8))
            return _mended(file, layout, begins, size, (at + layout.id, layout.size))
    return None


def _mended(file: WatchedFile, layout: _Layout, begins: int, size: int, field: tuple[int, int]) -> Mend | None:
    there, (place, width) = file.length - begins, field
    unsaid = size in (0, 256**width - 1) or (layout.sound == b"SSND" and size <= 8)
    end = begins + size + -size % layout.align
    if there < LEAST or (not unsaid and (end > file.length - LEAST or _follows(file, layout, end))):
        return None
    counted = there + (layout.id + layout.size if layout.counts_head else 0)
    most = 256**width - 1 if layout.order == "little" else 2**31 - 1 if width == 4 else 2**62
    patched = min(counted, most).to_bytes(width, layout.order)  # type: ignore[arg-type]
    return Mend({place: patched}, there - (0 if unsaid else size), unsaid)


def _chunks(file: WatchedFile, layout: _Layout) -> Iterator[tuple[int, bytes, int]]:
    """(place, name, size of what is in it)."""
    at, head = layout.first, layout.id + layout.size
    for _ in range(MOST_CHUNKS):
        read = file.peek(head, at)
        if len(read) < head:
            return
        size = int.from_bytes(read[layout.id :], layout.order)  # type: ignore[arg-type]
        size -= head if layout.counts_head else 0
        yield at, read[: layout.id], size
        if size < 0:
            return
        at += head + size + -size % layout.align


def _follows(file: WatchedFile, layout: _Layout, at: int) -> bool:
    """Whether something that is no sound stands there: another chunk, a tag, nothing but zeros."""
    head = file.peek(layout.id + layout.size, at)
    size = int.from_bytes(head[layout.id :], layout.order)  # type: ignore[arg-type]
    name = head[: min(4, layout.id)]
    is_chunk = all(32 <= c < 127 for c in name) and at + size <= file.length + layout.align
    return is_chunk or head.startswith(TAGS) or not any(file.peek(1 << 16, at))
