"""File in, `Audio` out: every usual format, every fault in one clear sentence, memory within the limits."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from typing import BinaryIO

import numpy as np

from . import decode_av, decode_sndfile, sniff
from .audio import Audio, Samples
from .decode_sndfile import Blocks, damaged
from .errors import AudioError, LimitError
from .limits import Limits

FORMATS = "WAV, FLAC, OGG, Opus, MP3, M4A, AAC, AIFF, WebM or MP4"


def load(path: str | os.PathLike[str], *, limits: Limits | None = None) -> Audio:
    """Decode a recording, whatever its name says.

    path : a regular file: wav (8 to 32 bit, float, µ-law), aiff, au, caf, flac, ogg, opus, mp3, m4a, aac, webm,
        wma, amr, or a video (mp4, mov, mkv, avi) whose sound track is taken
    limits : default: `Limits.from_environment()`. They are watched while decoding; what a header claims is
        not believed, and memory stays below twice `max_decoded_bytes`.

    Returns samples float32 (channels, n) at the file's own rate; channels are kept, nothing is mixed down.
    Of a truncated file, what can be decoded is returned.

    Raises AudioError (missing, not audio, damaged, protected), LimitError (too large, too long, too short).
    """
    limits = limits or Limits.from_environment()
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise AudioError("The file is empty.", suggestion="Record again, or choose another file.")
        limits.check_file(size)
        kind = _container(file)
        if kind.sndfile:
            try:
                return _collected(decode_sndfile.blocks(file), limits)
            except LimitError:
                raise
            except AudioError:
                file.seek(0)  # a rare codec in a usual container, or damage that FFmpeg reads past
        return _collected(decode_av.blocks(file, kind.demuxer), limits)


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


def _container(file: BinaryIO) -> sniff.Container:
    head = file.read(sniff.HEAD)
    file.seek(sniff.id3_length(head))
    kind = sniff.container(head, file.read(sniff.HEAD) if head.startswith(b"ID3") else b"")
    file.seek(0)
    if kind is None:
        what = sniff.other_kind(head)
        message = f"This is {what}, not a recording." if what else "This is not a recording that can be read."
        raise AudioError(message, suggestion=f"Choose a file in {FORMATS}.")
    return kind


def _collected(blocks: Blocks, limits: Limits) -> Audio:
    """All blocks in one array, as long as they keep to the limits."""
    rate, samples = 0, 0
    rows: list[bytearray] = []  # one per channel; growing them moves pages instead of copying samples
    with closing(blocks):
        for rate, block in blocks:
            if not rows:
                _check_form(rate, block)
                rows = [bytearray() for _ in block]
            samples += block.shape[1]
            limits.check_longest(samples, rate, len(rows))
            for row, channel in zip(rows, block, strict=True):
                row.extend(memoryview(channel).cast("B"))
    if not rows:
        raise damaged("not one sample")
    limits.check_shortest(samples, rate)
    return Audio(_joined(rows, samples), rate)


def _check_form(rate: int, block: Samples) -> None:
    """The gate's answer to a strange rate or channel count, before all of the file is decoded."""
    Audio(np.zeros((len(block), 1), np.float32), rate)


def _joined(rows: list[bytearray], samples: int) -> Samples:
    if len(rows) == 1:
        return np.frombuffer(rows[0], np.float32)[np.newaxis]
    x = np.empty((len(rows), samples), np.float32)
    for channel in x:
        channel[:] = np.frombuffer(rows.pop(0), np.float32)  # freed one by one: never two whole copies
    return x
