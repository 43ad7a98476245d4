"""What the tags of any file say.

Nothing is decoded and nothing is believed: every length is bounded before it is read, so that this may be done to the
files of strangers. What other formats say (Matroska, WMA, AVI, …) the decoder tells: `foreign`, `Recording.about`.
"""

from __future__ import annotations

import os
import stat
import struct
from typing import BinaryIO

from . import flac, id3, mp4, ogg, riff
from .metadata import MOST_READ, NOTHING, Metadata


def metadata(source: str | os.PathLike[str] | BinaryIO) -> Metadata:
    """Tags, cover, chapters and chunks of a recording; nothing, where they are damaged or there are none.

    source : a path, or an open file, which is left where it was
    """
    try:
        if isinstance(source, (str, os.PathLike)):
            with open(source, "rb", buffering=0, opener=_opener) as file:
                return _read(file) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else NOTHING
        at = source.tell()
        try:
            return _read(source)
        finally:
            source.seek(at)
    except (OSError, ValueError, IndexError, struct.error, OverflowError):
        return NOTHING


def _opener(path: str, flags: int) -> int:
    """Non-blocking: to open a FIFO that nobody writes to would wait for ever."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _read(file: BinaryIO) -> Metadata:
    found, start = NOTHING, 0
    head = _at(file, 0, 16)
    for _ in range(4):
        length = id3.length(head)
        if not length:
            break
        found = found.over(id3.parsed(_at(file, start, min(length, MOST_READ))))
        start += length
        head = _at(file, start, 16)
    if head[:4] == b"fLaC":
        return flac.read(file, start).over(found)
    if head[:4] == b"OggS":
        return ogg.read(file, start).over(found)
    if (head[:4] in (b"RIFF", b"RF64", b"RIFX") and head[8:12] == b"WAVE") or head[:4] == b"FORM":
        return riff.read(file, start, head).over(found)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return mp4.read(file, start).over(found)
    size = file.seek(0, os.SEEK_END)
    return found.over(id3.parsed_v1(_at(file, max(0, size - 128), 128)))


def _at(file: BinaryIO, at: int, count: int) -> bytes:
    file.seek(at)
    return file.read(count)
