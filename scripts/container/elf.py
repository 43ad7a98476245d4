"""Takes from a shared library what is never loaded: symbols for debuggers, notes of the compiler, the table of
sections.

Binutils' `strip` does so, too, but damages libraries of wheels whose segments another tool has moved: it says nothing,
and they cannot be loaded. Here segments are moved closer together in the file, and nothing else: `loaded` tells whether
what the dynamic loader sees is the same.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

MAGIC = b"\x7fELF\x02\x01"  # 64 bits, little end first: all systems that the image is built for
LOAD = 1  # the kind of a segment that is mapped into memory
HEAD_BYTES = 64
TABLE_AT, SECTIONS_AT, SECTION_COUNT_AT = 32, 40, 60
SEGMENT = struct.Struct("<2I6Q")


class Segment(NamedTuple):
    """A line of the table of segments, in its order."""

    kind: int
    flags: int
    offset: int
    address: int
    physical_address: int
    in_file: int
    in_memory: int
    align: int

    def moved(self, offset: int) -> Segment:
        return self._replace(offset=offset)


def segments(elf: bytes) -> tuple[int, list[Segment]]:
    """Where the table is, and what it says."""
    (table,) = struct.unpack_from("<Q", elf, TABLE_AT)
    size, count = struct.unpack_from("<2H", elf, 54)
    return table, [Segment(*SEGMENT.unpack_from(elf, table + size * n)) for n in range(count)]


def loaded(elf: bytes) -> list[tuple[Segment, bool, bytes]]:
    """What the loader sees: segments, whether they can be mapped from where they lie, and their content. For where they
    lie, and for sections, it does not care."""
    table, found = segments(elf)
    seen = bytearray(elf)
    for n, segment in enumerate(found):
        SEGMENT.pack_into(seen, table + SEGMENT.size * n, *segment.moved(0))
    struct.pack_into("<2Q", seen, TABLE_AT, 0, 0)
    struct.pack_into("<2H", seen, SECTION_COUNT_AT, 0, 0)
    return [
        (s.moved(0), s.align < 2 or (s.offset - s.address) % s.align == 0, bytes(seen[s.offset : s.offset + s.in_file]))
        for s in found
    ]


def compacted(elf: bytes) -> bytes:
    """The same for the loader, and shorter; what cannot be understood stays as it is."""
    if not elf.startswith(MAGIC):
        return elf
    table, found = segments(elf)
    loads = sorted((s for s in found if s.kind == LOAD and s.in_file), key=lambda s: s.offset)
    if not loads or loads[0].offset != 0:
        return elf
    new, shifts, end = bytearray(), list[tuple[Segment, int]](), 0
    for segment in loads:
        if segment.offset < end:  # two share what is in the file
            return elf
        end = segment.offset + segment.in_file
        new += bytes((segment.offset - len(new)) % max(segment.align, 1))
        shifts.append((segment, len(new) - segment.offset))
        new += elf[segment.offset : end]

    def where(offset: int, size: int) -> int:
        inside = (shift for s, shift in shifts if s.offset <= offset and offset + size <= s.offset + s.in_file)
        return offset + next(inside, -offset - 1)

    table_bytes = SEGMENT.size * len(found)
    places = [where(s.offset, s.in_file) if s.in_file else s.offset % max(s.align, 1) for s in found]
    if min(*places, where(table, table_bytes)) < 0:
        return elf
    for n, (segment, offset) in enumerate(zip(found, places, strict=True)):
        SEGMENT.pack_into(new, where(table, table_bytes) + SEGMENT.size * n, *segment.moved(offset))
    struct.pack_into("<2Q", new, TABLE_AT, where(table, table_bytes), 0)
    struct.pack_into("<2H", new, SECTION_COUNT_AT, 0, 0)
    result = bytes(new)
    return result if len(result) < len(elf) and loaded(result) == loaded(elf) else elf
