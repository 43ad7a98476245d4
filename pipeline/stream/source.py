"""What an enhancement reads from: a recording that gives its samples block by block, as often as asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pipeline.audio import Audio, Samples

from .stage import split

BLOCK_S = 2.0  # between two looks at the cancel flag: some 20 ms of work


class Source(Protocol):
    """`pipeline.files.decode.Recording` is one for files."""

    sample_rate: int
    channels: int
    claimed_s: float | None  # how long it says that it lasts
    remarks: tuple[str, ...]  # on the recording; complete once `blocks` was read to its end

    def blocks(self) -> Iterator[Samples]:
        """All samples (channels, n), block by block, from the start."""


class InMemory:
    """A recording in memory, as a source."""

    def __init__(self, audio: Audio) -> None:
        self.sample_rate, self.channels = audio.sample_rate, audio.channels
        self.claimed_s: float | None = audio.duration_s
        self.remarks: tuple[str, ...] = ()
        self._samples = audio.samples

    def blocks(self) -> Iterator[Samples]:
        yield from split(self._samples, max(1, round(BLOCK_S * self.sample_rate)))


class Counted:
    """The blocks of a source, counted on their way."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.block_count = self.sample_count = 0
        self.expected_samples = (source.claimed_s or 0.0) * source.sample_rate  # 0 = not known

    def __iter__(self) -> Iterator[Samples]:
        for block in self._source.blocks():
            self.block_count += 1
            self.sample_count += block.shape[1]
            yield block
