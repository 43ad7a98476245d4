"""What a header says of the size of its sound, and what there is: a recorder was cut off, a program wrote to a pipe.

The size of the part that holds the samples is read, and what follows it. If that is neither another part nor a tag nor
nothing, and it is no trifle, then it is sound, and the size is read as if it told so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from ..watch import WatchedFile

MOST_CHUNKS = 1000
TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN")
LEAST, LEAST_SHARE = 4096, 0.02  # bytes behind the sound that may be sound
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"


class Sizes(NamedTuple):
    """Bytes of sound, as the header states them (None: it does not) and as they are read.

    patches : place in the file → bytes to be read there instead; left_out : bytes behind the sound that are none
    """

    stated: int | None
    read: int
    patches: dict[int, bytes]
    left_out: int = 0


class _Layout(NamedTuple):
    """Of chunks. first : their place; id, size : bytes of each; counts_head : the size does so"""

    first: int
    id: int
    size: int
    order: Literal["little", "big"]
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


def sizes(file: WatchedFile) -> Sizes | None:
    """None where the header has none that is known."""
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
                return _compared(file, layout, begins, size64, (large, 8))
            return _compared(file, layout, begins, size, (at + layout.id, layout.size))
    return None


def _compared(file: WatchedFile, layout: _Layout, begins: int, size: int, field: tuple[int, int]) -> Sizes:
    """begins, size : of the sound; field : place and bytes of what says so"""
    there, (place, width) = file.length - begins, field
    unsaid = size in (0, 256**width - 1) or (layout.sound == b"SSND" and size <= 8)
    end = begins + size + -size % layout.align
    rest = file.length - end
    if not unsaid and (rest <= 0 or _follows(file, layout, end)):
        return Sizes(size, min(size, there), {})
    if not unsaid and rest < max(LEAST, LEAST_SHARE * size):
        return Sizes(size, size, {}, rest)
    counted = there + (layout.id + layout.size if layout.counts_head else 0)
    most = 256**width - 1 if layout.order == "little" else 2**31 - 1 if width == 4 else 2**62
    patched = min(counted, most).to_bytes(width, layout.order)
    return Sizes(None if unsaid else size, there, {place: patched} if there > 0 else {})


def _chunks(file: WatchedFile, layout: _Layout) -> Iterator[tuple[int, bytes, int]]:
    """(place, name, size of what is in it)."""
    at, head = layout.first, layout.id + layout.size
    for _ in range(MOST_CHUNKS):
        read = file.peek(head, at)
        if len(read) < head:
            return
        size = int.from_bytes(read[layout.id :], layout.order)
        size -= head if layout.counts_head else 0
        yield at, read[: layout.id], size
        if size < 0:
            return
        at += head + size + -size % layout.align


def _follows(file: WatchedFile, layout: _Layout, at: int) -> bool:
    """Whether something that is no sound stands there: another chunk, a tag, nothing but zeros."""
    head = file.peek(layout.id + layout.size, at)
    size = int.from_bytes(head[layout.id :], layout.order)
    name = head[: min(4, layout.id)]
    is_chunk = all(32 <= c < 127 for c in name) and at + size <= file.length + layout.align
    return is_chunk or head.startswith(TAGS) or not any(file.peek(1 << 16, at))
