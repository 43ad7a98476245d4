"""The whole enhancement, of a recording in memory or from file to file. The signal path is `pipeline.stages.chain`.

Three passes: what the recording measures; the stages that work on the sound itself, into a spool; the loudness, known
only then, on the way out. All go block by block, so that from file to file memory does not grow with length.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from pipeline.errors import SettingsError
from pipeline.files.decode import Recording
from pipeline.files.encode import Writer
from pipeline.files.formats import DEFAULT, AudioShape, Encoding, followed, nearest
from pipeline.files.limits import Limits
from pipeline.files.tags.metadata import Metadata
from pipeline.files.tags.read import metadata
from pipeline.files.writing.target import checked_target
from pipeline.loudness.meter import LoudnessMeter
from pipeline.loudness.normalize import Programme
from pipeline.loudness.true_peak import PeakMeter
from pipeline.measures import auto
from pipeline.measures.analysis import Analysis, analyze_blocks
from pipeline.measures.report import Report
from pipeline.stages import leveler
from pipeline.stages.chain import StageContext, restoration
from pipeline.stages.denoise.choice import OFF, Denoiser, denoiser, enough
from pipeline.stream.progress import Progress, ProgressMonitor
from pipeline.stream.source import Counted, InMemory, Source
from pipeline.stream.spool import FileSpool, MemorySpool, Spool
from pipeline.stream.stage import IDENTITY, chained, paired, run

from . import delivery
from .audio import Audio, Samples
from .delivery import Output
from .settings import Denoise, Settings

Sink = Callable[[Samples], object]
REMOVED_CLIPPED = "What was removed is beyond full scale in places, and clipped in its file: a FLOAT wav would hold it."
NOTED_DB = 10.0  # so much less noise reduction than asked for is told


@dataclass(frozen=True)
class Result:
    """The enhanced recording (same rate, channels and length, sample-aligned), what changed, and the settings used."""

    audio: Audio
    report: Report
    settings: Settings


def enhance(
    audio: Audio,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Result:
    """Enhance a recording.

    settings : default `Settings()`
    progress : called with (fraction 0…1, what is being done), from the calling thread
    cancelled : asked at every block; raises Cancelled when it answers True
    """
    settings = settings or Settings()
    y = np.empty_like(audio.samples)
    monitor = ProgressMonitor(progress, cancelled)
    with MemorySpool() as spool:
        report = _enhanced(InMemory(audio), settings, monitor, spool, lambda _: delivery.InMemory(y))
    return Result(Audio(y, audio.sample_rate), report, settings)


def enhance_file(
    source: str | os.PathLike[str] | BinaryIO,
    target: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    subtype: str = DEFAULT.subtype,
    bitrate_kbps: float = DEFAULT.bitrate_kbps,
    removed: str | os.PathLike[str] | None = None,
    limits: Limits | None = None,
    track: int | None = None,
    temporary: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Enhance a file into another, in memory that does not grow with its length.

    source, limits, track : as `load` takes them
    target, subtype, bitrate_kbps : as `save` takes them; the file appears complete or not at all
    removed : a second file to write: what was taken away, at the level it had in the recording. Encoded as the target
        is, or as nearly as its format can.
    temporary : folder for a nameless file as large as the samples in float32; default: the system's

    Raises what `load`, `save` and `enhance` raise.
    """
    recording = Recording(source, limits, cancelled, track=track, temporary=temporary)
    encoding, about = Encoding(subtype, bitrate_kbps), metadata(source)
    about = replace(about, mask=recording.stored.mask or about.mask)
    result, rest = _File(target, recording, encoding, about), None
    if removed is not None:
        _check_apart(target, removed)
        rest = _File(removed, recording, nearest(Path(removed).suffix, encoding), Metadata(mask=about.mask))
    for file in filter(None, (result, rest)):  # told before the work, not after it
        checked_target(file.path)
        file.writer(0)
    with ExitStack() as stack:
        spool = stack.enter_context(FileSpool(temporary))
        kept: list[Writer] = []

        def keep(samples: int) -> Sink:
            kept.append(stack.enter_context(rest.writer(samples)))  # type: ignore[union-attr]
            return kept[0].write

        report = _enhanced(
            recording,
            settings or Settings(),
            ProgressMonitor(progress, cancelled),
            spool,
            lambda samples: stack.enter_context(result.writer(samples)),
            keep if rest else None,
        )
        clipped = any(writer.clipped for writer in kept)
        return replace(report, notes=(*report.notes, REMOVED_CLIPPED)) if clipped else report


