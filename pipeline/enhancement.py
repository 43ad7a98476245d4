"""The whole enhancement, of a recording in memory or from file to file. The signal path is `pipeline.stages.chain`.

Three passes: what the recording measures; the stages that work on the sound itself, into a spool; the loudness, known
only then, on the way out. All go block by block, so that from file to file memory does not grow with length.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from pipeline.cache.work import RecordingCache, WorkCache
from pipeline.errors import SettingsError
from pipeline.files.alike import Alike, told
from pipeline.files.decode import Recording
from pipeline.files.encode import Writer
from pipeline.files.formats import DEFAULT, Encoding, nearest
from pipeline.files.limits import Limits
from pipeline.files.tags.metadata import Metadata
from pipeline.files.writing.target import checked_target
from pipeline.loudness.meter import LoudnessMeter
from pipeline.loudness.normalize import Programme
from pipeline.loudness.true_peak import PeakMeter
from pipeline.measures import auto
from pipeline.measures.analysis import Analysis, Analyzer, Traces
from pipeline.measures.content.keep import Kept
from pipeline.measures.report import Report
from pipeline.stream.meter import heard
from pipeline.stream.progress import LOSSLESS, LOSSY, Progress, ProgressMonitor
from pipeline.stream.source import Counted, InMemory, Source
from pipeline.stream.spool import MemorySpool, Spool, spool
from pipeline.stream.stage import paired, run

from . import delivery
from .audio import Audio, Samples
from .delivery import Output
from .memory import check_free, working_bytes
from .plan import Plan, planned
from .settings import Mix, Settings

Sink = Callable[[Samples], object]
REMOVED_CLIPPED = "What was removed is beyond full scale in places, and clipped in its file: a FLOAT wav would hold it."


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
    check_free(working_bytes(audio.sample_rate, audio.channels) + 2 * audio.samples.nbytes)
    y = np.empty_like(audio.samples)
    monitor = ProgressMonitor(progress, cancelled)
    with MemorySpool() as waiting, WorkCache(None) as work:
        report = _enhanced(InMemory(audio), settings, monitor, waiting, work, lambda _: delivery.InMemory(y))
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
    stretch: tuple[float, float] | None = None,
    temporary: str | os.PathLike[str] | None = None,
    cache: RecordingCache | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Enhance a file into another, in memory that does not grow with its length.

    source, limits, track : as `load` takes them; stretch : (start, length) in seconds, for a part alone
    target, subtype, bitrate_kbps : as `save` takes them; the file appears complete or not at all
    removed : a second file to write: what was taken away, at the level it had in the recording. Encoded as the target
        is, or as nearly as its format can.
    temporary : folder for a nameless file as large as the samples in float32; default: the system's. Where that takes
        none, the target's folder; where that takes none either, memory, for up to 512 MB of samples.
    cache : where work on this very recording, track and stretch is kept: what is there is not done again. The result is
        the same.

    Raises what `load`, `save` and `enhance` raise; NoMemoryError, before the work, where it takes more than is free.
    """
    recording = Recording(source, limits, cancelled, track=track, stretch=stretch, temporary=temporary)
    encoding, about = Encoding(subtype, bitrate_kbps), told(source, recording)
    result, rest = Alike(target, recording, encoding, about), None
    if removed is not None:
        _check_apart(target, removed)
        rest = Alike(removed, recording, nearest(Path(removed).suffix, encoding), Metadata(mask=about.mask))
    check_free(working_bytes(recording.sample_rate, recording.channels))
    for file in filter(None, (rest, result)):  # told before the work, not after it
        checked_target(file.path)
        schedule = LOSSY if file.writer(0).lossy else LOSSLESS
    with ExitStack() as stack:
        waiting = stack.enter_context(spool(temporary, Path(target).parent))
        work = stack.enter_context(WorkCache(cache))
        kept: list[Writer] = []

        def keep(samples: int) -> Sink:
            kept.append(stack.enter_context(rest.writer(samples)))  # type: ignore[union-attr]
            return kept[0].write

        report = _enhanced(
            recording,
            settings or Settings(),
            ProgressMonitor(progress, cancelled, schedule),
            waiting,
            work,
            lambda samples: stack.enter_context(result.writer(samples)),
            keep if rest else None,
        )
        clipped = any(writer.clipped for writer in kept)
        return replace(report, notes=(*report.notes, REMOVED_CLIPPED)) if clipped else report


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
    waiting: Spool,
    cache: WorkCache,
    output: Callable[[int], Output],
    removed: Callable[[int], Sink] | None = None,
) -> Report:
    """The three passes. output, removed : samples per channel → where the blocks go."""
    began, rate, channels = time.perf_counter(), source.sample_rate, source.channels
    found: _Measured | None = cache.value("measured")
    original = source.blocks()
    if found is None:
        found = _measured(source, monitor, waiting)
        cache.keep("measured", found)
        original = waiting.replaced()
    before, traces, samples, blocks = found
    settings, why = auto.chosen(asked, before)

    monitor.phase(monitor.schedule.measured, monitor.schedule.restored, "Removing noise")
    plan = planned(asked, settings, before, traces, cache, samples)
    loudness, peak = LoudnessMeter(rate, channels), PeakMeter(channels)
    tick = monitor.tick(blocks)
    takes = removed(samples) if removed else None
    kept = Kept(before.content.stretches if settings.content.keep_music else (), rate)
    restored = _restored(original, plan, settings.mix, kept, takes, tick)
    with closing(heard((loudness, peak), restored)) as measured:
        for block in measured:
            waiting.append(block)
    cache.commit()

    programme = Programme(waiting.blocks, rate, channels, loudness.gated(), peak.result())
    delivered = delivery.deliver(programme, settings.loudness, lambda: output(samples), monitor, blocks, traces)
    monitor.phase(1.0, 1.0, "Done")
    took, gain = time.perf_counter() - began, delivered.gain
    notes = (*why, *plan.notes, *gain.notes, *delivered.notes)
    return Report(before, delivered.after, gain.gain_db, took, settings.flat(), plan.denoiser, notes, source.remarks)


class _Measured(NamedTuple):
    """What the first pass finds. samples : per channel; blocks : that they came in"""

    before: Analysis
    traces: Traces
    samples: int
    blocks: int


def _measured(source: Source, monitor: ProgressMonitor, waiting: Spool) -> _Measured:
    """The first pass, which leaves the samples in `waiting`."""
    monitor.phase(0.0, monitor.schedule.measured, "Measuring the recording")
    counted, analyzer = Counted(source), Analyzer(source.sample_rate, source.channels)
    on_block = monitor.along(counted)
    with closing(analyzer.listening(counted)) as measured:
        for block in measured:
            waiting.append(block)
            on_block()
    return _Measured(analyzer.result(), analyzer.traces, counted.sample_count, counted.block_count)


def _restored(
    blocks: Iterable[Samples], plan: Plan, mix: Mix, kept: Kept, removed: Sink | None, tick: Callable[[], None]
) -> Iterator[Samples]:
    """The stages that work on the sound itself, mixed with the original as asked; then the leveler."""
    wet = np.float32(mix.wet_percent / 100)

    def mixed() -> Iterator[Samples]:
        start = 0
        for x, y in paired(plan.restoration, blocks):
            out = y if wet == 1 else wet * y + (1 - wet) * x
            out, start = kept.over(out, x, start), start + x.shape[1]
            if removed is not None:
                removed(x - out)
            yield out
            tick()

    start = 0
    for x, y in paired(plan.level, mixed()) if kept else ((block, block) for block in run(plan.level, mixed())):
        yield kept.over(y, x, start)
        start += x.shape[1]
