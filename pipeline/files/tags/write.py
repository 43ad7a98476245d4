"""Metadata into a file that has been written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from . import flac, id3, mp4, ogg
from .metadata import Metadata

_REWRITTEN: dict[str, Callable[[Path, Path, Metadata], None]] = {
    ".flac": flac.rewrite, ".ogg": ogg.rewrite, ".opus": ogg.rewrite, ".m4a": mp4.rewrite,
}  # fmt: skip


def tagged(part: str, suffix: str, metadata: Metadata, duration_s: float) -> None:
    """The file with its tags, cover and chapters. Those of a WAV stand in it already."""
    how = _REWRITTEN.get(suffix) or (_with_id3(duration_s) if suffix == ".mp3" else None)
    if how is None or not (metadata or (metadata.mask and how is flac.rewrite)):
        return
    source, other = Path(part), Path(f"{part.removesuffix('.part')}t.part")
    try:
        how(source, other, metadata)
        os.replace(other, source)  # noqa: PTH105
    finally:
        other.unlink(missing_ok=True)


def _with_id3(duration_s: float) -> Callable[[Path, Path, Metadata], None]:
    def rewrite(source: Path, target: Path, metadata: Metadata) -> None:
        with source.open("rb") as file, target.open("wb") as out:
            out.write(id3.built(metadata, duration_s))
            shutil.copyfileobj(file, out, 1 << 20)

    return rewrite
