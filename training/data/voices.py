"""Sounds of a voice that recordings of reading lack: whispers, and breaths between the words.

Both are made from noise. A whisper has the spectral envelope of the speech that it is made of, by its cepstrum; a
breath has a few broad resonances, and rises more slowly than it falls.

1. R. W. Morris, M. A. Clements, "Reconstruction of speech from whispers", Medical Engineering & Physics 24, 2002: what
   a whisper lacks against speech.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from pipeline.dsp.stft import Stft

from .corpus import Generator, Samples

WINDOW_S = 0.024
ENVELOPE_S = 0.0015  # of the cepstrum; pitch lies beyond
FLATTER_DB_PER_OCTAVE = 3.0  # a whisper's low formants are weaker
BREATH_S = (0.15, 0.6)
BREATH_DB = (-30.0, -14.0)  # against the speech
PAUSE_S = 0.12
PAUSE_DB = -35.0


def whispered(x: Samples, sample_rate: int, rng: Generator) -> Samples:
    """x (n,) as a whisper: its envelope, frame by frame, over noise."""
    stft = Stft.of_duration(WINDOW_S, sample_rate, 4)
    whole = -(-len(x) // stft.hop) * stft.hop
    padded = np.pad(x, (0, whole + stft.tail - len(x)))[None]
    count = padded.shape[1] // stft.hop * stft.hop
    spectra, _ = stft.analyze(padded[:, :count], stft.silence(1))
    cepstra = fft.irfft(np.log(np.abs(spectra[0]) + 1e-6), stft.size, axis=1)
    kept = round(ENVELOPE_S * sample_rate)
    cepstra[:, kept : -kept + 1] = 0
    envelope = np.exp(fft.rfft(cepstra, axis=1).real)
    octaves = np.log2(np.maximum(np.arange(stft.bins) * sample_rate / stft.size, 100) / 1000)
    envelope *= 10 ** (np.minimum(octaves, 1.5) * FLATTER_DB_PER_OCTAVE / 20)
    noise = rng.normal(size=envelope.shape) + 1j * rng.normal(size=envelope.shape)
    y, _ = stft.synthesize((envelope * noise)[None].astype(np.complex64), stft.silence(1))
    out: Samples = y[0, stft.tail : stft.tail + len(x)].astype(np.float32)
    return np.pad(out, (0, len(x) - len(out)))


def breath(sample_rate: int, rng: Generator) -> Samples:
    """Air drawn in or let out, at a root mean square of one."""
    n = int(rng.uniform(*BREATH_S) * sample_rate)
    spectrum = fft.rfft(rng.normal(size=n).astype(np.float32))
    f = np.arange(len(spectrum)) * sample_rate / n
    shape = np.full(len(f), 0.1)
    for centre in rng.uniform((400, 1200, 2200, 4000), (1000, 2200, 4000, 7000)):
        width = centre * rng.uniform(0.2, 0.6)
        shape += rng.uniform(0.2, 1) / (1 + ((f - centre) / width) ** 2)
    shape *= 1 / np.sqrt(1 + (f / rng.uniform(3000, 9000)) ** 4) * np.minimum(1, f / 250)
    t = np.arange(n) / n
    peak = rng.uniform(0.4, 0.8)
    swell = np.minimum(t / peak, (1 - t) / (1 - peak)) ** rng.uniform(0.5, 1.5)
    x = fft.irfft(spectrum * shape, n) * swell
    y: Samples = (x / (np.sqrt((x**2).mean()) + 1e-9)).astype(np.float32)
    return y


def breathing(x: Samples, sample_rate: int, rng: Generator) -> Samples:
    """x (n,) with breaths in its pauses."""
    step = sample_rate // 50
    power = (x[: len(x) // step * step].reshape(-1, step) ** 2).mean(axis=1)
    if not power.any():
        return x
    speech = power[power > 1e-3 * power.max()].mean()
    y = x.copy()
    quiet = np.flatnonzero(np.diff(np.pad((power < speech * 10 ** (PAUSE_DB / 10)).astype(int), 1)))
    for start, stop in quiet.reshape(-1, 2):
        if (stop - start) * step < PAUSE_S * sample_rate or rng.random() < 0.3:
            continue
        air = breath(sample_rate, rng)[: (stop - start) * step]
        at = start * step + int(rng.integers((stop - start) * step - len(air) + 1))
        fade = min(len(air) // 4, sample_rate // 50)
        air[len(air) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
        y[at : at + len(air)] += air * np.float32(np.sqrt(speech) * 10 ** (rng.uniform(*BREATH_DB) / 20))
    return y