@dataclass(frozen=True)
class _File:
    """A file to be written, of the form that the recording has."""

    path: str | os.PathLike[str]
    recording: Recording
    encoding: Encoding
    about: Metadata

    def writer(self, samples: int) -> Writer:
        """Raises SettingsError for a format that is not known, or cannot hold it."""
        form, mask = self.recording, self.about.mask
        how = followed(Path(self.path).suffix, self.encoding, form.stored)
        return Writer(self.path, AudioShape(form.sample_rate, form.channels, samples, mask), how, self.about)


def _check_apart(target: str | os.PathLike[str], removed: str | os.PathLike[str]) -> None:
    """Raises SettingsError where what was removed would be written over the result: the later one would win."""
    if os.path.realpath(target) == os.path.realpath(removed):
        raise SettingsError(
            "The result and what was removed would be written to the same file.", suggestion="Give them two names."
        )


def _enhanced(
    source: Source,
    asked: Settings,
    monitor: ProgressMonitor,
    spool: Spool,
    output: Callable[[int], Output],
    removed: Callable[[int], Sink] | None = None,
) -> Report:
    """The three passes. output, removed : samples per channel → where the blocks go."""
    began, rate, channels = time.perf_counter(), source.sample_rate, source.channels
    monitor.phase(0.0, 0.15, "Measuring the recording")
    counted = Counted(source)
    before = analyze_blocks(counted, rate, channels, monitor.tick(None))
    settings, why = auto.chosen(asked, before)
    samples, blocks = counted.sample_count, counted.block_count

    monitor.phase(0.15, 0.7, "Removing noise")
    needed = settings.denoise if asked.auto.strengths else enough(settings.denoise, before.clearance_db)
    found = denoiser(needed, settings.dereverb, rate, channels) if settings.mix.wet_percent else OFF
    loudness, peak = LoudnessMeter(rate, channels), PeakMeter(channels)
    tick = monitor.tick(blocks)
    takes = removed(samples) if removed else None
    for block in _restored(source, settings, found, before, takes, tick):
        spool.append(block)
        loudness.add(block)
        peak.add(block)

    programme = Programme(spool.blocks, rate, channels, loudness.result(), peak.result())
    delivered = delivery.deliver(programme, settings.loudness, lambda: output(samples), monitor, blocks)
    monitor.phase(1.0, 1.0, "Done")
    took, gain = time.perf_counter() - began, delivered.gain
    notes = (*why, *_spared(settings, needed), *found.notes, *gain.notes, *delivered.notes)
    return Report(before, delivered.after, gain.gain_db, took, settings.flat(), found.name, notes, source.remarks)


def _spared(settings: Settings, needed: Denoise) -> tuple[str, ...]:
    """That less noise reduction than asked for was enough."""
    if settings.denoise.strength_db - needed.strength_db < NOTED_DB or not settings.mix.wet_percent:
        return ()
    return (f"The noise was low from the start: {needed.strength_db:.0f} dB of noise reduction were enough.",)


def _restored(
    source: Source,
    settings: Settings,
    found: Denoiser,
    before: Analysis,
    removed: Sink | None,
    tick: Callable[[], None],
) -> Iterator[Samples]:
    """The stages that work on the sound itself, mixed with the original as asked; then the leveler."""
    rate, channels = source.sample_rate, source.channels
    wet = np.float32(settings.mix.wet_percent / 100)
    line = chained(restoration(StageContext(settings, found, rate, channels))) if wet else IDENTITY

    def mixed() -> Iterator[Samples]:
        for x, y in paired(line, source.blocks()):
            out = y if wet == 1 else wet * y + (1 - wet) * x
            if removed is not None:
                removed(x - out)
            yield out
            tick()

    scene = None if before.speech_dbfs is None else leveler.Scene(before.speech_dbfs, before.noise_floor_dbfs)
    yield from run(leveler.stage(settings.level, scene, rate, channels), mixed())
