"""Where sound waits between two passes: in memory, or in a file without a name.

What was decoded waits until the recording is measured, what was restored until its loudness is known; the latter takes
the place of the former. A file that has no name cannot be opened by others and vanishes with the process, however that
ends.
"""

from __future__ import annotations

import errno
import math
import os
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import BinaryIO, Protocol, cast

import numpy as np

from pipeline.audio import Samples
from pipeline.errors import EnhancementError, FullError, is_full

from .nameless import read_at, write_at

COPIED = 1 << 20
IN_MEMORY_BYTES = 512 << 20  # where no disk takes a file at all: 46 minutes of mono at 48 kHz


class Spool(AbstractContextManager["Spool"], Protocol):
    """Takes blocks once, gives them back as often as needed."""

    def append(self, block: Samples) -> None:
        """One more block (channels, n) float32."""

    def blocks(self) -> Iterator[Samples]:
        """All blocks, in order, as they came."""

    def replaced(self) -> Iterator[Samples]:
        """All blocks, once more and for the last time: what is appended from here on takes their place.

        No more samples may be appended than were read.
        """


class MemorySpool:
    """For a recording that is in memory anyway, or where no disk takes it.

    most_bytes : raises EnhancementError beyond
    """

    def __init__(self, most_bytes: float = math.inf) -> None:
        self._blocks: list[Samples] = []
        self._free = most_bytes

    def append(self, block: Samples) -> None:
        self._free -= block.nbytes
        if self._free < 0:
            raise _refused(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        self._blocks.append(block)

    def blocks(self) -> Iterator[Samples]:
        yield from self._blocks

    def replaced(self) -> Iterator[Samples]:
        before, self._blocks = deque(self._blocks), []
        return self._emptied(before)

    def _emptied(self, before: deque[Samples]) -> Iterator[Samples]:
        while before:
            self._free += before[0].nbytes
            yield before.popleft()

    def __enter__(self) -> MemorySpool:
        return self

    def __exit__(self, *_: object) -> None:
        self._blocks.clear()


class FileSpool:
    """Raw float32 in a temporary file.

    folders : the first that takes the file has it (None: the system's temporary directory); when its disk is full, what
        is there moves to the next.

    Raises EnhancementError where none takes it.
    """

    def __init__(self, *folders: str | os.PathLike[str] | None) -> None:
        self._folders = iter(folders or (None,))
        self._file = self._opened(None)
        self._shapes: list[tuple[int, ...]] = []
        self._size = self._before = 0  # bytes: of the blocks, and of those that they replace

    def append(self, block: Samples) -> None:
        if not block.size:
            return
        while True:
            try:
                self._write(np.ascontiguousarray(block, np.float32).data.cast("B"))
                break
            except OSError as error:
                self._move(error)
        self._shapes.append(block.shape)
        self._size += block.nbytes

    def _opened(self, failed: OSError | None) -> BinaryIO:
        """A file in the next folder that takes one. failed : why another is needed"""
        for folder in self._folders:
            try:
                return cast(BinaryIO, tempfile.TemporaryFile(dir=folder, buffering=0))  # closed by __exit__
            except OSError as error:
                failed = failed or error
        raise _refused(failed or OSError())

    def _write(self, data: memoryview) -> None:
        """After the blocks that are there, whatever a write that failed has left."""
        write_at(self._file, self._size, data)

    def _move(self, error: OSError) -> None:
        """What is there, into a file of the next folder."""
        with self._file as full:
            self._file = self._opened(error)
            full.seek(0)
            at, size, self._size = 0, self._size, 0
            while at < max(size, self._before):
                piece = memoryview(full.read(min(COPIED, max(size, self._before) - at)))
                try:
                    self._write(piece)
                except OSError as another:
                    raise _refused(another) from None
                at = self._size = at + piece.nbytes
            self._size = size

    def blocks(self) -> Iterator[Samples]:
        yield from self._read(self._shapes)

    def replaced(self) -> Iterator[Samples]:
        before, self._shapes = self._shapes, []
        self._before, self._size = self._size, 0
        return self._read(before)

    def _read(self, shapes: Sequence[tuple[int, ...]]) -> Iterator[Samples]:
        try:
            at = 0
            for shape in shapes:
                block = np.empty(shape, np.float32)
                read_at(self._file, at, block.data.cast("B"))  # with its place: there may be several readers
                at += block.nbytes
                yield block
        except OSError as error:
            raise _refused(error) from None

    def __enter__(self) -> FileSpool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # a full disk, met again by what was still to be written
            self._file.close()


def spool(*folders: str | os.PathLike[str] | None) -> Spool:
    """A file in the first of the folders that takes one; where none does, memory within a limit.

    A read-only container without a temporary directory can still enhance.
    """
    try:
        return FileSpool(*folders)
    except EnhancementError:
        return MemorySpool(IN_MEMORY_BYTES)


def _refused(error: OSError) -> EnhancementError:
    kind = FullError if is_full(error) else EnhancementError
    return kind(
        "A temporary file could not be written.",
        details=error.strerror or str(error),
        suggestion="Make room on the disk of the temporary directory (TMPDIR): it must hold the samples.",
    )
