"""What the player of a finished job needs: of each track a listening copy, an outline and an overview of its spectrum.

All are made in one pass over the track, in a folder of the job's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.audio import Samples
from pipeline.loudness.meter import LoudnessMeter
from pipeline.stream.source import Source

from . import spectra
from .listening import BITRATE_KBPS, FRAME_SAMPLES, SAMPLE_RATE, Listening, write_listening
from .peaks import PER_S, PeakWriter
from .tiles import TILE_PX, Overview, levels, moments

TRACKS = ("before", "after", "removed")


@dataclass(frozen=True)
class Track:
    """copy : the MP3; outline : its peaks; lufs : None for silence"""

    copy: Path
    how: Listening
    outline: Path
    overview: Overview
    lufs: float | None


@dataclass(frozen=True)
class Media:
    """tracks : by name, all of the same length"""

    duration_s: float
    sample_rate: int
    channels: int
    tracks: dict[str, Track]

    def told(self, base: str) -> dict[str, Any]:
        """For the player. base : the address that the files are below"""
        heard = min(2, self.channels)
        return {
            "duration_s": self.duration_s,
            "channels": heard,
            "sample_rate": SAMPLE_RATE,
            "tracks": {
                name: {"url": f"{base}/{name}.mp3", "lufs": track.lufs, "bytes": track.copy.stat().st_size}
                for name, track in self.tracks.items()
            },
            "frame_samples": FRAME_SAMPLES,
            "frame_bytes": 1000 * BITRATE_KBPS[heard] * FRAME_SAMPLES // 8 // SAMPLE_RATE,
            "lead_samples": next(iter(self.tracks.values())).how.lead_samples,
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


def make(sources: dict[str, Source], duration_s: float, folder: Path, on_block: Callable[[str], None]) -> Media:
    """Make all that is needed in `folder`. on_block : told the track's name at each block; what it raises passes."""
    first = next(iter(sources.values()))
    tracks = {name: _track(name, source, duration_s, folder, on_block) for name, source in sources.items()}
    return Media(duration_s, first.sample_rate, first.channels, tracks)


def _track(name: str, source: Source, duration_s: float, folder: Path, on_block: Callable[[str], None]) -> Track:
    rate, max_hz = source.sample_rate, source.sample_rate / 2
    peaks, loudness = PeakWriter(rate), LoudnessMeter(rate, source.channels)
    columns = spectra.Columns(rate, max_hz, moments(duration_s, rate))

    def passed() -> Iterator[Samples]:
        for block in source.blocks():
            on_block(name)
            peaks.add(block)
            loudness.add(block)
            columns.add(block)
            yield block

    copy, outline, picture = (folder / f"{name}.{kind}" for kind in ("mp3", "peaks", "spectrum"))
    how = write_listening(passed(), rate, source.channels, copy)
    peaks.write(outline)
    power = columns.result()
    reference = spectra.loudest(power)
    spectra.as_bytes(power, reference).tofile(picture)
    overview = Overview(picture, power.shape[1], reference, max_hz)
    return Track(copy, how, outline, overview, loudness.result())
