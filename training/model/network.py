"""The denoiser's network in PyTorch, as it is trained; `pipeline/neural/network.py` computes the same without PyTorch.

features (frames, 148 bands)
  → patches of 8 bands every 4, 5 frames (2 of them ahead) → 37 tokens of `width` numbers per frame
  → blocks: a gated linear recurrence along time in every token, some of whose channels come from `shift` frames later,
    then a gated linear map between the tokens; half way, and before the last block, one wide recurrence over all
    tokens together
  → 4 gains per token, from it and its neighbours; and 4 more that take the room away as well

All recurrences are linear in their state (like minGRU), so that everything but one multiplication and addition per
number is a large matrix product. Weights are shared between tokens, norms and maps between tokens are not.

1. L. Feng et al., "Were RNNs all we needed?", arXiv:2410.01201 (2024): minGRU.
2. H. Liu et al., "Pay attention to MLPs", NeurIPS 2021: the gated map between tokens.
3. J. Lin et al., "TSM: temporal shift module for efficient video understanding", ICCV 2019: a look ahead that costs
   no multiplication.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pipeline.neural.bands import PATCH, STRIDE, TOKENS
from pipeline.neural.features import LOWEST

from .scan import gated_scan, rms_norm
from .shape import Shape


def _keep_bias(width: int) -> Tensor:
    """Time constants from about one frame to two seconds, spread over the channels."""
    frames = torch.logspace(0, 2.1, width)
    return torch.logit(torch.exp(-1 / frames))


class Recurrence(nn.Module):
    """x + W_out · gated_scan(W_in · norm(x)), along time, in every token by itself; `shift` frames fewer than x has."""

    def __init__(self, tokens: int, width: int, look: int = 0, shift: int = 0) -> None:
        super().__init__()
        self.look, self.shift = look, shift
        self.norm = nn.Parameter(torch.ones(tokens, width))
        self.enter = nn.Linear(width, 3 * width)
        self.leave = nn.Linear(width, width, bias=False)
        with torch.no_grad():
            self.enter.bias.zero_()
            self.enter.bias[width : 2 * width] = _keep_bias(width)
            self.leave.weight.mul_(0.5)

    def forward(self, x: Tensor) -> Tensor:
        """x (batch, frames, tokens, width)."""
        y = rms_norm(x, self.norm)
        if self.shift:
            y = torch.cat((y[:, self.shift :, :, : self.look], y[:, : -self.shift, :, self.look :]), dim=-1)
            x = x[:, : -self.shift]
        return x + self.leave(gated_scan(self.enter(y)))


class Exchange(nn.Module):
    """x + W_out · (silu(u) · (M v + bias)) with u, v = W_in · norm(x): M mixes the tokens of a frame."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.Parameter(torch.ones(TOKENS, width))
        self.enter = nn.Linear(width, 2 * width)
        self.mix = nn.Parameter(torch.eye(TOKENS) * 0.5 + torch.randn(TOKENS, TOKENS) * 0.08)
        self.bias = nn.Parameter(torch.ones(TOKENS, 1) * 0.5)
        self.leave = nn.Linear(width, width, bias=False)
        with torch.no_grad():
            self.enter.bias.zero_()
            self.leave.weight.mul_(0.5)

    def forward(self, x: Tensor) -> Tensor:
        """x (batch, frames, tokens, width)."""
        u, v = self.enter(rms_norm(x, self.norm)).chunk(2, dim=-1)
        return x + self.leave(nn.functional.silu(u) * (torch.matmul(self.mix, v) + self.bias))


