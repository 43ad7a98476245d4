"""File in, samples out, all at once or block by block: every usual format, every fault in one clear sentence."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from typing import BinaryIO

import numpy as np

from pipeline.audio import Audio, Samples, not_finite
from pipeline.errors import AudioError

from . import container, decode_av, decode_sndfile
from .decoded import Blocks, damaged
from .formats import KNOWN
from .limits import Limits


class Recording:
    """A file to be decoded block by block, as often as its blocks are asked for.

    path : a regular file: wav (8 to 32 bit, float, µ-law), aiff, au, caf, flac, ogg, opus, mp3, m4a, aac, webm,
        wma, amr, or a video (mp4, mov, mkv, avi) whose sound track is taken
    limits : default: `Limits.from_environment()`. They are watched while decoding; what a header claims is
        not believed.

    Raises AudioError (missing, not audio, damaged, protected) and LimitError (too large, a strange rate or channel
    count) when it is made; `blocks` raises them as well, for what shows later: too long, too short, not numbers.
    """

    def __init__(self, path: str | os.PathLike[str], limits: Limits | None = None) -> None:
        self._path, self._limits = path, limits or Limits.from_environment()
        with closing(self._decoded()) as decoded:
            first = next(decoded, None)
        if first is None:
            raise damaged("not one sample")
        self.sample_rate, self.channels = first[0], len(first[1])
        # The gate's answer to a strange rate or channel count, before all of the file is decoded.
        Audio(np.zeros((self.channels, 1), np.float32), self.sample_rate)

    def blocks(self) -> Iterator[Samples]:
        """All samples, as float32 (channels, n) blocks at the file's own rate; nothing is mixed down.

        Of a truncated file, what can be decoded is returned.
        """
        samples = 0
        with closing(self._decoded()) as decoded:
            for _, block in decoded:
                samples += block.shape[1]
                self._limits.check_longest(samples, self.sample_rate, self.channels)
                if not np.isfinite(block).all():
                    raise not_finite()
                yield block
        self._limits.check_shortest(samples, self.sample_rate)

    def _decoded(self) -> Blocks:
        with _opened(self._path) as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise AudioError("The file is empty.", suggestion="Record again, or choose another file.")
            self._limits.check_file(size)
            kind = _container(file)
            done = 0
            if kind.sndfile:
                try:
                    for rate, block in decode_sndfile.blocks(file):
                        done += block.shape[1]
                        yield rate, block
                    return
                except AudioError:  # a rare codec in a usual container, or damage that FFmpeg reads past
                    file.seek(0)
            yield from _after(done, decode_av.blocks(file, kind.demuxer))


def _after(samples: int, blocks: Blocks) -> Blocks:
    """The blocks without their first `samples`, which another decoder has read."""
    with closing(blocks):
        for rate, block in blocks:
            skipped = min(samples, block.shape[1])
            samples -= skipped
            if skipped < block.shape[1]:
                yield rate, block[:, skipped:]


def load(path: str | os.PathLike[str], *, limits: Limits | None = None) -> Audio:
    """Decode a whole recording, whatever its name says; memory stays below twice `limits.max_decoded_bytes`.

    path, limits : as `Recording` takes them

    Returns samples float32 (channels, n). Raises AudioError and LimitError as `Recording` does.
    """
    recording = Recording(path, limits)
    samples = 0
    rows = [bytearray() for _ in range(recording.channels)]  # growing them moves pages instead of copying samples
    for block in recording.blocks():
        samples += block.shape[1]
        for row, channel in zip(rows, block, strict=True):
            row.extend(np.ascontiguousarray(channel).data.cast("B"))
    return Audio(_joined(rows, samples), recording.sample_rate)


def is_audio(path: str | os.PathLike[str]) -> bool:
    """Whether the file begins like a recording; nothing is decoded."""
    try:
        with _opened(path) as file:
            return _container(file) is not None
    except AudioError:
        return False


def _opened(path: str | os.PathLike[str]) -> BinaryIO:
    """Raises AudioError for anything but a regular file that can be read."""
    try:
        # Non-blocking: to open a FIFO that nobody writes to would wait for ever.
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise AudioError("The file was not found.", suggestion="Check its name and place.") from None
    except (OSError, ValueError, TypeError) as error:
        raise AudioError("The file cannot be opened.", details=getattr(error, "strerror", "") or "") from None
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise AudioError("This is a folder or a device, not a file.", suggestion="Choose a recording.")
    return os.fdopen(fd, "rb", buffering=0)  # libsndfile shares the descriptor, and thus the position


def _container(file: BinaryIO) -> container.Container:
    head = file.read(container.HEAD)
    file.seek(container.id3_length(head))
    kind = container.container(head, file.read(container.HEAD) if head.startswith(b"ID3") else b"")
    file.seek(0)
    if kind is None:
        what = container.other_kind(head)
        message = f"This is {what}, not a recording." if what else "This is not a recording that can be read."
        raise AudioError(message, suggestion=f"Choose a file in {KNOWN}.")
    return kind


def _joined(rows: list[bytearray], samples: int) -> Samples:
    if len(rows) == 1:
        return np.frombuffer(rows[0], np.float32)[np.newaxis]
    x = np.empty((len(rows), samples), np.float32)
    for channel in x:
        channel[:] = np.frombuffer(rows.pop(0), np.float32)  # freed one by one: never two whole copies
    return x
