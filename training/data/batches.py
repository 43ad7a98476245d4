"""Batches of mixtures as spectra."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dsp.stft import Stft
from pipeline.neural.bands import BELOW_SPLIT, OVERLAP, WINDOW_S, averaging, centres_hz, present
from pipeline.neural.features import RunningLevel, features

from .mixing import Mixer, Mixture

BINS = 257  # up to 8 kHz, at any rate


class Batch(NamedTuple):
    """features (batch, frames, 148) and, up to 8 kHz, noisy, target and dry spectra (batch, frames, 257) complex64
    scaled to a common loudness; above, powers of bands (batch, frames, 16), and weight (batch, 16): 0 where nothing
    is known.
    """

    features: NDArray[np.float32]
    noisy: NDArray[np.complex64]
    target: NDArray[np.complex64]
    dry: NDArray[np.complex64]
    noisy_above: NDArray[np.float32]
    target_above: NDArray[np.float32]
    dry_above: NDArray[np.float32]
    weight_above: NDArray[np.float32]


def as_spectra(mixture: Mixture, sample_rate: int) -> Batch:
    """One item of a batch, without the batch's axis."""
    stft = Stft.of_duration(WINDOW_S, sample_rate, OVERLAP)
    whole = len(mixture.noisy) // stft.hop * stft.hop
    noisy, target, dry = (stft.analyze(x[None, :whole], stft.silence(1))[0][0] for x in mixture[:3])
    powers = [x.real**2 + x.imag**2 for x in (noisy, target, dry)]
    inputs, _ = features(powers[0], sample_rate, stft.size, RunningLevel())
    # The loss sees every recording at the same loudness, whatever its level and rate.
    scale = np.float32(1 / np.sqrt(powers[0][:, :BINS].mean() + 1e-20))
    average = averaging(stft.size, sample_rate)[:, BELOW_SPLIT:]
    noisy_above, target_above, dry_above = ((power @ average) * scale**2 for power in powers)
    known = present(stft.size, sample_rate)[BELOW_SPLIT:] & (centres_hz()[BELOW_SPLIT:] < mixture.bandwidth_hz * 0.95)
    known &= sample_rate > 2 * centres_hz()[BELOW_SPLIT + 1]
    return Batch(
        inputs,
        noisy[:, :BINS] * scale,
        target[:, :BINS] * scale,
        dry[:, :BINS] * scale,
        noisy_above,
        target_above,
        dry_above,
        known.astype(np.float32),
    )


def make(mixers: dict[int, Mixer], size: int, full_band: int, rng: np.random.Generator) -> Batch:
    """A batch of `size` mixtures, `full_band` of them at 48 kHz."""
    rates = [48_000] * full_band + [16_000] * (size - full_band)
    items = [as_spectra(mixers[rate].draw(rng), rate) for rate in rates]
    return Batch(*(np.stack(part) for part in zip(*items, strict=True)))


def open_mixers(folder: Path, seconds: float, held_out: bool = False) -> dict[int, Mixer]:
    """A mixer per rate."""
    return {rate: Mixer.open(folder, rate, seconds, held_out) for rate in (16_000, 48_000)}
