"""What the neural denoiser hears: the logarithm of the power in every band, relative to the recording's own level.

The level is the mean power so far, older frames counting less: a whisper and a shout, a quiet file and a loud one look
the same to the network. Digital silence does not count: a recording that begins with it is no quieter for it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dsp.decibels import power_db

from .bands import OVERLAP, SPACING_HZ, SPLIT_HZ, averaging, present

Features = NDArray[np.float32]
Power = NDArray[np.float32]

LEVEL_MEMORY_S = 3.0
SILENCE = 1e-12  # -120 dBFS: below it nothing is told apart
LOWEST = -4.0  # in units of 20 dB: what is 80 dB below the level, or above half the sample rate, counts as absent


class RunningLevel(NamedTuple):
    """Sums behind the running mean, both weighted by age."""

    power: float = 0.0
    weight: float = 0.0

    def mean(self) -> float:
        """The level as a power, on the scale of `features`' scaled powers."""
        return self.power / max(self.weight, SILENCE) + SILENCE

    def db(self) -> float:
        """The level in dB."""
        return power_db(self.mean())


def features(power: Power, sample_rate: int, size: int, level: RunningLevel) -> tuple[Features, RunningLevel]:
    """Input of the network for consecutive frames, and the level after them.

    power : (frames, size // 2 + 1) float32, squared magnitudes of the frames' FFT of `size` samples
    level : what `features` returned for the frames before; RunningLevel() at the start
    → (frames, 148) float32, in units of 20 dB above the level, at least LOWEST
    """
    hop = size // OVERLAP
    scaled = power * np.float32(1 / hop**2)  # the same sound has the same power at every sample rate
    in_bands = scaled @ averaging(size, sample_rate)
    below = round(SPLIT_HZ * size / sample_rate) + 1
    bin_share = sample_rate / size / SPACING_HZ / (SPLIT_HZ / SPACING_HZ + 1)
    speech_power = scaled[:, :below].sum(axis=1, dtype=np.float64) * bin_share
    sums, weights = _running_sums(speech_power, float(np.exp(-hop / sample_rate / LEVEL_MEMORY_S)), level)
    mean_db = power_db(sums / np.maximum(weights, SILENCE) + SILENCE)
    decibels = power_db(in_bands + np.float32(SILENCE)) - mean_db[:, None]
    inputs = np.maximum(decibels / 20, LOWEST).astype(np.float32)
    inputs[:, ~present(size, sample_rate)] = LOWEST
    after = RunningLevel(float(sums[-1]), float(weights[-1])) if len(power) else level
    return inputs, after


def _running_sums(
    speech_power: NDArray[np.float64], keep: float, level: RunningLevel
) -> tuple[NDArray[np.float64], ...]:
    """`RunningLevel`'s two sums after every frame; those that are silent leave them as they were."""
    from scipy.signal import lfilter

    audible = speech_power > SILENCE
    kept = keep ** np.arange(audible.sum() + 1)
    weights = level.weight * kept + (1 - kept)
    sums, _ = lfilter([1 - keep], [1, -keep], speech_power[audible], zi=[keep * level.power])
    at = np.cumsum(audible)
    return np.concatenate(([level.power], sums))[at], weights[at]
