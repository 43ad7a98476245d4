"""The leveler: speakers who are far apart, or turn away, come out about equally loud.

The level of the speech around a place, 1.5 s to either side and only of what is speech, is compared with the level of
the speech in the whole recording. The difference, within a range, is the gain wanted there; of a difference of a
decibel or two, which is how people speak, little is. The gain moves slowly, begins to move half a second before it is
needed, and where nobody speaks it glides back to at most none: pauses and noise are never lifted. One gain serves all
channels.

What is speech is told by level alone: 6 dB above the recording's noise floor and not more than 22 dB under its speech.

Reference: EBU R 128 s2 and Tech 3343 (2023) on loudness range; the rest is this program's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude, power, power_db
from pipeline.dsp.ramps import ramps
from pipeline.settings import Level
from pipeline.stream.stage import IDENTITY, AnyStage, run_whole
from pipeline.stream.units import in_units

HOP_S = 0.05
UNIT_HOPS = 40
AROUND_HOPS = 30  # to either side, for the level of speech
SMOOTH_HOPS = 10  # to either side, for the gain
AHEAD = AROUND_HOPS + SMOOTH_HOPS
NATURAL_DB = 2.0  # a difference of which half is evened out
RELEASE_DB = 0.5  # per hop, in pauses: 10 dB per second
OVER_NOISE_DB, UNDER_SPEECH_DB = 6.0, 22.0
QUIETEST = 1e-12

Line = NDArray[np.float64]


class Scene(NamedTuple):
    """What the whole recording is like: mean level of its speech, and its noise floor, dB re full scale."""

    speech_dbfs: float
    floor_dbfs: float | None


class _State(NamedTuple):
    sound: Samples  # (channels, AHEAD hops) whose gain is still to come
    powers: Line  # (2 · AROUND_HOPS + SMOOTH_HOPS,) of the hops before
    wanted: Line  # (2 · SMOOTH_HOPS,) dB, of hops before those that the powers now reach
    gain: float  # at the end of the last hop answered, as a factor


@dataclass(frozen=True)
class _Leveler:
    range_db: float
    reference_db: float
    least_db: float
    hop: int

    def start(self, channels: int) -> _State:
        nothing = np.zeros((channels, AHEAD * self.hop), np.float32)
        return _State(nothing, np.zeros(2 * AROUND_HOPS), np.zeros(2 * SMOOTH_HOPS), 1.0)

    def work(self, unit: Samples, state: _State) -> tuple[Samples, _State]:
        """unit (channels, whole hops) → the same, `AHEAD` hops later."""
        hops = unit.shape[1] // self.hop
        blocks = unit.reshape(unit.shape[0], hops, self.hop)
        fresh = np.einsum("chi,chi->h", blocks, blocks, dtype=np.float64) / (unit.shape[0] * self.hop)
        powers = np.concatenate((state.powers, fresh))
        wanted = np.concatenate((state.wanted, self._wanted(powers, float(state.wanted[-1]))))
        window = np.hanning(2 * SMOOTH_HOPS + 3)[1:-1]
        smoothed: Line = np.convolve(wanted, window / window.sum(), "valid")
        gains = amplitude(smoothed)
        sound = np.concatenate((state.sound, unit), axis=1)
        out = sound[:, : unit.shape[1]]
        if state.gain != 1 or (gains != 1).any():
            out = out * ramps(state.gain, gains, self.hop)
        kept = (sound[:, unit.shape[1] :], powers[hops:], wanted[hops:])
        return out, _State(*kept, float(gains[-1]))

    def _wanted(self, powers: Line, last: float) -> Line:
        """Gain in dB for each hop in the middle of `powers` (n + 2 · AROUND_HOPS,): (n,)."""
        active = powers > power(self.least_db)
        weights = np.hanning(2 * AROUND_HOPS + 3)[1:-1]
        total = np.convolve(powers * active, weights, "valid")
        count = np.convolve(active.astype(np.float64), weights, "valid")
        around_db = power_db(np.maximum(total / np.maximum(count, QUIETEST), QUIETEST))
        apart_db = self.reference_db - around_db
        apart_db *= apart_db**2 / (apart_db**2 + NATURAL_DB**2)
        wanted: Line = np.clip(apart_db, -self.range_db, self.range_db)
        speaking = active[AROUND_HOPS : powers.size - AROUND_HOPS]
        for k in range(wanted.size):
            if not speaking[k]:
                wanted[k] = max(min(last, 0.0), last - RELEASE_DB)
            last = float(wanted[k])
        return wanted


def stage(params: Level, scene: Scene | None, sample_rate: int, channels: int) -> AnyStage:
    """The leveler. Latency: a unit and the look-ahead, 4 s; off at 0 dB, and where there is no speech."""
    if not params.range_db or scene is None:
        return IDENTITY
    least_db = scene.speech_dbfs - UNDER_SPEECH_DB
    if scene.floor_dbfs is not None:
        least_db = max(least_db, scene.floor_dbfs + OVER_NOISE_DB)
    hop = round(HOP_S * sample_rate)
    leveler = _Leveler(params.range_db, scene.speech_dbfs, least_db, hop)
    return in_units(UNIT_HOPS * hop, channels, AHEAD * hop, lambda: leveler.start(channels), leveler.work)


def level(x: Samples, sample_rate: int, params: Level, scene: Scene) -> Samples:
    """x (channels, n) float32, its speech nearer to one level; a copy where `params.range_db` is 0."""
    return run_whole(stage(params, scene, sample_rate, x.shape[0]), x)
