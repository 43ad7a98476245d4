"""How loud what is wrong with the speech is against the speech: about what SI-SDR measures."""

from __future__ import annotations

import torch
from torch import Tensor

from training.data.spectra import Spectra, power

LEAST = 1e-3  # of the speech's power; what is better than 30 dB is good enough
SPEECH_IN_NOISE = 0.01  # where there is no speech, a hundredth of the noise stands for it


def distortion_loss(gains: Tensor, batch: Spectra, bins: Tensor) -> Tensor:
    """Up to 8 kHz, in dB, mean over the batch; of gains (batch, frames, 148) applied to the noisy spectra."""
    return distortion_loss_of(batch.noisy * (gains @ bins), batch)


def distortion_loss_of(estimate: Tensor, batch: Spectra) -> Tensor:
    """The same of what the speech was estimated to be, spectra (batch, frames, 257)."""
    speech = power(batch.target).sum((1, 2))
    wrong = power(estimate - batch.target).sum((1, 2))
    there = torch.maximum(speech, SPEECH_IN_NOISE * power(batch.noisy).sum((1, 2))) + 1e-8
    return 10 * torch.log10(wrong / there + LEAST).mean()
