"""What the player of a finished job needs: of each track a lossless file to encode from, an outline, and an overview of
its spectrum. All are made in one pass over the track, in a folder of the job's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.audio import Samples
from pipeline.files.formats import AudioShape, Encoding

from . import spectra
from .listening import FRAME_SAMPLES, LEAD_SAMPLES, SAMPLE_RATE
from .on_demand import Copy
from .peaks import PER_S, PeakWriter
from .tiles import TILE_PX, Overview, levels, moments

if TYPE_CHECKING:
    from pipeline.stream.source import Source

KEPT = Encoding("PCM_16")  # to be listened to alone


@dataclass(frozen=True)
class Track:
    """outline : the file of its peaks; lufs : None for silence, or where it is not asked for"""

    copy: Copy
    outline: Path
    overview: Overview
    lufs: float | None

    def linked(self, folder: Path) -> Track | None:
        """The same in another result's folder: linked, or copied. None where it is gone."""
        try:
            copy, outline, picture = (
                _linked(path, folder) for path in (self.copy.path, self.outline, self.overview.path)
            )
        except OSError:
            return None
        return replace(
            self,
            copy=replace(self.copy, path=copy),
            outline=outline,
            overview=replace(self.overview, path=picture),
        )


def _linked(path: Path, folder: Path) -> Path:
    target = folder / path.name
    with suppress(OSError):
        os.link(path, target)
    if not target.exists():
        shutil.copyfile(path, target)
    os.utime(target)  # it lives as long as the newer result
    return target


@dataclass(frozen=True)
class Media:
    """tracks : by name, all of the same length"""

    duration_s: float
    sample_rate: int
    channels: int
    tracks: dict[str, Track]

    def told(self, base: str) -> dict[str, Any]:
        """For the player. base : the address that the files are below"""
        return {
            "duration_s": self.duration_s,
            "channels": min(2, self.channels),
            "sample_rate": SAMPLE_RATE,
            "tracks": {
                name: {"url": f"{base}/{name}.mp3", "lufs": track.lufs, "bytes": track.copy.size}
                for name, track in self.tracks.items()
            },
            "frame_samples": FRAME_SAMPLES,
            "frame_bytes": next(iter(self.tracks.values())).copy.frame_bytes,
            "lead_samples": LEAD_SAMPLES,
            "peaks": {"url": f"{base}/peaks", "per_s": PER_S},
            "spectrogram": {
                "url": f"{base}/spectrogram",
                "tile_px": TILE_PX,
                "height_px": spectra.MELS,
                "levels": levels(self.duration_s),
                "min_hz": spectra.MIN_HZ,
                "max_hz": self.sample_rate / 2,
            },
        }


class CopyMaker:
    """folder : where all is made; samples : per channel, of each track; on_block : told how many samples come next

    What `on_block` raises passes through.
    """

    def __init__(self, folder: Path, samples: int, on_block: Callable[[int], None]) -> None:
        self._folder, self._samples, self._on_block = folder, samples, on_block

    def track(self, name: str, source: Source, file: Path | None, lufs: float | None) -> Track:
        """file : of ours, if there is one that libsndfile can seek in; else one is written"""
        from pipeline.files.encode import Writer

        rate, max_hz = source.sample_rate, source.sample_rate / 2
        peaks = PeakWriter(rate)
        columns = spectra.Columns(rate, max_hz, moments(self._samples / rate, rate))
        with ExitStack() as stack:
            kept = self._folder / f"{name}.flac" if file is None else file
            shape = AudioShape(rate, source.channels, 0)
            writer = stack.enter_context(Writer(kept, shape, KEPT)) if file is None else None
            for block in self._blocks(source):
                peaks.add(block)
                columns.add(block)
                if writer is not None:
                    writer.write(block)
        outline, picture = self._folder / f"{name}.peaks", self._folder / f"{name}.spectrum"
        peaks.write(outline)
        power = columns.result()
        reference = spectra.loudest(power)
        spectra.as_bytes(power, reference).tofile(picture)
        overview = Overview(picture, power.shape[1], reference, max_hz)
        return Track(Copy(kept, rate, self._samples, source.channels), outline, overview, lufs)

    def _blocks(self, source: Source) -> Iterator[Samples]:
        for block in source.blocks():
            self._on_block(block.shape[1])
            yield block
