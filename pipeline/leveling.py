"""Loudness target and true-peak ceiling, met together.

The gain that brings the measured loudness to the target is followed by the limiter, which takes a little loudness away
where it works; the gain is corrected by what is missing and the limiter run again, until the target is met.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .audio import Samples
from .limiter import stage
from .loudness import loudness
from .settings import Loudness
from .stream import run, split
from .true_peak import to_db, true_peak

MAX_GAIN_DB = 40.0  # a recording so quiet that it needs more holds little but noise
MAX_LIMITING_DB = 15.0  # more would flatten speech into its own noise
TOLERANCE_LU = 0.1
NOTED_LU = 0.3
ROUNDS = 6
# Where the limiter works hard, a dB of gain brings less than a dB of loudness; the next guess allows for it, to here.
LEAST_YIELD = 0.3


def to_target(
    x: Samples, sample_rate: int, params: Loudness, on_block: Callable[[], None] = lambda: None
) -> tuple[Samples, float, tuple[str, ...]]:
    """x (channels, n) at `params.target_lufs` with its true peak under `params.ceiling_dbtp`.

    Answers (samples, gain in dB, notes). Silence, and everything where `normalize` is off, stays as it is.
    """
    measured = loudness(x, sample_rate, on_block) if params.normalize else None
    if measured is None:
        return x, 0.0, ()
    most = min(MAX_GAIN_DB, params.ceiling_dbtp - to_db(true_peak(x)) + MAX_LIMITING_DB)
    gain = min(params.target_lufs - measured, most)
    last: tuple[float, float] | None = None
    y = np.empty_like(x)
    for _ in range(ROUNDS):
        _limit_into(y, x, gain, sample_rate, params, on_block)
        reached = loudness(y, sample_rate, on_block)
        missing = 0.0 if reached is None else params.target_lufs - reached
        next_gain = min(gain + missing / _yield(last, gain, missing), most)
        if abs(missing) <= TOLERANCE_LU or next_gain == gain:
            break
        last, gain = (gain, missing), next_gain
    if abs(missing) <= NOTED_LU:
        return y, gain, ()
    return (
        y,
        gain,
        (
            f"The loudness stays {missing:.1f} LU under the target: peaks would have to be cut by more than"
            f" {MAX_LIMITING_DB:g} dB or the recording raised by more than {MAX_GAIN_DB:g} dB.",
        ),
    )


def _yield(last: tuple[float, float] | None, gain: float, missing: float) -> float:
    """LU gained per dB of gain, as the last two rounds (gain, what was missing) show."""
    if last is None or gain == last[0]:
        return 1.0
    return float(np.clip((last[1] - missing) / (gain - last[0]), LEAST_YIELD, 1.0))


def _limit_into(
    y: Samples, x: Samples, gain_db: float, rate: int, params: Loudness, on_block: Callable[[], None]
) -> None:
    factor, at = np.float32(10 ** (gain_db / 20)), 0
    for block in run(stage(params.ceiling_dbtp, rate, x.shape[0]), (factor * b for b in split(x, rate))):
        y[:, at : at + block.shape[1]] = block
        at += block.shape[1]
        on_block()
    over = to_db(true_peak(y)) - params.ceiling_dbtp
    if over > 0:  # by rounding, or where a gain moves fast: the ceiling is a promise
        y *= np.float32(10 ** (-over / 20) * (1 - 1e-6))
