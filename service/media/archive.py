"""Several files as one ZIP that is made while it is sent: nothing of it is kept, in memory or on the disk.

They are stored as they are; sound does not get smaller. A file's checksum is known only behind it, so it stands there
(APPNOTE 4.3.9); what needs it has the longer form (ZIP64).
"""

from __future__ import annotations

import io
import time
import unicodedata
import zipfile
from collections.abc import Generator, Sequence
from pathlib import Path

PIECE_BYTES = 256 * 1024
EARLIEST = (1980, 1, 1, 0, 0, 0)  # that the format can say


class _Sent(io.RawIOBase):
    """What `zipfile` writes, to be taken piece by piece. It cannot go back in it."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        self._written += view
        return view.nbytes

    def taken(self) -> bytes:
        data, self._written = bytes(self._written), bytearray()
        return data


def zipped(files: Sequence[tuple[str, Path]]) -> Generator[bytes, None, None]:
    """The bytes of a ZIP of files under these names. Raises OSError for a file that is gone."""
    sent = _Sent()
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_STORED) as archive:
        for name, path in files:
            with path.open("rb") as file, archive.open(_entry(name, path), "w") as entry:
                while piece := file.read(PIECE_BYTES):
                    entry.write(piece)
                    yield sent.taken()
            yield sent.taken()
    yield sent.taken()


def _entry(name: str, path: Path) -> zipfile.ZipInfo:
    """With its size, which decides on its form."""
    known = path.stat()
    found = zipfile.ZipInfo(name, max(EARLIEST, time.gmtime(known.st_mtime)[:6]))
    found.file_size = known.st_size
    found.external_attr = 0o644 << 16
    return found


def distinct(names: Sequence[str]) -> list[str]:
    """The names, each once: "talk.clean.wav", "talk.clean (2).wav". Some systems take A and a for the same."""
    taken: set[str] = set()
    found = []
    for name in names:
        path, candidate, number = Path(name), name, 1
        while (key := unicodedata.normalize("NFC", candidate).casefold()) in taken:
            number += 1
            candidate = f"{path.stem} ({number}){path.suffix}"
        taken.add(key)
        found.append(candidate)
    return found
