"""What the network is made of beside matrices. The recurrence has no fast version in PyTorch: it is an operator of its
own (so that `torch.compile` goes on around it), on a CPU a numba loop, on a GPU a Triton kernel (`scan_triton.py`).
"""

from __future__ import annotations

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import BackwardCFunction

Numbers = NDArray[np.float32]

EPSILON = 1e-6


@numba.njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def _scan_forward(p: Numbers, gates: Numbers, h: Numbers, y: Numbers) -> None:
    batch, frames, tokens, width = y.shape
    for b in range(batch):
        last = np.zeros((tokens, width), np.float32)
        for t in range(frames):
            for f in range(tokens):
                for c in range(width):
                    keep = gates[b, t, f, c]
                    last[f, c] = keep * last[f, c] + (np.float32(1) - keep) * p[b, t, f, c]
                    h[b, t, f, c] = last[f, c]
                    y[b, t, f, c] = last[f, c] * p[b, t, f, 2 * width + c] * gates[b, t, f, width + c]


@numba.njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def _scan_backward(p: Numbers, gates: Numbers, h: Numbers, dy: Numbers, dp: Numbers) -> None:
    batch, frames, tokens, width = dy.shape
    one = np.float32(1)
    for b in range(batch):
        carry = np.zeros((tokens, width), np.float32)
        for t in range(frames - 1, -1, -1):
            for f in range(tokens):
                for c in range(width):
                    keep, open_ = gates[b, t, f, c], gates[b, t, f, width + c]
                    gate, new, out = p[b, t, f, 2 * width + c], p[b, t, f, c], dy[b, t, f, c]
                    before = h[b, t - 1, f, c] if t else np.float32(0)
                    dh = out * gate * open_ + carry[f, c]
                    dp[b, t, f, 2 * width + c] = out * h[b, t, f, c] * (open_ + gate * open_ * (one - open_))
                    dp[b, t, f, c] = dh * (one - keep)
                    dp[b, t, f, width + c] = dh * (before - new) * keep * (one - keep)
                    carry[f, c] = dh * keep


@torch.library.custom_op("denoiser::scan", mutates_args=(), device_types="cpu")
def _scan(p: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The result, the states h, and the gates' sigmoids (none on a GPU, where they are computed again)."""
    width = p.shape[-1] // 3
    p = p.contiguous()
    gates = torch.sigmoid(p[..., width:])
    h = torch.empty((*p.shape[:-1], width))
    y = torch.empty_like(h)
    _scan_forward(p.numpy(), gates.numpy(), h.numpy(), y.numpy())
    return y, h, gates


@_scan.register_fake
def _(p: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    shape, width = p.shape[:-1], p.shape[-1] // 3
    gates = p.new_empty(0) if p.is_cuda else p.new_empty((*shape, 2 * width))
    return p.new_empty((*shape, width)), p.new_empty((*shape, width), dtype=torch.float32), gates


@_scan.register_kernel("cuda")
def _(p: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    from .scan_triton import scan

    return *scan(p.contiguous()), p.new_empty(0)


@torch.library.custom_op("denoiser::scan_gradient", mutates_args=(), device_types="cpu")
def _scan_gradient(p: Tensor, gates: Tensor, h: Tensor, dy: Tensor) -> Tensor:
    p, dy = p.contiguous(), dy.contiguous()
    dp = torch.empty_like(p)
    _scan_backward(p.numpy(), gates.numpy(), h.numpy(), dy.numpy(), dp.numpy())
    return dp


@_scan_gradient.register_fake
def _(p: Tensor, _gates: Tensor, _h: Tensor, _dy: Tensor) -> Tensor:
    return p.new_empty(p.shape)


@_scan_gradient.register_kernel("cuda")
def _(p: Tensor, _gates: Tensor, h: Tensor, dy: Tensor) -> Tensor:
    from .scan_triton import scan_gradient

    return scan_gradient(p.contiguous(), h, dy.contiguous())


def _remember(ctx: BackwardCFunction, inputs: tuple[Tensor], output: tuple[Tensor, Tensor, Tensor]) -> None:
    ctx.save_for_backward(inputs[0], output[2], output[1])


def _gradient(ctx: BackwardCFunction, dy: Tensor, *_: Tensor) -> Tensor:
    gradient: Tensor = _scan_gradient(*ctx.saved_tensors, dy)
    return gradient


_scan.register_autograd(_gradient, setup_context=_remember)


def gated_scan(p: Tensor) -> Tensor:
    """p (batch, frames, tokens, 3 · width) = new, keep, gate → (batch, frames, tokens, width).

    h[t] = σ(keep[t]) · h[t-1] + (1 - σ(keep[t])) · new[t];  result = h · silu(gate)
    """
    result: Tensor = _scan(p)[0]
    return result


def plain_gated_scan(p: Tensor) -> Tensor:
    """The same in PyTorch's operations."""
    new, keep, gate = p.chunk(3, dim=-1)
    keep = torch.sigmoid(keep)
    h, decay, step = (1 - keep) * new, keep, 1
    while step < p.shape[1]:  # recursive doubling: after k rounds, h holds the sum of the last 2^k frames
        shifted = torch.nn.functional.pad(h, (0, 0, 0, 0, step, 0))[:, : p.shape[1]]
        h = h + decay * shifted
        decay = decay * torch.nn.functional.pad(decay, (0, 0, 0, 0, step, 0))[:, : p.shape[1]]
        step *= 2
    return h * torch.nn.functional.silu(gate)


def rms_norm(x: Tensor, scale: Tensor) -> Tensor:
    """x (batch, frames, tokens, width) over the root of its mean square along width, times scale (tokens, width)."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + EPSILON) * scale
