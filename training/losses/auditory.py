"""A loss after models of hearing: loudness errors that count added sounds more, and envelopes that must correlate.

The first half follows the cognitive model of PESQ as PMSQE does: powers in critical bands → Zwicker's loudness →
error beyond a dead zone, once as it is and once weighted by how much was added. Critical bands and the threshold in
quiet are computed by formula, time alignment and equalisation are left out. The second half is ESTOI, on frames of
16 ms.

1. J. M. Martín-Doñas et al., "A deep learning loss function based on the perceptual evaluation of the speech quality",
   IEEE Signal Processing Letters 25(11), 2018.
2. J. Jensen, C. H. Taal, "An algorithm for predicting the intelligibility of speech masked by modulated noise maskers",
   IEEE/ACM TASLP 24(11), 2016.
3. E. Terhardt, "Calculating virtual pitch", Hearing Research 1, 1979: threshold in quiet. H. Traunmüller, "Analytical
   expressions for the tonotopic sensory scale", JASA 88, 1990: Bark.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from pipeline.neural.bands import SPACING_HZ
from training.data.batches import BINS
from training.data.spectra import Spectra, power

BARK_BANDS = 42
LISTENING_DB = 79.0  # sound pressure level of the active speech
ASYMMETRIC_SHARE = 0.309  # PESQ's 0.0309 to 0.1
ENVELOPE_FRAMES = 24  # 384 ms, as in ESTOI
ENVELOPE_SHARE = 4.0


def auditory_loss(gains: Tensor, batch: Spectra, bins: Tensor) -> Tensor:
    """Loss of gains (batch, frames, 148) applied to the noisy spectra; some 1 to 3 where speech is buried."""
    return auditory_loss_of(power(batch.noisy) * (gains @ bins).square(), batch)


def auditory_loss_of(estimate: Tensor, batch: Spectra) -> Tensor:
    """The same of what the speech was estimated to be, powers (batch, frames, 257)."""
    speech = power(batch.target)
    active = _active(speech)
    count = active.sum() + 1.0
    level = ((speech.sum(-1) * active).sum(1) / (active.sum(1) + 1e-6) + 1e-9)[:, None, None]
    scale = 10 ** (LISTENING_DB / 10) / level
    disturbance = _disturbance(estimate * scale, speech * scale)
    envelope = _envelope_loss(estimate / level, speech / level, active)
    return (disturbance * active).sum() / count + ENVELOPE_SHARE * envelope


def _active(speech: Tensor) -> Tensor:
    """1 for frames within 40 dB of the loudest, (batch, frames)."""
    total = speech.sum(-1)
    return ((total > 1e-4 * total.amax(1, keepdim=True)) & (total > 1e-6)).float()


@cache
def _bark_bands(device: torch.device) -> tuple[Tensor, Tensor]:
    """Bins → critical bands (257, 42), and the threshold in quiet per band (42,), as powers."""
    f = np.maximum(np.arange(BINS) * SPACING_HZ, 20.0)
    bark = 26.81 * f / (1960 + f) - 0.53
    centres = np.linspace(bark[2], bark[-1], BARK_BANDS)
    step = centres[1] - centres[0]
    triangles = np.maximum(0, 1 - np.abs(bark[:, None] - centres) / step)
    centre_khz = 1.96 * (centres + 0.53) / (26.28 - centres)
    quiet_db = 3.64 * centre_khz**-0.8 - 6.5 * np.exp(-0.6 * (centre_khz - 3.3) ** 2) + 1e-3 * centre_khz**4
    bands, quiet = triangles.astype(np.float32), (10 ** (quiet_db / 10)).astype(np.float32)
    return torch.from_numpy(bands).to(device), torch.from_numpy(quiet).to(device)


def _disturbance(estimate: Tensor, speech: Tensor) -> Tensor:
    """Symmetric and asymmetric loudness error per frame, (batch, frames)."""
    bands, quiet = _bark_bands(speech.device)
    degraded, reference = estimate @ bands, speech @ bands
    loudness, reference_loudness = _loudness(degraded, quiet), _loudness(reference, quiet)
    zone = 0.25 * torch.minimum(loudness, reference_loudness)
    error = torch.nn.functional.relu((loudness - reference_loudness).abs() - zone)
    floor = 10 ** (2.5)  # as PESQ's constant of 50, on this scale
    weight = ((degraded + floor) / (reference + floor)).pow(1.2)
    weight = torch.where(weight < 3, torch.zeros_like(weight), weight.clamp(max=12.0))
    symmetric = (error.square().mean(-1) + 1e-6).sqrt()
    return symmetric + ASYMMETRIC_SHARE * (error * weight.detach()).mean(-1)


def _loudness(power: Tensor, quiet: Tensor) -> Tensor:
    """Zwicker's law, in sone per band."""
    return 0.187 * (quiet / 0.5).pow(0.23) * ((0.5 + 0.5 * power / quiet).pow(0.23) - 1).clamp(min=0)


@cache
def _third_octaves(device: torch.device) -> Tensor:
    """Bins → the 15 one-third octave bands of ESTOI, from 150 Hz, (257, 15)."""
    centres = 150 * 2 ** (np.arange(15) / 3)
    f = np.arange(BINS)[:, None] * SPACING_HZ
    inside = (f >= centres * 2 ** (-1 / 6)) & (f < centres * 2 ** (1 / 6))
    return torch.from_numpy(inside.astype(np.float32)).to(device)


def _envelope_loss(estimate: Tensor, speech: Tensor, active: Tensor) -> Tensor:
    """1 - ESTOI over stretches of 24 frames in which speech is mostly active."""
    bands = _third_octaves(speech.device)
    x, y = ((spectrum @ bands + 1e-9).sqrt().unfold(1, ENVELOPE_FRAMES, 6) for spectrum in (speech, estimate))
    x, y = _normalised(x), _normalised(y)
    weight = (active.unfold(1, ENVELOPE_FRAMES, 6).mean(-1) > 0.5).float()
    correlation = (x * y).sum((-1, -2)) / ENVELOPE_FRAMES
    return ((1 - correlation) * weight).sum() / (weight.sum() + 1.0)


def _normalised(x: Tensor) -> Tensor:
    """(batch, stretches, 15, 24): rows, then columns, of mean zero and norm one."""
    x = x - x.mean(-1, keepdim=True)
    x = x / (x.norm(dim=-1, keepdim=True) + 1e-6)
    x = x - x.mean(-2, keepdim=True)
    return x / (x.norm(dim=-2, keepdim=True) + 1e-6)
