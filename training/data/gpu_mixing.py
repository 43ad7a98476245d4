"""Mixtures and their spectra on a GPU: what `mixing.py` and `batches.py` do one by one, for a whole batch.

The band limit is applied to spectra here, before clipping and coarse steps there.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.dsp.stft import Stft
from pipeline.neural.bands import BELOW_SPLIT, OVERLAP, SPACING_HZ, SPLIT_HZ, WINDOW_S, averaging, centres_hz, present
from pipeline.neural.features import LEVEL_MEMORY_S, LOWEST, SILENCE

from .batches import BINS
from .mixing import draw_recipe
from .spectra import Spectra, power


def draw_recipes(size: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(size, fields of Recipe)."""
    return np.array([draw_recipe(rng) for _ in range(size)], np.float32)


def mix(speech: Tensor, noise: Tensor, recipes: Tensor) -> Tensor:
    """speech (batch, 3, n), noise (batch, n), recipes (batch, fields of Recipe) → noisy, target, dry (batch, 3, n)."""
    speech_there, noise_there, snr_db, _, peak_db, ceiling, step = recipes[:, :, None].unbind(1)
    speech = speech * speech_there[:, None]
    whole = speech.shape[-1] // 160 * 160
    frames = speech[:, 0, :whole].unflatten(1, (-1, 160)).square().mean(-1)
    active = (frames > 1e-3 * frames.amax(1, keepdim=True) + 1e-12).float()
    count = active.sum(1, keepdim=True)
    level = torch.where(count > 0, ((frames * active).sum(1, keepdim=True) / count.clamp(min=1)).sqrt(), 0.1)
    scale = level * 10 ** (-snr_db / 20) / (noise.square().mean(1, keepdim=True).sqrt() + 1e-9)
    noisy = speech[:, 0] + noise * (scale * noise_there)
    peak = 10 ** (peak_db / 20)
    gain = peak / (noisy.abs().amax(1, keepdim=True) + 1e-9)
    noisy, ceiling, step = noisy * gain, ceiling * peak, step * peak
    noisy = torch.minimum(torch.maximum(noisy, -ceiling), ceiling)
    noisy = torch.where(step > 0, torch.round(noisy / step.clamp(min=1e-9)) * step, noisy)
    return torch.cat((noisy[:, None], speech[:, 1:] * gain[:, None]), 1)


class Analysis:
    """From waveforms at one rate to what the network hears and the losses compare."""

    def __init__(self, sample_rate: int, device: torch.device | str) -> None:
        self.sample_rate = sample_rate
        stft = Stft.of_duration(WINDOW_S, sample_rate, OVERLAP)
        self.size, self.hop = stft.size, stft.hop
        self.window = torch.from_numpy(stft.window.copy()).to(device)
        self.averaging = torch.from_numpy(averaging(self.size, sample_rate).copy()).to(device)
        self.absent = torch.from_numpy(~present(self.size, sample_rate)).to(device)
        self.frequency = torch.arange(self.size // 2 + 1, device=device) * (sample_rate / self.size)
        above = centres_hz()[BELOW_SPLIT:]
        self.above = torch.from_numpy(above.astype(np.float32)).to(device)
        reached = present(self.size, sample_rate)[BELOW_SPLIT:] & (sample_rate > 2 * centres_hz()[BELOW_SPLIT + 1])
        self.reached = torch.from_numpy(reached).to(device)

    def __call__(self, waveforms: Tensor, cut_hz: Tensor, bandwidth_hz: Tensor) -> Spectra:
        """waveforms (batch, 3, n): noisy, target, dry; cut_hz, bandwidth_hz (batch,)."""
        x = waveforms[..., : waveforms.shape[-1] // self.hop * self.hop]
        frames = torch.nn.functional.pad(x, (self.size - self.hop, 0)).unfold(-1, self.size, self.hop)
        spectra = torch.fft.rfft(frames * self.window)
        limit = torch.rsqrt(1 + (self.frequency / cut_hz[:, None]).clamp(max=8) ** 40)
        spectra = spectra * limit[:, None, None]
        powers = power(spectra)
        inputs = self.features(powers[:, 0])
        scale = torch.rsqrt(powers[:, 0, :, :BINS].mean((1, 2)) + 1e-20)[:, None, None]
        noisy, target, dry = (spectra[..., :BINS] * scale[:, None]).unbind(1)
        above = (powers @ self.averaging[:, BELOW_SPLIT:]) * scale[:, None] ** 2
        noisy_above, target_above, dry_above = above.unbind(1)
        known = self.reached & (self.above < 0.95 * bandwidth_hz[:, None])
        return Spectra(inputs, noisy, target, dry, noisy_above, target_above, dry_above, known.float())

    def features(self, powers: Tensor) -> Tensor:
        """(batch, frames, bins) → (batch, frames, 148), as `pipeline.neural.features.features` does."""
        scaled = powers * (1 / self.hop**2)
        below = round(SPLIT_HZ * self.size / self.sample_rate) + 1
        share = self.sample_rate / self.size / SPACING_HZ / (SPLIT_HZ / SPACING_HZ + 1)
        speech_power = scaled[..., :below].sum(-1) * share
        audible = (speech_power > SILENCE).float()
        age = audible.cumsum(1)
        decay = self.hop / self.sample_rate / LEVEL_MEMORY_S
        ages = age[:, :, None] - age[:, None, :]
        memory = torch.tril(torch.exp(-decay * ages.clamp(min=0))) * audible[:, None, :]
        keep = float(np.exp(-decay))
        sums = (1 - keep) * (memory @ speech_power[..., None])[..., 0]
        weights = -torch.expm1(-decay * age)
        mean_db = 10 * torch.log10(sums / weights.clamp(min=SILENCE) + SILENCE)
        decibels = 10 * torch.log10(scaled @ self.averaging + SILENCE) - mean_db[..., None]
        return (decibels / 20).clamp(min=LOWEST).masked_fill(self.absent, LOWEST)
