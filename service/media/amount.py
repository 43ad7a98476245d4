"""How much of the enhancement: the result mixed with the recording as it was, at the loudness that was asked for.

out = w · after + (1 − w) · g · before, where w is the amount and g the gain that the enhancement applied for the
loudness, so that both are equally loud; then loudness and ceiling as for every result (`pipeline.delivery`). The
recording is decoded again, and both flow block by block.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude
from pipeline.files.formats import nearest
from pipeline.files.limits import OURS
from pipeline.settings import Settings
from service.jobs import Order, Outcome
from service.jobs.serving import strangers
from service.work import Handle

if TYPE_CHECKING:
    from pipeline.stream.source import Source

WHOLE = 100  # percent


def place(made: Outcome, percent: int, output_format: str) -> Path:
    """Where the mix lies once it is made: beside the result."""
    if percent == WHOLE and made.after.suffix == f".{output_format}":
        return made.after
    return made.folder / f"{made.after.stem}-{percent}.{output_format}"


def make(handle: Handle, order: Order, made: Outcome, percent: int, target: Path) -> None:
    """Write the mix to `target`: whole, or not at all."""
    from pipeline import delivery
    from pipeline.files.alike import Alike, told
    from pipeline.files.decode import Recording
    from pipeline.loudness.meter import LoudnessMeter
    from pipeline.loudness.normalize import Programme
    from pipeline.loudness.true_peak import PeakMeter
    from pipeline.stream.meter import heard
    from pipeline.stream.progress import LOSSLESS, LOSSY, ProgressMonitor
    from pipeline.stream.source import Counted
    from pipeline.stream.spool import spool

    original = Recording(order.source, strangers(), handle.cancelled, track=order.track, stretch=order.stretch)
    encoding = nearest(target.suffix, order.encoding)
    file = Alike(target, original, encoding, told(order.source, original))
    rate, channels = original.sample_rate, original.channels
    schedule = LOSSY if file.writer(0).lossy else LOSSLESS
    monitor = ProgressMonitor(handle.report, handle.cancelled, schedule)
    loudness, peak, counted = LoudnessMeter(rate, channels), PeakMeter(channels), Counted(original)
    with ExitStack() as stack:
        waiting = stack.enter_context(spool(made.folder))
        monitor.phase(0.0, schedule.restored, "Mixing")
        on_block = monitor.along(counted)
        after = at_rate(Recording(made.after, OURS, handle.cancelled), rate)
        blocks = mixed(iter(counted), after, percent, made.report.gain_db)
        for block in stack.enter_context(closing(heard((loudness, peak), blocks))):
            waiting.append(block)
            on_block()
        programme = Programme(waiting.blocks, rate, channels, loudness.gated(), peak.result())
        writer = stack.enter_context(file.writer(counted.sample_count))
        asked = Settings.from_flat(made.report.settings).loudness
        delivery.deliver(programme, asked, lambda: writer, monitor, counted.block_count)


def mixed(before: Iterator[Samples], after: Iterator[Samples], percent: int, gain_db: float) -> Iterator[Samples]:
    """Blocks (channels, n) of the recording and of the result, as long as the recording."""
    wet, dry = np.float32(percent / 100), np.float32((1 - percent / 100) * amplitude(gain_db))
    kept: Samples | None = None
    for x in before:
        count = x.shape[1]
        y = np.zeros((len(x), 0), np.float32) if kept is None else kept
        while y.shape[1] < count:
            more = next(after, None)
            if more is None:  # a lossy file may lack the last few samples
                more = np.zeros((len(x), count - y.shape[1]), np.float32)
            y = np.concatenate((y, more), axis=1)
        kept = y[:, count:]
        out: Samples = wet * y[:, :count] + dry * x
        yield out


def at_rate(source: Source, sample_rate: int) -> Iterator[Samples]:
    """The blocks of a result at the recording's rate: Opus has one rate alone."""
    if source.sample_rate == sample_rate:
        yield from source.blocks()
        return
    import soxr

    stream = soxr.ResampleStream(source.sample_rate, sample_rate, source.channels, dtype="float32", quality="HQ")
    for block in source.blocks():
        yield stream.resample_chunk(np.ascontiguousarray(block.T)).T
    yield stream.resample_chunk(np.zeros((0, source.channels), np.float32), last=True).T
