"""From an open file to blocks of samples, by the decoders that know its container, one after the other."""

from __future__ import annotations

import os
from typing import BinaryIO

from pipeline.errors import AudioError

from . import container, decode_av
from .decoded import Blocks, gathered
from .formats import KNOWN
from .watch import Watch, WatchedFile

MOST_TAGS = 16  # before the sound, one behind the other


def blocks(file: BinaryIO, watch: Watch, after_s: float = 0.0) -> Blocks:
    """The recording in `file`, block by block.

    after_s : only what lies after so many seconds, found without decoding what is before; to ask whether a recording
        is as long as it says. Neither header nor last page is believed: the packets are counted.
    """
    kind, start = kind_of(file)
    found = decode_av.blocks(WatchedFile(file, watch, start), kind.demuxer, watch, after_s)
    yield from watch.over(gathered(found))


def kind_of(file: BinaryIO) -> tuple[container.Container, int]:
    """The container, and where it begins: behind the tags, which may hold pictures of any size.

    Raises AudioError if it holds no sound.
    """
    size, start = os.fstat(file.fileno()).st_size, 0
    head = first = _head(file, 0)
    for _ in range(MOST_TAGS):
        length = container.id3_length(head)
        if not length:
            break
        if start + length >= size:
            start += container.ID3_HEADER  # it lies; sound may follow soon
            break
        start += length
        head = _head(file, start)
    file.seek(0)
    kind = container.container(first, head if start else b"")
    if kind is None:
        what = container.other_kind(first)
        message = f"This is {what}, not a recording." if what else "This is not a recording that can be read."
        raise AudioError(message, suggestion=f"Choose a file in {KNOWN}.")
    return kind, start


def _head(file: BinaryIO, at: int) -> bytes:
    file.seek(at)
    return file.read(container.HEAD)
