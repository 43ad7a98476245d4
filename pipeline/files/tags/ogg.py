"""The comments in Ogg: the second packet of Vorbis and Opus.

References
1. RFC 3533, "The Ogg Encapsulation Format Version 0", section 6.
2. RFC 7845, "Ogg Encapsulation for the Opus Audio Codec", section 5.2.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

from . import vorbis
from .metadata import MOST_READ, Metadata

_HEAD = struct.Struct("<4sBBqIIIB")  # magic, version, flags, granule, serial, sequence, checksum, segments
_CONTINUED, _LEAST = 1, 255
_MOST_PAGES = 5_000  # a page may be empty
_HEADERS = {b"\x01vorbis": (b"\x03vorbis", 3), b"OpusHead": (b"OpusTags", 2)}  # first packet → second, how many
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class _Page(NamedTuple):
    flags: int
    granule: int
    serial: int
    sequence: int
    lacing: bytes
    body: bytes

    def as_bytes(self) -> bytes:
        head = (b"OggS", 0, self.flags, self.granule, self.serial, self.sequence)
        blank = _HEAD.pack(*head, 0, len(self.lacing)) + self.lacing + self.body
        return blank[:22] + struct.pack("<I", _checksum(blank)) + blank[26:]


def read(file: BinaryIO, start: int) -> Metadata:
    """What the first stream of sound says."""
    file.seek(start)
    serial, magic = None, b""
    packet = bytearray()
    seen = 0
    for page in islice(_pages(file), _MOST_PAGES):
        seen += len(page.body)
        if seen > MOST_READ:
            break
        if serial is None:
            magic = next((second for first, (second, _) in _HEADERS.items() if page.body.startswith(first)), b"")
            serial = page.serial if magic else None
        elif page.serial == serial:
            packet += page.body
            if _ends(page.lacing):
                break
    return vorbis.parsed(bytes(packet[len(magic) :])) if magic and packet.startswith(magic) else Metadata()


def rewrite(source: Path, target: Path, metadata: Metadata) -> None:
    """The file with these comments instead of its own; its pages are counted anew."""
    with source.open("rb") as file, target.open("wb") as out:
        pages = _pages(file)
        first = next(pages)
        magic, count = next(found for start, found in _HEADERS.items() if first.body.startswith(start))
        out.write(first.as_bytes())
        packets: list[bytes] = []
        rest, headers = b"", 1
        while len(packets) < count - 1:
            page = next(pages)
            headers += 1
            at = 0
            for length in page.lacing:
                rest += page.body[at : at + length]
                at += length
                if length < _LEAST:
                    packets.append(rest)
                    rest = b""
        framing = b"\x01" if magic.startswith(b"\x03") else b""
        by = vorbis.vendor(packets[0][len(magic) :])
        packets[0] = magic + vorbis.built(metadata, by, picture=True) + framing
        sequence = 1
        for page in _paged(packets, first.serial):
            out.write(page._replace(sequence=sequence).as_bytes())
            sequence += 1
        for page in pages:
            out.write(page._replace(sequence=page.sequence + sequence - headers).as_bytes())


def _paged(packets: list[bytes], serial: int) -> Iterator[_Page]:
    """Packets of the head on as few pages as they need."""
    lacing = b"".join(bytes([_LEAST] * (len(packet) // _LEAST) + [len(packet) % _LEAST]) for packet in packets)
    body = b"".join(packets)
    at, continued = 0, False
    for start in range(0, len(lacing), 255):
        here = lacing[start : start + 255]
        size = sum(here)
        granule = 0 if _ends(here) else -1
        yield _Page(_CONTINUED if continued else 0, granule, serial, 0, here, body[at : at + size])
        continued = here[-1] == _LEAST
        at += size


def _ends(lacing: bytes) -> bool:
    """A packet ends on this page."""
    return any(length < _LEAST for length in lacing)


def _pages(file: BinaryIO) -> Iterator[_Page]:
    while len(head := file.read(_HEAD.size)) == _HEAD.size:
        magic, _, flags, granule, serial, sequence, _, segments = _HEAD.unpack(head)
        if magic != b"OggS":
            return
        lacing = file.read(segments)
        yield _Page(flags, granule, serial, sequence, lacing, file.read(sum(lacing)))


def _checksum(data: bytes) -> int:
    """Ogg's, by zlib's, which is the same with the bits in the other order and both ends inverted."""
    found = ~zlib.crc32(data.translate(_MIRRORED), 0xFFFFFFFF) & 0xFFFFFFFF
    return int(f"{found:032b}"[::-1], 2)