class Wide(nn.Module):
    """One recurrence that sees all tokens of a frame at once, through a bottleneck."""

    def __init__(self, width: int, wide: int, squeeze: int) -> None:
        super().__init__()
        self.norm = nn.Parameter(torch.ones(TOKENS, width))
        self.squeeze = nn.Linear(width, squeeze)
        self.gather = nn.Linear(TOKENS * squeeze, wide)
        self.inner = Recurrence(1, wide)
        self.spread = nn.Linear(wide, TOKENS * squeeze)
        self.expand = nn.Linear(squeeze, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """x (batch, frames, tokens, width)."""
        z = self.gather(self.squeeze(rms_norm(x, self.norm)).flatten(2))
        z = self.inner(z.unsqueeze(2)).squeeze(2)
        return x + self.expand(nn.functional.silu(self.spread(z)).unflatten(2, (TOKENS, -1)))


class Network(nn.Module):
    """features (batch, frames, 148) → gains against noise, gains against noise and room (batch, frames, 148) in 0…1."""

    def __init__(self, shape: Shape | None = None) -> None:
        super().__init__()
        self.shape = shape = shape or Shape()
        width = shape.width
        self.patch = nn.Linear(PATCH * (shape.past + 1 + shape.ahead), width)
        self.place = nn.Parameter(torch.randn(TOKENS, width) * 0.1)
        self.recurrences = nn.ModuleList(
            Recurrence(TOKENS, width, shape.look, shape.shift) for _ in range(shape.blocks)
        )
        self.exchanges = nn.ModuleList(Exchange(width) for _ in range(shape.blocks))
        self.wide = Wide(width, shape.wide, shape.squeeze)
        self.late = Wide(width, shape.late, shape.squeeze)
        self.norm = nn.Parameter(torch.ones(TOKENS, width))
        self.head = nn.Linear(3 * width, STRIDE)
        self.dry = nn.Linear(3 * width, STRIDE)
        with torch.no_grad():
            self.head.bias.fill_(1.0)
            self.dry.bias.fill_(1.0)
            self.late.expand.weight.zero_()  # weights of a network without it can be a start

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Gains of all bands, frame by frame."""
        return self.gains(self.tokens(self.begun(features, self.shape.blocks), self.shape.blocks))

    def begun(self, features: Tensor, blocks: int) -> Tensor:
        """What leaves the first `blocks` blocks."""
        x: Tensor = self.patch(self.patches(features)) + self.place
        for k in range(blocks):
            x = self._block(x, k)
        return x

    def tokens(self, x: Tensor, blocks: int) -> Tensor:
        """What leaves the last block, normalised: of what left the first `blocks`."""
        for k in range(blocks, self.shape.blocks):
            x = self._block(x, k)
        return rms_norm(x, self.norm)

    def gains(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Of all bands, from the tokens and their neighbours."""
        x = nn.functional.pad(tokens, (0, 0, 1, 1))
        x = torch.cat((x[:, :, :-2], x[:, :, 1:-1], x[:, :, 2:]), dim=-1)
        return torch.sigmoid(self.head(x)).flatten(2), torch.sigmoid(self.dry(x)).flatten(2)

    def _block(self, x: Tensor, k: int) -> Tensor:
        x = self.exchanges[k](self.recurrences[k](x))
        if k == self.wide_after:
            x = self.wide(x)
        if k == self.late_after:
            x = self.late(x)
        return x

    @property
    def wide_after(self) -> int:
        """The block after which the first recurrence over all tokens stands."""
        return self.shape.blocks // 2 - 1

    @property
    def late_after(self) -> int:
        """The block after which the second one stands."""
        return max(0, self.shape.blocks - 2)

    def patches(self, features: Tensor) -> Tensor:
        """(batch, frames, 148) → (batch, frames + later, 37, 8 · 5): neighbourhoods in frequency and time.

        `later` frames of silence follow the last, as many as the recurrences look ahead in all.
        """
        margin, later = (PATCH - STRIDE) // 2, self.shape.blocks * self.shape.shift
        around = (margin, margin, self.shape.past, self.shape.ahead + later)
        padded = nn.functional.pad(features[:, None], around, value=LOWEST)
        x = padded[:, 0].unfold(1, self.shape.past + 1 + self.shape.ahead, 1).unfold(2, PATCH, STRIDE)
        return x.flatten(3)
