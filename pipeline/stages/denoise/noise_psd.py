"""How loud the noise is in every frequency bin, followed from frame to frame through the speech.

The tracker is that of [1]: the probability that a bin holds speech decides how far the bin's power enters the noise
estimate. The prior is fixed and the a-priori SNR of speech is the one to be expected where it is present, so nothing
has to be known about the speech, and the estimate follows a louder noise within some tenths of a second.

Here the tracker runs twice, forward and backward in time over the frames at hand, and the two are averaged: an estimate
that looks back only lags behind every change, and starts from a guess.

1. T. Gerkmann, R. C. Hendriks, "Unbiased MMSE-based noise power estimation with low complexity and low tracking delay",
   IEEE Trans. Audio, Speech and Language Processing 20(4), 2012: equations 18 (probability), 22 (estimate), 23 (against
   stagnation).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from pipeline.kernel import kernel

Power = NDArray[np.float32]
Bins = NDArray[np.float64]

SPEECH_SNR_DB = 15.0  # a-priori SNR of a bin where speech is present [1, section III-C]
SPEECH_PRIOR = 0.5
LONGEST_CERTAINTY = 0.99  # a bin said to be speech for long is let down a little, lest the estimate freeze [1, eq. 23]
EMPTY = 1e-16
"""Power of a bin under which there was nothing to hear (exact zeros, a gate): it says nothing about the noise."""


@dataclass(frozen=True)
class Tracker:
    """Smoothing of the noise estimate and of the speech probability, as weights of the past per frame."""

    keep_noise: float
    keep_presence: float

    @classmethod
    def of_hop(cls, hop_s: float, noise_s: float = 0.072, presence_s: float = 0.15) -> Tracker:
        """Time constants of [1] (0.8 and 0.9 per 16 ms), for any hop in seconds."""
        return cls(exp(-hop_s / noise_s), exp(-hop_s / presence_s))

    def forward(self, power: Power, noise: Bins, presence: Bins) -> tuple[Power, Bins, Bins]:
        """Noise power of each of the frames `power` (frames, bins), from the earliest to the latest.

        noise, presence : noise power and smoothed probability of speech (bins,) before the first frame

        Returns the estimates (frames, bins), and noise and presence after the last frame.
        """
        estimate, noise, presence = np.empty_like(power), noise.copy(), presence.copy()
        track(power, noise, presence, self.keep_noise, self.keep_presence, estimate)
        return estimate, noise, presence

    def backward(self, power: Power, noise: Bins) -> Power:
        """The same from the latest frame to the earliest; `noise` (bins,) is that after the last frame."""
        estimate, _, _ = self.forward(np.ascontiguousarray(power[::-1]), noise, unknown(noise.size))
        return np.ascontiguousarray(estimate[::-1])


def unknown(bins: int) -> Bins:
    """Smoothed probability of speech (bins,) where nothing is known yet."""
    return np.full(bins, SPEECH_PRIOR)


def first_guess(power: Power) -> Bins:
    """Noise power (bins,) to start from, out of the lowest decile over `power` (frames, bins).

    The power of noise is exponentially distributed: its lowest decile lies at 0.105 of the mean. Half of that is low on
    purpose, for the frames may all be speech: the tracker climbs from below within a few frames.
    """
    heard = power[power.max(axis=1) > EMPTY]
    if not len(heard):
        return np.full(power.shape[1], EMPTY)
    guess: Bins = np.quantile(heard, 0.1, axis=0).astype(np.float64) * (0.5 / 0.105)
    return np.maximum(guess, EMPTY)


def _track_numpy(
    power: Power, noise: Bins, presence: Bins, keep_noise: float, keep_presence: float, estimate: Power
) -> None:
    snr = 10 ** (SPEECH_SNR_DB / 10)
    odds, slope = (1 - SPEECH_PRIOR) / SPEECH_PRIOR * (1 + snr), snr / (1 + snr)
    frames = power.astype(np.float64)
    all_heard = frames.min(axis=1) > EMPTY
    for t, frame in enumerate(frames):
        speech = 1 / (1 + odds * np.exp(np.maximum(-slope * frame / noise, -200.0)))
        smooth = keep_presence * presence + (1 - keep_presence) * speech
        certain = smooth > LONGEST_CERTAINTY
        speech[certain] = np.minimum(speech[certain], LONGEST_CERTAINTY)
        after = np.maximum(noise + (1 - keep_noise) * (1 - speech) * (frame - noise), EMPTY)
        heard = slice(None) if all_heard[t] else frame > EMPTY
        presence[heard], noise[heard] = smooth[heard], after[heard]
        estimate[t] = noise


@kernel(_track_numpy)
def track(power: Power, noise: Bins, presence: Bins, keep_noise: float, keep_presence: float, estimate: Power) -> None:
    """Frames in their order; `noise` and `presence` (bins,) are updated in place, `estimate` is filled."""
    snr = 10 ** (SPEECH_SNR_DB / 10)
    odds, slope = (1 - SPEECH_PRIOR) / SPEECH_PRIOR * (1 + snr), snr / (1 + snr)
    for t in range(power.shape[0]):
        for k in range(power.shape[1]):
            p = np.float64(power[t, k])
            if p > EMPTY:
                evidence = slope * p / noise[k]
                speech = 1 / (1 + odds * np.exp(-evidence)) if evidence < 40 else 1.0
                presence[k] = keep_presence * presence[k] + (1 - keep_presence) * speech
                if presence[k] > LONGEST_CERTAINTY and speech > LONGEST_CERTAINTY:
                    speech = LONGEST_CERTAINTY
                noise[k] = max(noise[k] + (1 - keep_noise) * (1 - speech) * (p - noise[k]), EMPTY)
            estimate[t, k] = noise[k]
