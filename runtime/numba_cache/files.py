"""numba's cache files, made safe: a fault is a miss and a warning, and nothing a stranger could have written is loaded.

Two things differ from numba's own files, and each answers a failure that numba has:

- Reading looks at the owner and mode of the file, and at a checksum of its name and its pickle, which follows the
  pickle: a flipped bit in machine code would crash the process, not raise, and so would the code of another function.
  What has no checksum is not loaded, numba's own files neither. numba itself can still read these files: a pickle ends
  where it says.
- A data file is named by its key, not by a counter: two processes that start together on an empty cache would both take
  number 1, and one would later load the code of the other's signature.
Imports numba: only `patches` and the locator import this module, when numba is being imported anyway.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import os
import pickle
import secrets
import stat
from pathlib import Path
from typing import Any

from runtime.directories import distrust_entry, owners_of_read_only
from runtime.numba_cache.faults import record

caching: Any = importlib.import_module("numba.core.caching")  # numba gives no types

DIGEST_MARK = b"sha256:"
DIGEST_BYTES = len(DIGEST_MARK) + hashlib.sha256().digest_size


class UntrustedFileError(OSError):
    """A cache file that another user could have written."""


class BrokenFileError(OSError):
    """A cache file whose content is not what we wrote under this name."""


def read_checked(path: str) -> bytes:
    """The content of a cache file without its checksum. Raises OSError; FileNotFoundError if there is none."""
    with open(path, "rb", opener=_open_at_once) as file:  # what is examined is what is read
        info = os.fstat(file.fileno())
        if not stat.S_ISREG(info.st_mode):
            raise BrokenFileError(f"{path} is not a file")
        why = distrust_entry(info, owners=owners_of_read_only())
        if why is not None:
            raise UntrustedFileError(f"{path} is not loaded: {why}")
        content = file.read()
    body, tail = content[:-DIGEST_BYTES], content[-DIGEST_BYTES:]
    if tail != DIGEST_MARK + _digest(path, body):
        raise BrokenFileError(f"{path} is damaged")
    return body


def _open_at_once(path: str, flags: int) -> int:
    """No link is followed, and nobody is waited for: to open a FIFO that nobody writes to would take for ever."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _digest(path: str, content: bytes) -> bytes:
    """Of the file's name and content: a file that was exchanged for another is not what was written, either."""
    return hashlib.sha256(os.fsencode(Path(path).name) + b"\0" + content).digest()


def write_checked(path: str, content: bytes) -> None:
    """Put `content` and its checksum in place in one step, readable by us alone. Raises OSError."""
    temporary = Path(f"{path}.tmp.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(temporary, flags, 0o600), "wb") as file:  # noqa: PTH123 — the mode must be there at birth
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), 0o600)  # a umask may have taken rights from ourselves
            file.write(content + DIGEST_MARK + _digest(path, content))
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


class CheckedCacheFile(caching.IndexDataCacheFile):  # type: ignore[misc]
    """The index and data files of one function in one directory."""

    def _load_index(self) -> dict[Any, str]:
        try:
            content = read_checked(self._index_path)
        except FileNotFoundError:
            return {}
        stream = io.BytesIO(content)
        # The owner and mode of the file were just checked: only we or root wrote it.
        if pickle.load(stream) != self._version:  # noqa: S301
            return {}
        stamp, overloads = pickle.load(stream)  # noqa: S301
        return dict(overloads) if stamp == self._source_stamp else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        head = pickle.dumps(self._version, protocol=-1)
        write_checked(self._index_path, head + self._dump((self._source_stamp, overloads)))

    def _load_data(self, name: str) -> Any:
        return pickle.loads(read_checked(self._data_path(name)))  # noqa: S301 — checked as the index is

    def _save_data(self, name: str, data: Any) -> None:
        write_checked(self._data_path(name), self._dump(data))

    def save(self, key: Any, data: Any) -> None:
        """Store `data` under `key`: the data first, so that no index ever names a file that is not there."""
        name = f"{self._index_name.removesuffix('.nbi')}.{hashlib.sha256(self._dump(key)).hexdigest()[:20]}.nbc"
        self._save_data(name, data)
        try:
            overloads = self._load_index()
        except Exception as fault:  # whatever a damaged index raises: a new one replaces it
            record_unreadable(self._index_path, fault)
            overloads = {}
        overloads[key] = name
        self._save_index(overloads)

    def load(self, key: Any) -> Any:
        """What is stored under `key`; None if nothing is, or if it cannot be read. A damaged file is removed."""
        path = self._index_path
        try:
            name = self._load_index().get(key)
            if name is None:
                return None
            path = self._data_path(name)
            return self._load_data(name)
        except FileNotFoundError:
            return None  # the index names a file that another process has just removed
        except Exception as fault:
            record_unreadable(path, fault)
            with contextlib.suppress(OSError):
                Path(path).unlink()
            return None


class LayeredPath(str):
    """A cache path as numba knows it (a string), with the two directories behind it; either may be missing."""

    writable: str | None
    baked: str | None

    def __new__(cls, writable: str | None, baked: str | None) -> LayeredPath:
        """Show numba the directory that is written, else the one that is read."""
        self = super().__new__(cls, writable or baked or "")
        self.writable, self.baked = writable, baked
        return self


class LayeredCacheFile:
    """A function's files in the writable cache and in the baked one; writes go to the first, reads try both."""

    def __init__(self, cache_path: str | LayeredPath, filename_base: str, source_stamp: Any) -> None:
        path = cache_path if isinstance(cache_path, LayeredPath) else LayeredPath(cache_path, None)
        self._writable = path.writable and CheckedCacheFile(path.writable, filename_base, source_stamp)
        self._baked = path.baked and CheckedCacheFile(path.baked, filename_base, source_stamp)

    def load(self, key: Any) -> Any:
        """What is stored under `key` in either; None if nothing is."""
        for files in (self._writable, self._baked):
            found = files.load(key) if files else None
            if found is not None:
                return found
        return None

    def save(self, key: Any, data: Any) -> None:
        """Store `data` in the writable cache, if there is one. Raises OSError."""
        if self._writable:
            self._writable.save(key, data)

    def flush(self) -> None:
        """Forget what the writable cache holds for this function. Raises OSError."""
        if self._writable:
            self._writable.flush()


def record_unreadable(path: str, fault: Exception) -> None:
    """Count a file that could not be loaded, by what was the matter with it."""
    if isinstance(fault, UntrustedFileError):
        record("untrusted", f"{fault}.")
    else:
        record("unreadable", f"Cached code in {path} cannot be read ({fault!r}) and is compiled again.")
