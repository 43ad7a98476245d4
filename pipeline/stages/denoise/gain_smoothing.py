"""Frames in which little is speech get gains that are smooth over frequency, so that no lone bin is left to twinkle.

Musical noise is heard where nothing else is: between words and under weak ones. There the gains are averaged over
neighbouring bins, over the more bins, the less of the frame is speech; in clearly voiced frames they stay as they are,
and the valleys between harmonics with them.

1. T. Esch, P. Vary, "Efficient musical noise suppression for speech enhancement systems", ICASSP 2009.
"""

from __future__ import annotations

import numpy as np

from pipeline.kernel import kernel

from .noise_psd import Power

SPEECH_SHARE = 0.4  # share of the frame's power that the gains let through, from which on they stay as they are
WIDEST_HZ = 300.0  # averaged over so much where they let nothing through


def widest(bin_hz: float) -> int:
    """The widest average, as a number of bins on either side."""
    return round(WIDEST_HZ / 2 / bin_hz)


def _smooth_numpy(power: Power, gains: Power, reach: int) -> None:
    bins = power.shape[1]
    for frame, gain in zip(power.astype(np.float64), gains, strict=True):
        total, passed = frame.sum(), (gain.astype(np.float64) ** 2 * frame).sum()
        half = int(np.rint((1 - passed / (SPEECH_SHARE * total)) * reach)) if total > 0 else 0
        if half > 0:
            sums = np.concatenate(([0.0], np.cumsum(gain, dtype=np.float64)))
            low, high = np.maximum(np.arange(bins) - half, 0), np.minimum(np.arange(bins) + half + 1, bins)
            gain[:] = (sums[high] - sums[low]) / (high - low)


@kernel(_smooth_numpy)
def smooth(power: Power, gains: Power, reach: int) -> None:
    """Smooth the gains (frames, bins) in place.

    power : (frames, bins), of the frames before the gains are applied
    reach : the widest average, bins on either side
    """
    bins = power.shape[1]
    sums = np.empty(bins + 1)
    for t in range(power.shape[0]):
        total, passed = 0.0, 0.0
        for k in range(bins):
            p, g = np.float64(power[t, k]), np.float64(gains[t, k])
            total += p
            passed += g * g * p
        if total <= 0 or passed >= SPEECH_SHARE * total:
            continue
        half = int(np.rint((1 - passed / (SPEECH_SHARE * total)) * reach))
        sums[0] = 0.0
        for k in range(bins):
            sums[k + 1] = sums[k] + np.float64(gains[t, k])
        for k in range(bins):
            low, high = max(k - half, 0), min(k + half + 1, bins)
            gains[t, k] = (sums[high] - sums[low]) / (high - low)
