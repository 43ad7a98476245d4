"""The last pass: the restored sound at its loudness, into its file, and measured as the file holds it.

A lossy codec changes the loudness a little and moves the peaks. So a lossy file is read again; where the target or the
ceiling is missed, the sound is set anew by what was missed and encoded once more, twice at most.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np

from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude_db
from pipeline.loudness.meter import ABSOLUTE_GATE_LUFS, LoudnessMeter
from pipeline.loudness.normalize import TOLERANCE_LU, Gain, Goal, Programme, gain_for, lowered, reach
from pipeline.loudness.true_peak import PeakMeter
from pipeline.measures.analysis import EVERYWHERE, Analysis, Analyzer, Traces
from pipeline.settings import Loudness
from pipeline.stream.meter import heard
from pipeline.stream.progress import ProgressMonitor
from pipeline.stream.source import Source

ROOM_DB = (0.1, 0.3)  # under what was missed, each time: the next peaks are others
MOST_MORE_DB = 3.0  # of gain, to make up for a codec

OnBlock = Callable[[], None]


class Output(Protocol):
    """Where the blocks go: `pipeline.files.encode.Writer` is one for files.

    lossy : what is read back is not what was written; unbounded : full scale is no limit
    """

    lossy: bool
    unbounded: bool

    def write(self, block: Samples) -> Samples:
        """The next samples (channels, n); answers them as they are held."""

    def read_back(self) -> Source:
        """What a reader gets of them. Afterwards no more can be written, but `again`."""

    def again(self) -> None:
        """Begin anew."""


class InMemory:
    """Blocks that are kept in an array. y : (channels, n) float32, to be filled"""

    lossy, unbounded = False, True

    def __init__(self, y: Samples) -> None:
        self._y, self._at = y, 0

    def write(self, block: Samples) -> Samples:
        self._y[:, self._at : self._at + block.shape[1]] = block
        self._at += block.shape[1]
        return block

    def read_back(self) -> Source:
        raise NotImplementedError

    def again(self) -> None:
        self._at = 0


@dataclass(frozen=True)
class Delivered:
    """gain : the one that was applied; after : the measures of what is held; notes : what it misses"""

    gain: Gain
    after: Analysis
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Reading:
    """lufs : None for silence; true_peak, sample_peak : magnitudes"""

    lufs: float | None
    true_peak: float
    sample_peak: float


class _Tried(NamedTuple):
    """The gain that was written with in the end, and what was read back then."""

    gain: Gain
    reading: _Reading


def deliver(
    programme: Programme,
    params: Loudness,
    open_output: Callable[[], Output],
    monitor: ProgressMonitor,
    blocks: int,
    traces: Traces = EVERYWHERE,
) -> Delivered:
    """Write `programme`, of so many blocks, at its loudness. traces : where to look for what only parts can hold"""
    plan = monitor.schedule
    monitor.phase(plan.restored, plan.loudness, "Setting the loudness")
    gain = gain_for(programme, params, monitor.tick(2 * blocks))
    monitor.phase(plan.loudness, plan.written, "Writing the result")
    output = open_output()
    if gain.ceiling_dbtp is None and not output.unbounded and _sample_peak(programme) > 1:
        why = "the peaks are beyond full scale, and only a WAV of floats could hold them."
        gain = lowered(programme, params.ceiling_dbtp, why)
    if not output.lossy:
        analyzer = Analyzer(programme.sample_rate, programme.channels, traces, listens=False)
        _write(programme, gain, output, monitor.tick(blocks), analyzer)
        return Delivered(gain, analyzer.result())
    done = _tried(programme, params, gain, output, monitor, blocks)
    monitor.phase(monitor.schedule.written, 1.0, "Measuring the result")
    after = _analyzed(output.read_back(), programme, traces, monitor.tick(blocks))
    return Delivered(done.gain, after, _missed(params, done.gain, done.reading))


def _tried(
    programme: Programme, params: Loudness, gain: Gain, output: Output, monitor: ProgressMonitor, blocks: int
) -> _Tried:
    """Written with a lossy codec, until what is read back is right."""
    aim = gain.lufs if gain.notes else params.target_lufs
    done, last = monitor.schedule.loudness, monitor.schedule.written
    for room_db in (*ROOM_DB, None):
        stop = (done + last) / 2  # how often, is not known
        monitor.phase(done, stop, "Writing the result")
        done, tick = stop, monitor.tick(4 * blocks)
        _write(programme, gain, output, tick)
        reading = _read(output.read_back(), tick)
        better = room_db and _corrected(programme, Aim(aim, params.ceiling_dbtp, room_db), gain, reading, tick)
        if not better:
            break
        gain = better
        output.again()
    return _Tried(gain, reading)


class Aim(NamedTuple):
    """lufs : None where there is none; room_db : under the ceiling, where it was passed before"""

    lufs: float | None
    ceiling_dbtp: float
    room_db: float


def _write(
    programme: Programme, gain: Gain, output: Output, on_block: OnBlock, analyzer: Analyzer | None = None
) -> None:
    held = (output.write(block) for block in gain.applied(programme))
    with closing(held if analyzer is None else analyzer.listening(held)) as written:
        for _ in written:
            on_block()


def _read(source: Source, on_block: OnBlock) -> _Reading:
    loudness, peak, highest = LoudnessMeter(source.sample_rate, source.channels), PeakMeter(source.channels), 0.0
    with closing(heard((loudness, peak), source.blocks())) as measured:
        for block in measured:
            highest = max(highest, float(np.abs(block).max(initial=0.0)))
            on_block()
    return _Reading(loudness.result(), peak.result(), highest)


def _corrected(programme: Programme, aim: Aim, gain: Gain, reading: _Reading, on_gain: OnBlock) -> Gain | None:
    """A gain that makes up for what the codec did, None where that is not needed, or not possible."""
    over_db = max(0.0, amplitude_db(reading.true_peak) - aim.ceiling_dbtp)
    if gain.ceiling_dbtp is None:
        return _lower(gain, over_db + aim.room_db) if reading.sample_peak > 1 else None
    lost = missed = 0.0
    if aim.lufs is not None and gain.lufs is not None and reading.lufs is not None:
        lost, missed = gain.lufs - reading.lufs, aim.lufs - reading.lufs
    if not over_db and abs(missed) <= TOLERANCE_LU:
        return None
    ceiling = gain.ceiling_dbtp - (over_db + aim.room_db if over_db else 0.0)
    target = (reading.lufs if aim.lufs is None else aim.lufs) or ABSOLUTE_GATE_LUFS
    goal = Goal(target + lost, ceiling, gain.gain_db + missed, gain.gain_db + MOST_MORE_DB)
    return replace(reach(programme, goal, on_gain), notes=gain.notes)


def _lower(gain: Gain, by_db: float) -> Gain:
    lower = gain.gain_db - by_db
    why = "the peaks would be beyond full scale where this file is played."
    return Gain(lower, notes=(f"Lowered by {-lower:.1f} dB: {why}",))


def _missed(params: Loudness, gain: Gain, reading: _Reading) -> tuple[str, ...]:
    """What could not be made up for."""
    over_db = amplitude_db(reading.true_peak) - params.ceiling_dbtp
    if gain.ceiling_dbtp is None or round(over_db, 1) <= 0:
        return ()
    return (f"The codec moves the peaks: they lie {over_db:.1f} dB over the ceiling where the file is played.",)


def _analyzed(source: Source, programme: Programme, traces: Traces, on_block: OnBlock) -> Analysis:
    """Of the file. Some codecs know one rate alone: what the recording is, it stays in the report."""
    same = (source.sample_rate, source.channels) == (programme.sample_rate, programme.channels)
    analyzer = Analyzer(source.sample_rate, source.channels, traces if same else EVERYWHERE, listens=False)
    with closing(analyzer.listening(source.blocks())) as measured:
        for _ in measured:
            on_block()
    return replace(analyzer.result(), sample_rate=programme.sample_rate)


def _sample_peak(programme: Programme) -> float:
    if programme.true_peak <= 1:
        return programme.true_peak
    return max((float(np.abs(block).max(initial=0.0)) for block in programme.blocks()), default=0.0)
