"""Where the restored sound waits until its loudness is known: in memory, or in a file without a name.

The loudness of a recording is known when its last sample is, and only then can the first be written. A file that has
no name cannot be opened by others and vanishes with the process, however that ends.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import Protocol

import numpy as np

from pipeline.audio import Samples
from pipeline.errors import EnhancementError


class Spool(AbstractContextManager["Spool"], Protocol):
    """Takes blocks once, gives them back as often as needed."""

    def append(self, block: Samples) -> None:
        """One more block (channels, n) float32."""

    def blocks(self) -> Iterator[Samples]:
        """All blocks, in order, as they came."""


class MemorySpool:
    """For a recording that is in memory anyway."""

    def __init__(self) -> None:
        self._blocks: list[Samples] = []

    def append(self, block: Samples) -> None:
        self._blocks.append(block)

    def blocks(self) -> Iterator[Samples]:
        yield from self._blocks

    def __enter__(self) -> MemorySpool:
        return self

    def __exit__(self, *_: object) -> None:
        self._blocks.clear()


class FileSpool:
    """Raw float32 in a temporary file of `folder`. Raises EnhancementError where the disk does not take it."""

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        try:
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by __exit__)
        except OSError as error:
            raise _refused(error) from None
        self._shapes: list[tuple[int, ...]] = []

    def append(self, block: Samples) -> None:
        if not block.size:
            return
        try:
            self._file.write(np.ascontiguousarray(block, np.float32).data)
        except OSError as error:
            raise _refused(error) from None
        self._shapes.append(block.shape)

    def blocks(self) -> Iterator[Samples]:
        try:
            at = 0
            for shape in self._shapes:
                block = np.empty(shape, np.float32)
                self._file.seek(at)  # each time: there may be several readers
                at += block.nbytes
                if self._file.readinto(block.data.cast("B")) != block.nbytes:
                    raise EnhancementError("A temporary file was damaged.", suggestion="Try again.")
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


def _refused(error: OSError) -> EnhancementError:
    return EnhancementError(
        "A temporary file could not be written.",
        details=error.strerror or "",
        suggestion="Make room on the disk of the temporary directory (TMPDIR): it must hold the samples.",
    )
