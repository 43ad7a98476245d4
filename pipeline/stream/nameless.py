"""Bytes in a temporary file without a name, which somebody else has opened: all of them written, or read."""

from __future__ import annotations

from typing import BinaryIO

from pipeline.errors import EnhancementError


def write_at(file: BinaryIO, place: int, data: memoryview) -> None:
    """All of `data` (bytes), from `place` on. Raises OSError."""
    file.seek(place)
    while data.nbytes:
        data = data[file.write(data) :]


def read_at(file: BinaryIO, place: int, data: memoryview) -> None:
    """Fill `data` (bytes) from `place` on. Raises OSError, and EnhancementError where so much is not there."""
    file.seek(place)
    while data.nbytes:
        if not (count := file.readinto(data)):  # type: ignore[attr-defined]
            raise damaged()
        data = data[count:]


def damaged() -> EnhancementError:
    """What is read is not what was written."""
    return EnhancementError("A temporary file was damaged.", suggestion="Try again.")
