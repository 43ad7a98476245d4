"""What the content detector hears: 31 times a second, 52 numbers of a frame of 64 ms.

- 40 mel bands up to 7.8 kHz, relative to the recording's own level so far, in units of 20 dB.
- The fine structure of the spectrum (decibels without their local mean) in three ranges: how strong it is, and how much
  of it is still there 1, 3 and 8 frames later. Tones that last have much, a voice that glides has little, noise none.

Reference: the stability of partials as E. Scheirer and M. Slaney, "Construction and evaluation of a robust multifeature
speech/music discriminator", ICASSP 1997, have it in spirit; the numbers are this program's own.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.dsp.decibels import power_db
from pipeline.dsp.stft import Stft

Numbers = NDArray[np.float32]

WINDOW_S = 0.064
OVERLAP = 2
BANDS, LOWEST_HZ, HIGHEST_HZ = 40, 60.0, 7800.0
RANGES_HZ = ((100.0, 600.0), (600.0, 1800.0), (1800.0, 4000.0))
LAGS = (1, 3, 8)  # frames: 32, 96 and 256 ms
AROUND = 7  # bins to either side, for the local mean
MOST_DB = 25.0  # of fine structure: a pure tone must not outweigh the rest
COUNT = BANDS + len(RANGES_HZ) * (1 + len(LAGS))

LEVEL_MEMORY_S = 3.0
SILENCE = 1e-12  # -120 dBFS
LOWEST, HIGHEST = -4.0, 3.0  # in units of 20 dB


class State(NamedTuple):
    """What is remembered: the sum of powers and its weight, and the fine structure of the last frames."""

    power: float = 0.0
    weight: float = 0.0
    fine: Numbers | None = None


def transform(sample_rate: int) -> Stft:
    """The frames of a recording: about 64 ms long, one about every 32 ms."""
    return Stft.of_duration(WINDOW_S, sample_rate, OVERLAP)


def powers(unit: Samples, tail: Samples, stft: Stft, sample_rate: int) -> tuple[Numbers, Samples]:
    """unit (channels, frames · hop) → mean power of the channels (frames, bins up to 7.8 kHz), next tail."""
    spectra, tail = stft.analyze(unit, tail)
    spectra = spectra[..., : _bins(stft.size, sample_rate)]
    power: Numbers = (spectra.real**2 + spectra.imag**2).mean(axis=0) / np.float32(stft.hop**2)
    return power, tail


def features(power: Numbers, sample_rate: int, stft: Stft, state: State) -> tuple[Numbers, State]:
    """power (frames, bins) of consecutive frames → (frames, 52) float32, and what to remember."""
    bands = power @ _mel(stft.size, sample_rate)
    level_db, state = _levels(bands.sum(axis=1, dtype=np.float64), stft.hop / sample_rate, state)
    relative = (power_db(bands + np.float32(SILENCE)) - level_db[:, None]) / 20
    tonal, fine = _tonality(power, stft.size, sample_rate, state.fine)
    heard = np.concatenate((np.clip(relative, LOWEST, HIGHEST), tonal), axis=1).astype(np.float32)
    heard[:, :BANDS][:, ~_present(stft.size, sample_rate)] = LOWEST
    return heard, state._replace(fine=fine)


def _levels(power: NDArray[np.float64], hop_s: float, state: State) -> tuple[NDArray[np.float64], State]:
    """Mean power so far in dB, older frames counting less; silent frames do not count."""
    from scipy.signal import lfilter

    keep = float(np.exp(-hop_s / LEVEL_MEMORY_S))
    audible = power > SILENCE
    kept = keep ** np.arange(int(audible.sum()) + 1)
    weights = state.weight * kept + (1 - kept)
    sums, _ = lfilter([1 - keep], [1, -keep], power[audible], zi=[keep * state.power])
    at = np.cumsum(audible)
    total, weight = np.concatenate(([state.power], sums))[at], weights[at]
    mean_db: NDArray[np.float64] = power_db(total / np.maximum(weight, SILENCE) + SILENCE)
    mean_db[weight == 0] = 0.0  # nothing was heard so far: all bands are at their lowest
    return mean_db, State(float(total[-1]), float(weight[-1]), state.fine) if power.size else state


def _tonality(power: Numbers, size: int, sample_rate: int, before: Numbers | None) -> tuple[Numbers, Numbers]:
    """Strength and lasting of the fine structure (frames, 12), and the fine structure of the last frames."""
    low, high = (_bin(hz, size, sample_rate) for hz in (RANGES_HZ[0][0], RANGES_HZ[-1][1]))
    decibels = power_db(power[:, low - AROUND : high + AROUND] + np.float32(SILENCE))
    sums = np.cumsum(np.pad(decibels, ((0, 0), (1, 0))), axis=1, dtype=np.float64)
    width = 2 * AROUND + 1
    local = (sums[:, width:] - sums[:, :-width]) / width
    fine = np.clip(decibels[:, AROUND : AROUND + local.shape[1]] - local, -MOST_DB, MOST_DB).astype(np.float32)
    frames = len(fine)
    line = np.concatenate((np.zeros((LAGS[-1], fine.shape[1]), np.float32) if before is None else before, fine))
    edges = [_bin(hz, size, sample_rate) - low for hz, _ in RANGES_HZ]
    square = np.add.reduceat(line * line, edges, axis=1)
    count = np.diff([*edges, fine.shape[1]])
    columns = [np.sqrt(square[LAGS[-1] :] / count) / 10]
    for lag in LAGS:
        there = line[LAGS[-1] - lag : LAGS[-1] - lag + frames]
        product = np.add.reduceat(fine * there, edges, axis=1)
        both = square[LAGS[-1] :] * square[LAGS[-1] - lag : LAGS[-1] - lag + frames]
        columns.append(product / np.sqrt(both + 1))
    return np.concatenate(columns, axis=1), line[-LAGS[-1] :].copy()


def _bins(size: int, sample_rate: int) -> int:
    """How many bins lie below the highest band's end."""
    return min(size // 2 + 1, round(HIGHEST_HZ * size / sample_rate) + 1)


def _bin(hz: float, size: int, sample_rate: int) -> int:
    """The bin at a frequency, with room for the local mean on both sides."""
    return min(max(round(hz * size / sample_rate), AROUND), size // 2 - AROUND)


@cache
def _mel(size: int, sample_rate: int) -> Numbers:
    """Triangles, equally spaced in mel: (bins, 40) float32, mean powers; read-only."""
    hz = np.arange(_bins(size, sample_rate), dtype=np.float64) * (sample_rate / size)
    edges = np.linspace(float(_to_mel(LOWEST_HZ)), float(_to_mel(HIGHEST_HZ)), BANDS + 2)
    at = _to_mel(hz)[:, None]
    rising, falling = (at - edges[:-2]) / np.diff(edges)[:-1], (edges[2:] - at) / np.diff(edges)[1:]
    weights: Numbers = np.maximum(np.minimum(rising, falling), 0).astype(np.float32)
    weights.flags.writeable = False
    return weights


def _to_mel(hz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    mel: NDArray[np.float64] = 2595 * np.log10(1 + np.asarray(hz, np.float64) / 700)
    return mel


@cache
def _present(size: int, sample_rate: int) -> NDArray[np.bool_]:
    """Which bands hold a bin: (40,); the others lie above half the sample rate; read-only."""
    there: NDArray[np.bool_] = np.any(_mel(size, sample_rate), axis=0)
    there.flags.writeable = False
    return there
