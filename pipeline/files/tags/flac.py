"""The blocks of metadata in FLAC (RFC 9639, section 8)."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from . import vorbis
from .metadata import MOST_READ, Metadata

_COMMENT, _PICTURE, _PADDING, _LAST = 4, 6, 1, 0x80
_MOST_BLOCKS, _MOST_BLOCK = 200, 2**24 - 1
_PLAIN = {1: 0x4, 2: 0x3}  # what one and two channels mean; of more, readers differ


def read(file: BinaryIO, start: int) -> Metadata:
    """What the file says; it begins at `start`."""
    found, picture = Metadata(), None
    for kind, block in _blocks(file, start):
        if kind == _COMMENT:
            found = vorbis.parsed(block)
        elif kind == _PICTURE:
            picture = picture or vorbis.parsed_picture(block)
    return replace(found, cover=picture or found.cover)


def rewrite(source: Path, target: Path, metadata: Metadata) -> None:
    """The file with these metadata instead of its own."""
    with source.open("rb") as file, target.open("wb") as out:
        blocks = list(_blocks(file, 0))
        sound = file.tell()
        by = next((vorbis.vendor(block) for kind, block in blocks if kind == _COMMENT), b"")
        kept = [(kind, block) for kind, block in blocks if kind not in (_COMMENT, _PICTURE, _PADDING)]
        channels = 1 + (kept[0][1][12] >> 1 & 0x7)
        if metadata.mask and metadata.mask != _PLAIN.get(channels):
            mask = ("WAVEFORMATEXTENSIBLE_CHANNEL_MASK", f"0x{metadata.mask:X}")
            metadata = replace(metadata, tags=(*metadata.tags, mask))
        kept.append((_COMMENT, vorbis.built(metadata, by, picture=False)))
        if metadata.cover is not None:
            kept.append((_PICTURE, vorbis.built_picture(metadata.cover)))
        out.write(b"fLaC")
        for k, (kind, block) in enumerate(kept):
            out.write(bytes([kind | (_LAST if k == len(kept) - 1 else 0)]) + len(block).to_bytes(3, "big") + block)
        file.seek(sound)
        shutil.copyfileobj(file, out, 1 << 20)


def _blocks(file: BinaryIO, start: int) -> list[tuple[int, bytes]]:
    """(kind, content) of each; the file is left where the sound begins."""
    found: list[tuple[int, bytes]] = []
    size = 0
    file.seek(start + 4)
    for _ in range(_MOST_BLOCKS):
        head = file.read(4)
        if len(head) < 4:
            break
        length = int.from_bytes(head[1:], "big")
        size += length
        if size > MOST_READ:
            break
        found.append((head[0] & 0x7F, file.read(length)))
        if head[0] & _LAST:
            break
    return found
