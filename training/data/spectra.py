"""Batches as tensors: what the network is given and the losses compare."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pipeline.neural.bands import interpolation

from .batches import BINS


class Spectra(NamedTuple):
    """A batch as tensors; magnitudes and complex spectra up to 8 kHz, powers of the bands above."""

    features: Tensor
    noisy: Tensor
    target: Tensor
    dry: Tensor
    noisy_above: Tensor
    target_above: Tensor
    dry_above: Tensor
    weight_above: Tensor

    def without_room(self) -> Spectra:
        """The same with the dry speech as the target."""
        return self._replace(target=self.dry, target_above=self.dry_above)


def power(spectrum: Tensor) -> Tensor:
    """Squared magnitude."""
    return spectrum.real.square() + spectrum.imag.square()


def to_bins(device: torch.device | str = "cpu") -> Tensor:
    """The matrix from the gains of all bands to those of the bins up to 8 kHz."""
    return torch.from_numpy(interpolation(2 * BINS - 2, 16_000).copy()).to(device)
