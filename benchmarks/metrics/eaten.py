"""Eaten speech: how much of what was to be heard of a voice in a noisy recording is gone afterwards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import stft

from .distances import Signal

WINDOW_S = 0.032
EATEN_DB = 10.0
SPEECH_RANGE_DB = 30.0
KEPT_SHARE = 0.25  # of the cells: at least so many are kept as they are, apart from the gain
LEAST_GAIN_DB = -20.0  # what is weaker as a whole is not turned down, it is gone
VOICE_HZ = 62.5  # no voice has anything below: what is counted there is a clean recording's rumble


def eaten_cells(
    y: Signal, noisy: Signal, clean: Signal, sample_rate: int, above_hz: float = 0.0
) -> tuple[float, float]:
    """Of the cells (32 ms, 31 Hz) where the clean speech is within 30 dB of its peak and above the noise: how many
    are more than 10 dB weaker in y than in noisy, and how many there are.

    A mere gain costs nothing: y is brought to the level at which a quarter of the cells are as strong as before. That
    quarter is no average, which would fall with all that is eaten. All (n,), aligned, without a room.

    above_hz : those from there on alone
    """
    speech, noise, before, after = (_power(x, sample_rate) for x in (clean, noisy - clean, noisy, y))
    cells = (speech > speech.max() * 10 ** (-SPEECH_RANGE_DB / 10)) & (speech > noise)
    if not cells.any():
        return 0.0, 0.0
    left = after[cells] / before[cells]
    gain = max(float(np.quantile(left, 1 - KEPT_SHARE)), 10 ** (LEAST_GAIN_DB / 10))
    counted = np.nonzero(cells)[0] >= round(above_hz * WINDOW_S)
    return float((left[counted] < gain * 10 ** (-EATEN_DB / 10)).sum()), float(counted.sum())


def eaten_percent(y: Signal, noisy: Signal, clean: Signal, sample_rate: int, above_hz: float = 0.0) -> float:
    """The share of those cells in %; nan where no speech is above the noise."""
    eaten, cells = eaten_cells(y, noisy, clean, sample_rate, above_hz)
    return 100 * eaten / cells if cells else float("nan")


def _power(x: Signal, sample_rate: int) -> NDArray[np.float32]:
    size = round(WINDOW_S * sample_rate)
    _, _, spectra = stft(x, nperseg=size, noverlap=size // 2)
    power: NDArray[np.float32] = np.abs(spectra) ** 2
    return power
