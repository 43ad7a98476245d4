"""What training makes small.

Magnitudes are compressed by a power of 0.3, as loudness is; in them too little speech counts more than too much noise.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pipeline.neural.bands import BELOW_SPLIT
from training.data.spectra import Spectra, power

COMPRESSION = 0.3
COMPLEX_SHARE = 0.3
EATEN_SPEECH = 0.5  # weight on top, where the magnitude is lower than the speech's
ABOVE_SHARE = 0.25  # of the bands above 8 kHz
PROTECTION = 70.0  # of cells in which speech is clearly there
PROTECTED_GAIN = 0.42  # no protected cell should lose more than 7.5 dB: a margin to the 10 dB that count as eaten
VOICE_BIN = 2  # below 47 Hz is rumble and no voice: what is left of it is not for the network to say
PROTECTED_RANGE = 1e-3  # down to 30 dB below the loudest cell of speech


def compressed(magnitude: Tensor) -> Tensor:
    """magnitude^0.3, with a finite slope at zero."""
    return (magnitude.square() + 1e-8).pow(COMPRESSION / 2)


def spectral_loss(gains: Tensor, batch: Spectra, bins: Tensor) -> Tensor:
    """Compressed magnitude and complex error of gains (batch, frames, 148) applied to the noisy spectra."""
    gain = gains @ bins
    magnitude = batch.noisy.abs()
    # The angle is that of the noisy spectra: gains do not turn it.
    spectral = _compared(magnitude * gain, _cosine(batch.noisy, magnitude, batch), batch, COMPLEX_SHARE)
    return spectral + above_loss(gains, batch) + PROTECTION * _eaten(gain, batch)


def spectral_loss_of(estimate: Tensor, batch: Spectra, complex_share: float = COMPLEX_SHARE) -> Tensor:
    """The same of what the speech was estimated to be up to 8 kHz, spectra (batch, frames, 257)."""
    magnitude = (power(estimate) + 1e-12).sqrt()
    spectral = _compared(magnitude, _cosine(estimate, magnitude, batch), batch, complex_share)
    return spectral + PROTECTION * _eaten(magnitude / (batch.noisy.abs() + 1e-6), batch)


def _cosine(spectra: Tensor, magnitude: Tensor, batch: Spectra) -> Tensor:
    """Of the angle between spectra and the speech's."""
    return (spectra * batch.target.conj()).real / (magnitude * batch.target.abs() + 1e-8)


def _compared(magnitude: Tensor, cosine: Tensor, batch: Spectra, complex_share: float) -> Tensor:
    """Errors of the compressed magnitude, and of the compressed complex spectra."""
    estimate, speech = compressed(magnitude), compressed(batch.target.abs())
    error = estimate - speech
    lost = (error.square() + EATEN_SPEECH * torch.clamp(-error, min=0).square()).mean()
    # |a - b|² of the compressed complex spectra = error² + 2 |a| |b| (1 - cos of the angle between them)
    both = (error.square() + 2 * estimate * speech * (1 - cosine)).mean()
    return (1 - complex_share) * lost + complex_share * both


def _eaten(gain: Tensor, batch: Spectra) -> Tensor:
    """How far gains (batch, frames, 257) fall below what cells of speech may lose.

    Not squared: what counts is how many cells are eaten, not how thoroughly.
    """
    speech, noise = (power(spectrum) for spectrum in (batch.target, batch.noisy - batch.target))
    cells = (speech > noise) & (speech > PROTECTED_RANGE * speech.amax((1, 2), keepdim=True))
    return (torch.clamp(PROTECTED_GAIN - gain, min=0) * cells)[..., VOICE_BIN:].mean()


def above_loss(gains: Tensor, batch: Spectra) -> Tensor:
    """The same magnitude error in the bands above 8 kHz, where the speech's recording reaches so high."""
    noisy = (batch.noisy_above + 1e-10).sqrt()
    error = compressed(noisy * gains[:, :, BELOW_SPLIT:]) - compressed((batch.target_above + 1e-10).sqrt())
    cost = error.square() + EATEN_SPEECH * torch.clamp(-error, min=0).square()
    weight = batch.weight_above[:, None, :]
    return ABOVE_SHARE * (cost * weight).sum() / (weight.sum() * cost.shape[1] + 1.0)
