"""The delay of a system: found, and taken out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

LONGEST_S = 0.12
FINENESS = 16  # steps per sample
REACH = 40  # samples on either side that the interpolation looks at


def delay(reference: NDArray[np.float32], y: NDArray[np.float32], sample_rate: int) -> float:
    """By how many samples, in sixteenths, `y` lags `reference`: the peak of their cross-correlation."""
    n, longest = min(len(reference), len(y)), int(LONGEST_S * sample_rate)
    size = next_fast_len(n + longest + REACH, real=True)
    product = rfft(y[:n], size) * np.conj(rfft(reference[:n], size))
    correlation = np.roll(irfft(product, size), longest + REACH)[: 2 * (longest + REACH) + 1]
    peak = int(np.argmax(np.abs(correlation[REACH:-REACH])))  # counted from -longest
    around = correlation[peak : peak + 2 * REACH + 1]
    offsets = np.arange(-FINENESS, FINENESS + 1) / FINENESS
    distance = offsets[:, None] - np.arange(-REACH, REACH + 1)
    interpolated = (np.sinc(distance) * np.cos(np.pi * distance / (2 * REACH + 4)) ** 2) @ around
    return float(peak - longest + offsets[np.argmax(np.abs(interpolated))])


def advanced(y: NDArray[np.float32], samples: float, n: int) -> NDArray[np.float32]:
    """`y` as if it came `samples` earlier, cut or filled with silence to (n,)."""
    whole = int(np.floor(samples))
    if samples - whole > 1e-3:
        size = next_fast_len(len(y) + 4096, real=True)
        turn = 2j * np.pi * np.arange(size // 2 + 1) / size * (samples - whole)
        y = irfft(rfft(y, size) * np.exp(turn), size)[: len(y)]
    y = y[whole:] if whole >= 0 else np.pad(y, (-whole, 0))
    moved: NDArray[np.float32] = np.pad(y, (0, max(0, n - len(y))))[:n].astype(np.float32)
    return moved
