"""Tiles of a spectrogram: of the whole from what was kept when the copy was made, of a moment from the copy itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import spectra
from .listening import SAMPLE_RATE
from .on_demand import Copy

TILE_PX = 512
FINEST_S = 0.01  # a pixel
STEP = 4  # from one level to the next
OVERVIEW_PX = 2048  # kept of the whole
LOOKS = 2  # at a column of it
READ_S = 90.0  # of the copy, at most, for a tile


@dataclass(frozen=True)
class Overview:
    """The whole recording in at most OVERVIEW_PX columns. path : (MELS, columns) bytes; loudest : of power"""

    path: Path
    columns: int
    loudest: float
    max_hz: float


def levels(duration_s: float) -> list[float]:
    """Seconds per pixel, until all of it fits into two tiles."""
    found = [FINEST_S]
    while duration_s / found[-1] > 2 * TILE_PX:
        found.append(found[-1] * STEP)
    return found


def moments(duration_s: float, sample_rate: int) -> NDArray[np.int64]:
    """Where the overview looks, for `spectra.Columns`."""
    samples, length = round(duration_s * sample_rate), spectra.window_length(sample_rate)
    columns = int(np.clip(samples // (length // 4), 8, OVERVIEW_PX))
    looks = LOOKS if samples / columns > length else 1
    at = np.linspace(0, max(0, samples - length), columns * looks).astype(np.int64)
    return at.reshape(columns, looks)


def tile(copy: Copy, overview: Overview, duration_s: float, level: int, index: int) -> bytes | None:
    """A PNG of TILE_PX × MELS, narrower at the end; None beyond it."""
    per_px = levels(duration_s)[level]
    start_s = index * TILE_PX * per_px
    width = min(TILE_PX, int(np.ceil((duration_s - start_s) / per_px)))
    if width <= 0:
        return None
    if width * per_px > READ_S:
        return spectra.png(_of_overview(overview, duration_s, start_s, width, per_px))
    length = spectra.window_length(SAMPLE_RATE)
    centres = np.round((start_s + per_px * (np.arange(width) + 0.5)) * SAMPLE_RATE).astype(np.int64)
    first = max(0, int(centres[0]) - length // 2)
    x = copy.piece(first, int(centres[-1]) + length // 2 + 1)
    at = np.maximum(0, centres - length // 2 - first)
    columns = spectra.Columns(SAMPLE_RATE, overview.max_hz, at[:, None])
    columns.add(x)
    return spectra.png(spectra.as_bytes(columns.result(), overview.loudest))


def _of_overview(overview: Overview, duration_s: float, start_s: float, width: int, per_px: float) -> NDArray[np.uint8]:
    kept = np.memmap(overview.path, np.uint8, "r", shape=(spectra.MELS, overview.columns))
    at = (start_s + per_px * (np.arange(width) + 0.5)) / duration_s * overview.columns
    return np.asarray(kept[:, np.clip(at.astype(np.int64), 0, overview.columns - 1)])
