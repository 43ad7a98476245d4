"""A file of ours that libsndfile reads, as a source: quicker than decoders that must trust nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.audio import Samples

SUFFIXES = {".wav", ".flac"}  # of results that libsndfile finds its way in
BLOCK = 1 << 16


class SeekableFile:
    """Of one's own writing. Raises what libsndfile raises."""

    remarks: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        import soundfile

        self._path, about = path, soundfile.info(path)
        self.sample_rate, self.channels = int(about.samplerate), int(about.channels)
        self.claimed_s: float | None = about.frames / about.samplerate

    def blocks(self) -> Iterator[Samples]:
        import soundfile

        with soundfile.SoundFile(self._path) as file:
            while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
                yield np.ascontiguousarray(block.T)
