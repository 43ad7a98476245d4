"""Distances that need nothing but the two signals: SI-SDR, segmental SNR, log spectra, what is left of the high band.

1. J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey, "SDR – half-baked or well done?", ICASSP 2019.
2. P. C. Loizou, "Speech Enhancement: Theory and Practice", CRC Press 2007, chapter 10.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float32]
Spectra = NDArray[np.complex128]
FRAME_S, OVERLAP = 0.03, 0.75
SEGMENT_DB = (-10.0, 35.0)
MOST_DB = 100.0
SIZE, HOP = 2048, 512  # of the full-band spectra
VOICE_HZ, HIGH_HZ = (200.0, 4000.0), (8200.0, 20_000.0)
FLOOR = 1e-6  # 60 dB under the reference's highest bin
GONE = 1e-4


def si_sdr(reference: Signal, y: Signal) -> float:
    """Scale-invariant signal-to-distortion ratio in dB, at most 100 [1, equation 3]."""
    s, x = (signal.astype(np.float64) - signal.mean() for signal in (reference, y))
    target = (s @ x) / (s @ s + 1e-20) * s
    error = x - target
    return float(min(MOST_DB, 10 * np.log10((target @ target + 1e-20) / (error @ error + 1e-20))))


def frames(x: Signal | NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """(n,) → (frames, 30 ms), windowed as Loizou's programs do it."""
    length = round(FRAME_S * sample_rate)
    hop = int((1 - OVERLAP) * length)
    window = 0.5 * (1 - np.cos(2 * np.pi * np.arange(1, length + 1) / (length + 1)))
    count = int(len(x) / hop - length / hop)
    cut: NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), length)[::hop][:count]
    return cut * window


def segmental_snr(reference: Signal, y: Signal, sample_rate: int) -> float:
    """Mean over frames of the signal-to-noise ratio in dB, each held between -10 and 35 [2]."""
    s, x = frames(reference, sample_rate), frames(y, sample_rate)
    ratio = (s**2).sum(1) / (((s - x) ** 2).sum(1) + 1e-10)
    return float(np.clip(10 * np.log10(ratio + 1e-10), *SEGMENT_DB).mean())


def full_band(reference: Signal, y: Signal, sample_rate: int) -> dict[str, float]:
    """Both signals at one level between 0.2 and 4 kHz, so that a mere gain costs nothing:

    hf_keep_db : gain of the reference's own 8.2 to 20 kHz found in `y`; 0 = all is there, -80 = none
    lsd_fb : log-spectral distance up to 20 kHz in dB, both spectra over a floor 60 dB under the reference's peak
    """
    s, x = _spectra(reference), _spectra(y)
    hz = np.arange(s.shape[1]) * sample_rate / SIZE
    voice = max(_gain(s, x, hz, *VOICE_HZ), FLOOR)
    high = _gain(s, x, hz, *HIGH_HZ) / voice
    audible = hz <= HIGH_HZ[1]
    a, b = np.abs(s[:, audible]) ** 2, np.abs(x[:, audible] / voice) ** 2
    floor = a.max() * FLOOR
    distance = 10 * np.log10((a + floor) / (b + floor))
    return {
        "hf_keep_db": float(20 * np.log10(max(high, GONE))),
        "lsd_fb": float(np.sqrt((distance**2).mean(1)).mean()),
    }


def _spectra(x: Signal) -> Spectra:
    cut = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), SIZE)[::HOP]
    spectra: Spectra = np.fft.rfft(cut * np.hanning(SIZE), axis=1)
    return spectra


def _gain(s: Spectra, x: Spectra, hz: NDArray[np.float64], low: float, high: float) -> float:
    """With what factor `s` is found in `x`, by least squares, in a band."""
    band = (hz >= low) & (hz <= high)
    return float(np.abs((np.conj(s[:, band]) * x[:, band]).sum()) / ((np.abs(s[:, band]) ** 2).sum() + 1e-20))
