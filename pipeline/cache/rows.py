"""Rows of numbers in a file without a name: nobody else can open it, and it vanishes with the process."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import EnhancementError
from pipeline.stream.nameless import damaged, read_at, write_at

Numbers = NDArray[Any]


class Rows:
    """Written once from the start, then read anywhere, by several threads.

    width, kind : numbers in a row, and their dtype
    closed : called once, when the file is gone

    Raises OSError where no file can be made.
    """

    def __init__(
        self, width: int, kind: type[np.generic], folder: str | os.PathLike[str], closed: Callable[[], None]
    ) -> None:
        self._width, self._dtype, self._closed = width, np.dtype(kind), closed
        self._row_bytes = width * self._dtype.itemsize
        made = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115  # closed by `close`
        self._file: BinaryIO | None = cast(BinaryIO, made)
        self._lock = threading.Lock()
        self.count = 0

    def append(self, rows: Numbers) -> None:
        """rows (n, width). Raises OSError where the disk takes them not."""
        if not rows.size:
            return
        data = np.ascontiguousarray(rows, self._dtype).data.cast("B")
        with self._lock:
            write_at(self._opened(), self.count * self._row_bytes, data)
        self.count += len(rows)

    def read(self, start: int, count: int) -> Numbers:
        """(count, width), or fewer at the end. Raises EnhancementError, and is closed, where the disk is damaged."""
        found = np.empty((max(0, min(count, self.count - start)), self._width), self._dtype)
        try:
            with self._lock:
                data = found.data.cast("B") if found.size else memoryview(b"")
                read_at(self._opened(), start * self._row_bytes, data)
        except (OSError, EnhancementError) as error:
            self.close()
            raise damaged() from error
        return found

    @property
    def is_closed(self) -> bool:
        return self._file is None

    def close(self) -> None:
        with self._lock:
            file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()
            self._closed()

    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise OSError("this was closed")
        return self._file
