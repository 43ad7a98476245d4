"""File in, samples out, all at once or block by block: every usual format, every fault in one clear sentence."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import BinaryIO

import numpy as np

from pipeline.audio import Audio, Samples, not_finite
from pipeline.errors import AudioError, LimitError

from . import decoders
from .decoded import Blocks, damaged
from .isolated import client
from .limits import Limits
from .watch import Watch


class Recording:
    """A file to be decoded block by block, as often as its blocks are asked for.

    path : a regular file: wav (8 to 32 bit, float, µ-law), aiff, au, caf, flac, ogg, opus, mp3, m4a, aac, webm,
        wma, amr, or a video (mp4, mov, mkv, avi) whose sound track is taken
    limits : default: `Limits.from_environment()`. They are watched while decoding; what a header claims is
        not believed.
    cancelled : asked from the first byte on, by `blocks` as well; raises Cancelled when it answers True

    Its `claimed_s` is how long the file says that it lasts, None if it does not say: a guess, for who plans work.
    `stored` is what the samples are in the file, `tracks` are its sound tracks.

    Raises AudioError (missing, not audio, damaged, protected) and LimitError (too large, too long by its own account,
    a strange rate or channel count, more work than sound) when it is made; `blocks` raises them as well, for what shows
    later: too long, too short, not numbers.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        limits: Limits | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self._path, self._limits, self._cancelled = path, limits or Limits.from_environment(), cancelled
        with closing(self._decoded()) as decoded:
            first = next(decoded, None)
        if first is None or first.facts is None:
            raise damaged("not one sample")
        self.stored, self.tracks = first.facts.stored, first.facts.tracks
        self.sample_rate, self.channels, self.claimed_s = first.sample_rate, len(first.samples), first.claimed_s
        # The gate's answer to a strange rate or channel count, before all of the file is decoded.
        Audio(np.zeros((self.channels, 1), np.float32), self.sample_rate)
        self._check_claim()

    def blocks(self) -> Iterator[Samples]:
        """All samples, as float32 (channels, n) blocks at the file's own rate; nothing is mixed down.

        Of a truncated file, what can be decoded is returned.
        """
        samples = 0
        with closing(self._decoded()) as decoded:
            for block in (one.samples for one in decoded):
                samples += block.shape[1]
                self._limits.check_longest(samples, self.sample_rate, self.channels)
                if not np.isfinite(block).all():
                    raise not_finite()
                yield block
        self._limits.check_shortest(samples, self.sample_rate)

    def _check_claim(self) -> None:
        """Raises LimitError, before hours are decoded, for a recording that says that it is too long, and is."""
        longest_s = self._limits.longest_s(self.sample_rate, self.channels)
        if self.claimed_s is not None and self.claimed_s <= longest_s:
            return
        try:
            with closing(self._decoded(longest_s)) as rest:
                is_longer = next(rest, None) is not None
        except LimitError:
            raise
        except AudioError:  # it breaks off before
            return
        if is_longer:
            self._limits.check_longest(math.inf, self.sample_rate, self.channels)

    def _decoded(self, after_s: float = 0.0) -> Blocks:
        with _opened(self._path) as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise AudioError("The file is empty.", suggestion="Record again, or choose another file.")
            self._limits.check_file(size)
            decoders.kind_of(file)
            if self._limits.isolated:
                yield from client.blocks(file, self._cancelled, after_s)
            else:
                yield from decoders.blocks(file, Watch(self._cancelled), after_s)


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
            decoders.kind_of(file)
            return True
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
    return os.fdopen(fd, "rb", buffering=0)


def _joined(rows: list[bytearray], samples: int) -> Samples:
    if len(rows) == 1:
        return np.frombuffer(rows[0], np.float32)[np.newaxis]
    x = np.empty((len(rows), samples), np.float32)
    for channel in x:
        channel[:] = np.frombuffer(rows.pop(0), np.float32)  # freed one by one: never two whole copies
    return x
