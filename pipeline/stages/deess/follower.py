"""By how much sibilants are to be turned down, from their power and that of the voice around them.

Reference: D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range Compressor Design: A Tutorial and Analysis",
J. Audio Eng. Soc. 60(6), 2012, section 2 (gain computer, smoothing in the log domain).
"""

from __future__ import annotations

from math import exp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.kernel import kernel

POWER_S, ATTACK_S, RELEASE_S = 0.002, 0.0015, 0.030  # time constants
VOICE_RISE_S, VOICE_FALL_S = 0.030, 2.5  # a vowel is heard at once, and remembered over a pause
# In clean recordings of many voices an s reaches -20 to -5 dB of the voice's level: above this it begins to hurt.
THRESHOLD_DB = -12.0
LEAST_DB = 1e-3  # a reduction that has died away so far is none
EMPTY = 1e-14

Gains = NDArray[np.float64]


class Constants(NamedTuple):
    """What `follow` does per hop: shares of the new value in the running ones, and the most reduction in dB."""

    power: float
    attack: float
    release: float
    rise: float
    fall: float
    strength_db: float

    @classmethod
    def of_hop(cls, hop_s: float, strength_db: float) -> Constants:
        power, attack, release, rise, fall = (
            1 - exp(-hop_s / time) for time in (POWER_S, ATTACK_S, RELEASE_S, VOICE_RISE_S, VOICE_FALL_S)
        )
        return cls(power, attack, release, rise, fall, strength_db)


def _follow_numpy(band: Gains, rest: Gains, follower: Gains, by: Constants) -> Gains:
    sibilance, voice, reduction = follower.tolist()
    out = np.empty(band.size)
    for i, (b, r) in enumerate(zip(band.tolist(), rest.tolist(), strict=True)):
        sibilance += by.power * (b - sibilance)
        if r > b:
            voice += (by.rise if r > voice else by.fall) * (r - voice)
        wanted = 0.0
        if voice > EMPTY and sibilance > EMPTY:
            over = 10 * np.log10(sibilance / voice) - THRESHOLD_DB
            wanted = min(max(over, 0.0), by.strength_db)
        reduction += (by.attack if wanted > reduction else by.release) * (wanted - reduction)
        out[i] = reduction if reduction > LEAST_DB else 0.0
    follower[:] = sibilance, voice, reduction
    return out


@kernel(_follow_numpy)
def follow(band: Gains, rest: Gains, follower: Gains, by: Constants) -> Gains:
    """Reduction in dB (hops,) from the powers (hops,) of the sibilants' band and of the rest.

    follower : (sibilants' power, voice's power, reduction in dB), smoothed, updated in place. The voice is heard only
        while it outweighs the sibilants; until it has been, nothing is turned down.
    """
    sibilance, voice, reduction = follower
    out = np.empty(band.size)
    for i in range(band.size):
        sibilance += by.power * (band[i] - sibilance)
        if rest[i] > band[i]:
            voice += (by.rise if rest[i] > voice else by.fall) * (rest[i] - voice)
        wanted = 0.0
        if voice > EMPTY and sibilance > EMPTY:
            over = 10 * np.log10(sibilance / voice) - THRESHOLD_DB
            wanted = min(max(over, 0.0), by.strength_db)
        reduction += (by.attack if wanted > reduction else by.release) * (wanted - reduction)
        out[i] = reduction if reduction > LEAST_DB else 0.0
    follower[0], follower[1], follower[2] = sibilance, voice, reduction
    return out
