"""The outline of a waveform: the least and the greatest sample of every hundredth of a second, over all channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples

PER_S = 100
FULL_SCALE = 127  # of the bytes that are kept
MOST_POINTS = 8000

Outline = NDArray[np.int8]


class PeakWriter:
    """Takes blocks, keeps (n, 2) bytes: least and greatest."""

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._at = 0  # samples that were seen
        self._open, self._is_open = np.zeros(2, np.float32), False  # of the hundredth that is not complete
        self._done: list[Outline] = []

    def add(self, block: Samples) -> None:
        """The next block (channels, n)."""
        if not block.shape[1]:
            return
        least, greatest = block.min(axis=0), block.max(axis=0)
        first = self._at * PER_S // self._sample_rate
        self._at += block.shape[1]
        last = (self._at - 1) * PER_S // self._sample_rate
        begun = self._at - block.shape[1]
        starts = -(-np.arange(first + 1, last + 1) * self._sample_rate // PER_S) - begun
        edges = np.concatenate(([0], starts))
        found = np.stack((np.minimum.reduceat(least, edges), np.maximum.reduceat(greatest, edges)), axis=1)
        if begun and (begun - 1) * PER_S // self._sample_rate == first:  # it had begun before this block
            found[0] = min(found[0, 0], self._open[0]), max(found[0, 1], self._open[1])
        complete = self._at * PER_S // self._sample_rate > last
        self._is_open, self._open = not complete, found[-1].copy()
        self._done.append(_bytes(found if complete else found[:-1]))

    def write(self, path: Path) -> None:
        """All that was seen."""
        rest = [_bytes(self._open[None])] if self._is_open else []
        np.concatenate([*self._done, *rest, np.zeros((0, 2), np.int8)]).tofile(path)


def _bytes(values: NDArray[np.float32]) -> Outline:
    """A sample that is not nothing is not drawn as nothing."""
    scaled = values * FULL_SCALE
    away: NDArray[np.float32] = np.sign(scaled) * np.ceil(np.abs(scaled))
    return np.clip(away, -FULL_SCALE, FULL_SCALE).astype(np.int8)


def outline(path: Path, start_s: float, stop_s: float, points: int) -> bytes:
    """(points, 2) int8 of `start_s…stop_s`; what lies outside the recording is 0.

    points : 1…MOST_POINTS
    """
    kept = np.memmap(path, np.int8, "r").reshape(-1, 2) if path.stat().st_size else np.zeros((0, 2), np.int8)
    edges = np.linspace(start_s * PER_S, stop_s * PER_S, points + 1)
    first = np.floor(edges[:-1]).astype(np.int64)
    last = np.maximum(first + 1, np.ceil(edges[1:]).astype(np.int64))
    low, high = np.clip(first, 0, len(kept)), np.clip(last, 0, len(kept))
    found = np.zeros((points, 2), np.int8)
    there = high > low
    if there.any():
        begin = int(low[there].min())
        part = np.asarray(kept[begin : int(high[there].max())])
        # reduceat takes pairs: (from, to); what lies between two pairs is thrown away.
        pairs = np.stack((low[there] - begin, high[there] - begin), axis=1).ravel()
        padded = np.concatenate((part, part[-1:]))
        found[there, 0] = np.minimum.reduceat(padded[:, 0], pairs)[::2]
        found[there, 1] = np.maximum.reduceat(padded[:, 1], pairs)[::2]
    return found.tobytes()
