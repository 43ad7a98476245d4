"""Whether decoding is to go on, asked from the first byte: somebody cancels, or the file costs more than it is worth.

A decoder asks for the bytes of its file many times before it answers with sound. Each time is an occasion to stop it;
what loops without asking for bytes can only be stopped from outside (`isolated`).
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Mapping
from typing import BinaryIO

from pipeline.errors import Cancelled, EnhancementError, LimitError

from .decoded import Blocks

# Processor time: opening takes milliseconds, decoding a hundredth of what the sound lasts. A slow computer needs ten
# times that.
OPENING_S, PER_SECOND_S = 2.0, 0.5


def too_much(what: str, details: str = "") -> LimitError:
    """What is said of a file that was made to cost much. what : "time" or "memory"."""
    return LimitError(
        f"The file asks for more {what} than a recording of its size needs.",
        details=details,
        suggestion="Open it in an audio program and export it as WAV or FLAC.",
    )


class Watch:
    """One decoding. `step` is called before the decoder works, `allows` while it does, `check` after it."""

    def __init__(self, cancelled: Callable[[], bool] | None = None) -> None:
        self._cancelled = cancelled
        self._fault: EnhancementError | None = None
        self._spent_s = self._decoded_s = self._began_s = 0.0

    def allows(self) -> bool:
        """Whether to go on. Decoders in C call this through their file: what is wrong is kept for `check`."""
        if self._fault is None and self._cancelled is not None and self._cancelled():
            self._fault = Cancelled("Reading the recording was cancelled.")
        if self._fault is None and time.thread_time() - self._began_s > self._left_s():
            self._fault = too_much("time")
        return self._fault is None

    def check(self) -> None:
        """Raises Cancelled or LimitError if decoding is not to go on."""
        if not self.allows() and self._fault is not None:
            raise self._fault

    def over(self, blocks: Blocks) -> Blocks:
        """The blocks, with the time counted that each takes; not the time of those who use them."""
        try:
            while True:
                self.step()
                block = next(blocks, None)
                self._spent_s += time.thread_time() - self._began_s
                if block is None:
                    return
                self._decoded_s += block.samples.shape[1] / max(1, block.sample_rate)
                yield block
        finally:
            blocks.close()

    def step(self) -> float:
        """Begin to count; the seconds that the next block may take."""
        self._began_s = time.thread_time()
        return self._left_s()

    def _left_s(self) -> float:
        """What was saved in hours of sound is not for one block."""
        return min(OPENING_S, OPENING_S + PER_SECOND_S * self._decoded_s - self._spent_s)


class WatchedFile:
    """The file as decoders see it: from `start` to `stop`, and at its end as soon as they are to stop.

    patches : place in it → bytes that are read there instead of its own

    It never raises: FFmpeg would print that to stderr and go on. It has a position of its own.
    """

    def __init__(
        self,
        file: BinaryIO,
        watch: Watch,
        start: int = 0,
        stop: int | None = None,
        patches: Mapping[int, bytes] | None = None,
    ) -> None:
        self._file, self._watch, self._start, self._patches = file, watch, start, patches or {}
        size = os.fstat(file.fileno()).st_size
        self.length = max(0, (size if stop is None else min(size, stop)) - start)
        self._at = 0

    def read(self, count: int = -1) -> bytes:
        left = max(0, self.length - self._at)
        count = left if count < 0 else min(count, left)
        if not count or not self._watch.allows():
            return b""
        try:
            data = read_at(self._file, count, self._start + self._at)
        except OSError:  # the disk fails: for the decoder, the file ends here
            return b""
        for place, instead in self._patches.items():
            data = _patched(data, instead, place - self._at)
        self._at += len(data)
        return data

    def part(self, start: int, stop: int, patches: Mapping[int, bytes] | None = None) -> WatchedFile:
        """From here to there of it, and what is to be read there instead."""
        return WatchedFile(self._file, self._watch, self._start + start, self._start + stop, patches)

    def peek(self, count: int, at: int) -> bytes:
        """Up to `count` bytes from the place `at`, without going there."""
        before, self._at = self._at, at
        data = self.read(count)
        self._at = before
        return data

    def readinto(self, buffer: memoryview) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """The new position, or, for a place that does not exist, a negative number."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.length}.get(whence)
        if base is None or not 0 <= base + offset < 2**62 or not self._watch.allows():
            return -errno.EINVAL
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at


def _patched(data: bytes, instead: bytes, at: int) -> bytes:
    """`data` with `instead` in the place `at`, as far as the two overlap."""
    first, last = max(0, at), min(len(data), at + len(instead))
    return data if first >= last else data[:first] + instead[first - at : last - at] + data[last:]


def read_at(file: BinaryIO, count: int, at: int) -> bytes:
    """Up to `count` bytes from the place `at`; the file's position is nobody's business."""
    if hasattr(os, "pread"):  # the position of a file that another process has open, too, stays alone
        return os.pread(file.fileno(), count, at)
    file.seek(at)
    return file.read(count)
