"""The deep filter in PyTorch, as it is trained; `pipeline/neural/deep_filter.py` computes the same without PyTorch.

It begins by changing nothing: its last map is zero.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, silu

from pipeline.neural.bands import STRIDE
from pipeline.neural.deep_filter import AHEAD, BINS, INPUTS, PAST, SIDE, TAPS, TOKENS, signs
from pipeline.neural.deep_filter_kernels import FAINT, LEAST
from training.data.spectra import power


class DeepFilter(nn.Module):
    """Corrections (batch, frames, 80), complex, to be added to the lowest bins of what the gains made.

    width : of the network's tokens; hidden, deep : numbers of its own two layers, for each bin
    """

    signs: Tensor

    def __init__(self, width: int, hidden: int = 64, deep: int = 64) -> None:
        super().__init__()
        self.enter = nn.Linear(INPUTS, hidden, bias=False)
        self.context = nn.Linear(width, STRIDE * hidden)
        self.place = nn.Parameter(torch.zeros(BINS, hidden))
        self.inner = nn.Linear(hidden, deep)
        self.leave = nn.Linear(deep, 2 * TAPS)
        self.register_buffer("signs", torch.from_numpy(signs().copy()), persistent=False)
        with torch.no_grad():
            self.leave.weight.zero_()
            self.leave.bias.zero_()

    def forward(self, estimate: Tensor, gains: Tensor, tokens: Tensor) -> Tensor:
        """estimate (batch, frames, 257), what the gains (batch, frames, 148) made of the noisy spectra; tokens (batch,
        frames, 37, width), normalised, from which the gains were made.
        """
        near = self._around(estimate) * self.signs
        strength = power(near)
        mean = strength.mean(-1, keepdim=True) + float(FAINT)
        share = strength / mean + float(LEAST)
        size = share.pow(0.25)
        unit = near * (share * mean).rsqrt()
        turned = size * unit * unit[..., TAPS // 2, None].conj()
        around = pad(gains[..., : BINS + SIDE], (SIDE, 0)).unfold(2, 2 * SIDE + 1, 1)
        hidden = self.enter(torch.cat((turned.real, turned.imag, size, around), -1))
        said = self.context(tokens[:, :, :TOKENS]).unflatten(-1, (STRIDE, -1)).flatten(2, 3)
        taps = self.leave(silu(self.inner(silu(hidden + said + self.place))))
        return (torch.complex(taps[..., :TAPS], taps[..., TAPS:]) * near).sum(-1)

    def _around(self, estimate: Tensor) -> Tensor:
        """(batch, frames, bins) → each of the lowest bins with its neighbours (batch, frames, 80, 15)."""
        padded = pad(estimate[..., : BINS + SIDE], (SIDE, 0, PAST, AHEAD))
        return padded.unfold(1, PAST + 1 + AHEAD, 1).unfold(2, 2 * SIDE + 1, 1).flatten(3)
