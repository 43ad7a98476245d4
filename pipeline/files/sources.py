"""Where a recording comes from: a path, or a file object, open for reading bytes."""

from __future__ import annotations

import io
import os
import stat
import tempfile
import weakref
from typing import BinaryIO, cast

from pipeline.errors import AudioError

from .limits import Limits

PathLike = str | os.PathLike[str]
COPIED = 1 << 20  # bytes at a time


class Source:
    """What can be opened again and again.

    given : a path, or a file object; that is read from where it stands to its end, at once, unless it is a plain file

    Raises AudioError and LimitError.
    """

    def __init__(self, given: PathLike | BinaryIO, limits: Limits, temporary: PathLike | None = None) -> None:
        self._path: PathLike = ""
        self._fd: int | None = None
        if hasattr(given, "read"):
            file = cast(BinaryIO, given)
            plain = _plain(file)
            self._fd = _copy(file, limits, temporary) if plain is None else plain
            weakref.finalize(self, os.close, self._fd)
        else:
            self._path = given

    def opened(self) -> BinaryIO:
        """Raises AudioError for anything but a regular file that can be read."""
        return opened(self._path) if self._fd is None else os.fdopen(os.dup(self._fd), "rb", buffering=0)


def opened(path: PathLike) -> BinaryIO:
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


def _plain(given: BinaryIO) -> int | None:
    """A descriptor of a file that is read from its beginning; None for all that only looks like a file.

    A compressed file has the descriptor of what it decompresses.
    """
    raw = given.raw if isinstance(given, (io.BufferedReader, io.BufferedRandom)) else given
    try:
        if type(raw) is io.FileIO and stat.S_ISREG(os.fstat(raw.fileno()).st_mode) and given.tell() == 0:
            return os.dup(raw.fileno())
    except (OSError, ValueError):
        pass
    return None


def _copy(given: BinaryIO, limits: Limits, temporary: PathLike | None) -> int:
    """A descriptor of what is left to be read."""
    size = 0
    try:
        with _nameless(temporary) as copy:
            while data := given.read(COPIED):
                if not isinstance(data, (bytes, bytearray, memoryview)):
                    raise AudioError("The file object gives text, not bytes.", suggestion='Open it with mode "rb".')
                size += len(data)
                limits.check_file(size)
                copy.write(data)
            copy.flush()
            return os.dup(copy.fileno())
    except (OSError, ValueError) as error:
        raise AudioError("The file cannot be read.", details=getattr(error, "strerror", "") or "") from None


def _nameless(temporary: PathLike | None) -> BinaryIO:
    """A file that nobody else sees; in memory where no folder may be written to."""
    try:
        return cast(BinaryIO, tempfile.TemporaryFile(dir=temporary, prefix="speech-"))
    except OSError as error:
        if hasattr(os, "memfd_create"):
            return os.fdopen(os.memfd_create("recording"), "w+b")
        raise AudioError("There is no room for a temporary file.", details=error.strerror or "") from None
