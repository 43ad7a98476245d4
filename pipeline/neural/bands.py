"""The bands in which the neural denoiser hears and turns down: single bins for voices, wider above.

31.25 Hz apart up to 2.5 kHz (the harmonics of a voice stay apart), 62.5 Hz up to 5 kHz, then in equal ratios up to
24 kHz, coarse as the ear is there. A band is a triangle from the centre before it to the centre after it, so that the
triangles add up to one at every frequency, and a gain between two centres is interpolated.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

WINDOW_S = 0.032
OVERLAP = 2
SPACING_HZ = 1 / WINDOW_S
SPLIT_HZ = 8000.0  # below it every corpus has speech; above it only some

Matrix = NDArray[np.float32]


@cache
def centres_hz() -> NDArray[np.float64]:
    """Frequencies of the bands, (148,) float64, rising from 0 to 24 kHz; read-only."""
    fine = SPACING_HZ * np.arange(80)
    middle = 2500 + 2 * SPACING_HZ * np.arange(40)
    upper = 5000 * (SPLIT_HZ / 5000) ** (np.arange(12) / 12)
    top = SPLIT_HZ * (24000 / SPLIT_HZ) ** (np.arange(16) / 15)
    centres = np.concatenate((fine, middle, upper, top))
    centres.flags.writeable = False
    return centres


COUNT = len(centres_hz())
BELOW_SPLIT = int(np.searchsorted(centres_hz(), SPLIT_HZ))
PATCH, STRIDE = 8, 4  # bands that a token of the network takes in, and from one token to the next
TOKENS = COUNT // STRIDE


@cache
def interpolation(size: int, sample_rate: int) -> Matrix:
    """Gains of bands → gains of bins: (148, size // 2 + 1) float32, columns adding up to one; read-only.

    size : length of the FFT, samples
    sample_rate : Hz
    """
    frequency = np.arange(size // 2 + 1) * (sample_rate / size)
    centres = centres_hz()
    matrix = np.zeros((COUNT, len(frequency)), np.float32)
    left = np.clip(np.searchsorted(centres, frequency, side="right") - 1, 0, COUNT - 2)
    share = np.clip((frequency - centres[left]) / (centres[left + 1] - centres[left]), 0, 1)
    column = np.arange(len(frequency))
    matrix[left, column] = 1 - share
    matrix[left + 1, column] += share
    matrix.flags.writeable = False
    return matrix


@cache
def averaging(size: int, sample_rate: int) -> Matrix:
    """Powers of bins → mean powers of bands: (bins, 148) float32; a column is zero where no bin is; read-only."""
    weights = interpolation(size, sample_rate).T.astype(np.float64)
    weights[np.arange(len(weights)) * (sample_rate / size) > centres_hz()[-1]] = 0
    matrix: Matrix = (weights / np.maximum(weights.sum(axis=0), 1e-3)).astype(np.float32)
    matrix.flags.writeable = False
    return matrix


@cache
def present(size: int, sample_rate: int) -> NDArray[np.bool_]:
    """Which bands hold a bin: (148,); the others lie above half the sample rate; read-only."""
    bands: NDArray[np.bool_] = np.any(averaging(size, sample_rate), axis=0)
    bands.flags.writeable = False
    return bands
