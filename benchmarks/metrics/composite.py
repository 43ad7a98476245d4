"""CSIG, CBAK, COVL: opinions of signal, background and the whole, composed of PESQ and three distances.

1. Y. Hu, P. C. Loizou, "Evaluation of objective quality measures for speech enhancement", IEEE TASLP 16(1), 2008.
2. D. H. Klatt, "Prediction of perceived phonetic distance from critical-band spectra", ICASSP 1982.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .distances import Signal, frames, segmental_snr

Values = NDArray[np.float64]
ORDER = 16  # of the linear prediction, at 16 kHz
KEPT = 0.95  # of the frames: the worst 5 % are left out
# Centre and width of 25 critical bands, Hz [2, as in Loizou's programs].
CENTRES = np.array([
    50, 120, 190, 260, 330, 400, 470, 540, 617.372, 703.378, 798.717, 904.128, 1020.38, 1148.30, 1288.72, 1442.54,
    1610.70, 1794.16, 1993.93, 2211.08, 2446.71, 2701.97, 2978.04, 3276.17, 3597.63,
])  # fmt: skip
WIDTHS = np.array([
    70, 70, 70, 70, 70, 70, 70, 77.3724, 86.0056, 95.3398, 105.411, 116.256, 127.914, 140.423, 153.823, 168.154,
    183.457, 199.776, 217.153, 235.631, 255.255, 276.072, 298.126, 321.465, 346.136,
])  # fmt: skip


def composite(pesq: float, reference: Signal, y: Signal, sample_rate: int) -> dict[str, float]:
    """csig, cbak, covl, each from 1 to 5 [1, table VI]."""
    llr, wss = log_likelihood_ratio(reference, y, sample_rate), weighted_slope(reference, y, sample_rate)
    snr = segmental_snr(reference, y, sample_rate)
    found = {
        "csig": 3.093 - 1.029 * llr + 0.603 * pesq - 0.009 * wss,
        "cbak": 1.634 + 0.478 * pesq - 0.007 * wss + 0.063 * snr,
        "covl": 1.594 + 0.805 * pesq - 0.512 * llr - 0.007 * wss,
    }
    return {name: float(np.clip(value, 1, 5)) for name, value in found.items()}


def log_likelihood_ratio(reference: Signal, y: Signal, sample_rate: int) -> float:
    """How badly the predictor of `y` predicts the reference, against the reference's own."""
    correlation, own = _predictor(frames(_floored(reference), sample_rate))
    _, other = _predictor(frames(_floored(y), sample_rate))
    lags = np.abs(np.arange(ORDER + 1)[:, None] - np.arange(ORDER + 1))
    matrix = correlation[:, lags]
    with np.errstate(all="ignore"):
        left, least = (np.einsum("ni,nij,nj->n", a, matrix, a) for a in (other, own))
        ratio = np.nan_to_num(np.log(left / least), nan=2.0, posinf=2.0, neginf=0.0)
    return _without_the_worst(ratio)


def _predictor(cut: Values) -> tuple[Values, Values]:
    """Autocorrelation and prediction-error filter (frames, ORDER + 1) by Levinson's recursion."""
    r = np.stack([(cut[:, : cut.shape[1] - k] * cut[:, k:]).sum(1) for k in range(ORDER + 1)], axis=1)
    a = np.zeros_like(r)
    a[:, 0] = 1
    error = r[:, 0] + 1e-30
    for i in range(1, ORDER + 1):
        k = -(r[:, i] + (a[:, 1:i] * r[:, i - 1 : 0 : -1]).sum(1)) / error
        before = a.copy()
        a[:, 1:i] += k[:, None] * before[:, i - 1 : 0 : -1]
        a[:, i] = k
        error = error * (1 - k * k) + 1e-30
    return r, a


def weighted_slope(reference: Signal, y: Signal, sample_rate: int) -> float:
    """Klatt's weighted slope distance between critical-band spectra [2]."""
    s, x = _bands(reference, sample_rate), _bands(y, sample_rate)
    slope_s, slope_x = np.diff(s, axis=1), np.diff(x, axis=1)
    weight = (_weights(s, slope_s) + _weights(x, slope_x)) / 2
    return _without_the_worst((weight * (slope_s - slope_x) ** 2).sum(1) / weight.sum(1))


def _bands(x: Signal, sample_rate: int) -> Values:
    """Levels (frames, bands) in dB."""
    cut = frames(_floored(x), sample_rate)
    size = 2 ** int(np.ceil(np.log2(2 * cut.shape[1])))
    half = size // 2
    centre, width = np.floor(CENTRES / (sample_rate / 2) * half), WIDTHS / (sample_rate / 2) * half
    away = (np.arange(half) - centre[:, None]) / width[:, None]
    filters = np.exp(-11 * away**2) * (WIDTHS[0] / WIDTHS)[:, None]
    filters *= filters > np.exp(-30 / (2 * 2.303))
    power = np.abs(np.fft.rfft(cut, size, axis=1)[:, :half]) ** 2
    levels: Values = 10 * np.log10(np.maximum(power @ filters.T, 1e-10))
    return levels


def _weights(levels: Values, slopes: Values) -> Values:
    """Large near the spectrum's highest band and near the peak that a slope belongs to."""
    below = levels[:, :-1]
    highest: Values = 20 / (20 + levels.max(1, keepdims=True) - below)
    return highest / (1 + _peaks(levels, slopes) - below)


def _peaks(levels: Values, slopes: Values) -> Values:
    """Level of the peak that each slope leads to: upwards while it rises, else where it came from."""
    count = slopes.shape[1]
    up, down = np.empty(slopes.shape, np.intp), np.empty(slopes.shape, np.intp)
    end, start = np.full(len(slopes), count), np.full(len(slopes), -1)
    for i in range(count):
        start = np.where(slopes[:, i] > 0, i, start)
        down[:, i] = start
        k = count - 1 - i
        end = np.where(slopes[:, k] > 0, end, k)
        up[:, k] = end
    rows = np.arange(len(slopes))[:, None]
    return np.where(slopes > 0, levels[rows, np.maximum(up - 1, 0)], levels[rows, down + 1])


def _floored(x: Signal) -> Values:
    """Digital silence has no logarithm."""
    return x.astype(np.float64) + np.finfo(np.float64).eps


def _without_the_worst(values: Values) -> float:
    return float(np.sort(values)[: max(1, round(KEPT * len(values)))].mean())
