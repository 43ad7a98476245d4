"""Loudness target and true-peak ceiling, met together.

The gain that brings the measured loudness to the target is followed by the limiter, which takes a little loudness away
where it works; the gain is corrected by what is missing and the limiter run again, until the target is met. The sound
is asked for block by block as often as needed, and none of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude, amplitude_db
from pipeline.settings import Loudness
from pipeline.stream.meter import heard
from pipeline.stream.stage import run

from .limiter import MARGIN_DB, stage
from .meter import Gated, LoudnessMeter
from .true_peak import PeakMeter

MAX_GAIN_DB = 40.0  # a recording so quiet that it needs more holds little but noise
MAX_LIMITING_DB = 15.0  # more would flatten speech into its own noise
TOLERANCE_LU = 0.1
NOTED_LU = 0.3
ROUNDS = 6
# Where the limiter works hard, a dB of gain brings less than a dB of loudness; the next guess allows for it, to here.
LEAST_YIELD = 0.3
EXACT = 1 - 1e-6  # takes up rounding

Blocks = Callable[[], Iterable[Samples]]


@dataclass(frozen=True)
class Programme:
    """What is to be set to a loudness: its blocks, as often as asked for, and what they measure.

    true_peak : magnitude, full scale = 1
    """

    blocks: Blocks
    sample_rate: int
    channels: int
    gated: Gated
    true_peak: float

    @property
    def lufs(self) -> float | None:
        """None for silence."""
        return self.gated.lufs()


@dataclass(frozen=True)
class Goal:
    """start_db : the first guess of the gain; most_db : of the gain, None for what peaks and limiter allow"""

    target_lufs: float
    ceiling_dbtp: float
    start_db: float
    most_db: float | None = None


@dataclass(frozen=True)
class Gain:
    """gain_db : before the limiter; trim : a factor after it; ceiling_dbtp : the limiter's, None for no limiter;
    lufs : what is reached, None if nobody has measured it."""

    gain_db: float = 0.0
    trim: float = 1.0
    ceiling_dbtp: float | None = None
    lufs: float | None = None
    notes: tuple[str, ...] = ()

    def applied(self, programme: Programme) -> Iterator[Samples]:
        """The blocks of `programme` at their loudness."""
        trim = np.float32(self.trim)
        if self.ceiling_dbtp is None:
            trim *= np.float32(amplitude(self.gain_db))
            blocks: Iterable[Samples] = programme.blocks()
        else:
            blocks = _limited(programme, self.gain_db, self.ceiling_dbtp)
        for block in blocks:
            yield block if trim == 1 else block * trim


def gain_for(programme: Programme, params: Loudness, on_block: Callable[[], None] = lambda: None) -> Gain:
    """What brings `programme` to `params.target_lufs` with its true peak under `params.ceiling_dbtp`.

    Nothing, for silence and where `normalize` is off.
    """
    if not params.normalize or programme.lufs is None:
        return Gain()
    goal = Goal(params.target_lufs, params.ceiling_dbtp, params.target_lufs - programme.lufs)
    return reach(programme, goal, on_block)


def reach(programme: Programme, goal: Goal, on_block: Callable[[], None] = lambda: None) -> Gain:
    """The same, of a programme with sound in it."""
    most = goal.most_db
    if most is None:
        most = min(MAX_GAIN_DB, goal.ceiling_dbtp - amplitude_db(programme.true_peak) + MAX_LIMITING_DB)
    gain = min(goal.start_db, most)
    last: tuple[float, float] | None = None
    for _ in range(ROUNDS):
        reached, peak = _measured(programme, gain, goal.ceiling_dbtp, on_block)
        missing = 0.0 if reached is None else goal.target_lufs - reached
        next_gain = min(gain + missing / _yield(last, gain, missing), most)
        if abs(missing) <= TOLERANCE_LU or next_gain == gain:
            break
        last, gain = (gain, missing), next_gain
    else:
        gain = last[0] if last else gain  # the one that was measured
    over = amplitude_db(peak) - goal.ceiling_dbtp
    # By rounding, or where a gain moves fast: the ceiling is a promise.
    trim = amplitude(-over) * EXACT if over > 0 else 1.0
    return Gain(gain, trim, goal.ceiling_dbtp, reached, _notes(missing))


def lowered(programme: Programme, ceiling_dbtp: float, why: str) -> Gain:
    """What brings the peaks of `programme` under the ceiling, all of it by as much, and says so."""
    gain_db = ceiling_dbtp - amplitude_db(programme.true_peak)
    return Gain(gain_db, EXACT, notes=(f"Lowered by {-gain_db:.1f} dB: {why}",))


def _notes(missing: float) -> tuple[str, ...]:
    if abs(missing) <= NOTED_LU:
        return ()
    return (
        f"The loudness stays {missing:.1f} LU under the target: peaks would have to be cut by more than"
        f" {MAX_LIMITING_DB:g} dB or the recording raised by more than {MAX_GAIN_DB:g} dB.",
    )


def _yield(last: tuple[float, float] | None, gain: float, missing: float) -> float:
    """LU gained per dB of gain, as the last two rounds (gain, what was missing) show."""
    if last is None or gain == last[0]:
        return 1.0
    return float(np.clip((last[1] - missing) / (gain - last[0]), LEAST_YIELD, 1.0))


def _limited(programme: Programme, gain_db: float, ceiling_dbtp: float) -> Iterator[Samples]:
    factor = np.float32(amplitude(gain_db))
    limiter = stage(ceiling_dbtp, programme.sample_rate, programme.channels)
    yield from run(limiter, (factor * block for block in programme.blocks()))


def _measured(
    programme: Programme, gain_db: float, ceiling_dbtp: float, on_block: Callable[[], None]
) -> tuple[float | None, float]:
    """Loudness in LUFS and true peak (a magnitude, known where it is above the ceiling) after gain and limiter."""
    ceiling = amplitude(ceiling_dbtp)
    if programme.true_peak * amplitude(gain_db + MARGIN_DB) <= ceiling:  # nothing for the limiter to do
        return programme.gated.lufs(gain_db), programme.true_peak * amplitude(gain_db)
    peak = PeakMeter(programme.channels, EXACT * ceiling)
    meter = LoudnessMeter(programme.sample_rate, programme.channels)
    with closing(heard((meter, peak), _limited(programme, gain_db, ceiling_dbtp))) as measured:
        for _ in measured:
            on_block()
    return meter.result(), peak.result()
