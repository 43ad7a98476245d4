"""The de-esser: an s that is sharp beside the voice around it is turned down, and nothing else.

A linear-phase filter takes out the band of sibilants. Where its power stands too high above the level of the voice, as
last heard in vowels, the excess is subtracted: what lies outside the band passes sample for sample, in phase, and
without excess the output is the input. Because an s is measured against the voice, the recording's level does not
matter. Powers and gains are reckoned once per millisecond; one gain serves all channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude
from pipeline.dsp.ramps import ramps
from pipeline.settings import Deess
from pipeline.stream.stage import IDENTITY, AnyStage, run_whole
from pipeline.stream.units import in_units

from .band import LEAST_RATE, Taps, band_filter, filtered
from .follower import Constants, Gains, follow

HOP_S = 0.001
UNIT_HOPS = 32
LOOK_AHEAD_HOPS = 4


class _State(NamedTuple):
    history: Samples  # (channels, taps - 1) input the filter still needs
    sound: Samples  # (channels, look-ahead) input whose gain is still to come
    sibilants: Samples  # (channels, look-ahead) its band of sibilants
    follower: Gains  # (3,) see `follow`
    gain: float  # at the end of the last hop


@dataclass(frozen=True)
class _Deesser:
    taps: Taps
    hop: int
    constants: Constants

    @property
    def wait(self) -> int:
        """Look-ahead, samples."""
        return LOOK_AHEAD_HOPS * self.hop

    def start(self, channels: int) -> _State:
        nothing = np.zeros((channels, self.wait), np.float32)
        return _State(np.zeros((channels, self.taps.size - 1), np.float32), nothing, nothing, np.zeros(3), 1.0)

    def work(self, unit: Samples, state: _State) -> tuple[Samples, _State]:
        """unit (channels, whole hops) → the same, later by half the filter and the look-ahead."""
        m, n = self.taps.size // 2, unit.shape[1]
        x = np.concatenate((state.history, unit), axis=1)
        fresh = np.ascontiguousarray(x[:, m : m + n])
        band = filtered(x, self.taps)
        follower = state.follower.copy()
        reduction = follow(self._powers(band), self._powers(fresh - band), follower, self.constants)
        sound = np.concatenate((state.sound, fresh), axis=1)
        sibilants = np.concatenate((state.sibilants, band), axis=1)
        out = sound[:, :n]
        gain = amplitude(-reduction)
        if min(state.gain, gain.min()) < 1:
            out = out - (1 - ramps(state.gain, gain, self.hop)) * sibilants[:, :n]
        return out, _State(x[:, n:], sound[:, n:], sibilants[:, n:], follower, float(gain[-1]))

    def _powers(self, x: Samples) -> Gains:
        """Mean power of each hop (hops,), all channels together."""
        blocks = x.reshape(x.shape[0], -1, self.hop)
        powers: Gains = np.einsum("chi,chi->h", blocks, blocks).astype(np.float64) / (x.shape[0] * self.hop)
        return powers


def stage(params: Deess, sample_rate: int, channels: int) -> AnyStage:
    """The de-esser. Latency: a unit of 32 ms, half the filter and the look-ahead, together 37 ms.

    Off (`strength_db` 0), and for a sample rate whose band ends below the sibilants, it answers what it gets.
    """
    if not params.strength_db or sample_rate < LEAST_RATE:
        return IDENTITY
    hop = round(HOP_S * sample_rate)
    deesser = _Deesser(band_filter(sample_rate), hop, Constants.of_hop(hop / sample_rate, params.strength_db))
    delay = deesser.taps.size // 2 + deesser.wait
    return in_units(UNIT_HOPS * hop, channels, delay, lambda: deesser.start(channels), deesser.work)


def deess(x: Samples, sample_rate: int, params: Deess) -> Samples:
    """x (channels, n) float32, its sharp s sounds turned down by at most `params.strength_db`."""
    return run_whole(stage(params, sample_rate, x.shape[0]), x)
