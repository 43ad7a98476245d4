"""The two operations that PyTorch has no fast CPU version of, as autograd functions over numba loops.

On another device than a CPU they are written in PyTorch's own operations, with the same result.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

EPSILON = 1e-6


@numba.njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def _scan_forward(p: Any, gates: Any, h: Any, y: Any) -> None:
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
def _scan_backward(p: Any, gates: Any, h: Any, dy: Any, dp: Any) -> None:
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


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, p: Tensor) -> Tensor:
        p = p.contiguous()
        width = p.shape[-1] // 3
        gates = torch.sigmoid(p[..., width:])
        h = torch.empty((*p.shape[:-1], width))
        y = torch.empty_like(h)
        _scan_forward(p.numpy(), gates.numpy(), h.numpy(), y.numpy())
        ctx.save_for_backward(p, gates, h)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> Tensor:
        p, gates, h = ctx.saved_tensors
        dp = torch.empty_like(p)
        _scan_backward(p.numpy(), gates.numpy(), h.numpy(), dy.contiguous().numpy(), dp.numpy())
        return dp


def gated_scan(p: Tensor) -> Tensor:
    """p (batch, frames, tokens, 3 · width) = new, keep, gate → (batch, frames, tokens, width).

    h[t] = σ(keep[t]) · h[t-1] + (1 - σ(keep[t])) · new[t];  result = h · silu(gate)
    """
    return _Scan.apply(p) if p.device.type == "cpu" else plain_gated_scan(p)  # type: ignore[no-any-return]


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


@numba.njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def _norm_forward(x: Any, scale: Any, inverse: Any, y: Any) -> None:
    rows, tokens, width = x.shape
    for r in range(rows):
        for f in range(tokens):
            total = np.float32(0)
            for c in range(width):
                total += x[r, f, c] * x[r, f, c]
            inv = np.float32(1) / np.sqrt(total / np.float32(width) + np.float32(EPSILON))
            inverse[r, f] = inv
            for c in range(width):
                y[r, f, c] = x[r, f, c] * inv * scale[f, c]


@numba.njit(nogil=True, fastmath=True, error_model="numpy", cache=True)
def _norm_backward(x: Any, scale: Any, inverse: Any, dy: Any, dx: Any, dscale: Any) -> None:
    rows, tokens, width = x.shape
    for r in range(rows):
        for f in range(tokens):
            inv = inverse[r, f]
            total = np.float32(0)
            for c in range(width):
                total += x[r, f, c] * scale[f, c] * dy[r, f, c]
            pull = total * inv * inv * inv / np.float32(width)
            for c in range(width):
                dscale[f, c] += dy[r, f, c] * x[r, f, c] * inv
                dx[r, f, c] = scale[f, c] * dy[r, f, c] * inv - x[r, f, c] * pull


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor) -> Tensor:
        x, shape = x.contiguous(), x.shape
        flat = x.view(-1, *shape[-2:])
        inverse, y = torch.empty(flat.shape[:2]), torch.empty_like(flat)
        _norm_forward(flat.numpy(), scale.detach().numpy(), inverse.numpy(), y.numpy())
        ctx.save_for_backward(flat, scale, inverse)
        return y.view(shape)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, Tensor]:
        x, scale, inverse = ctx.saved_tensors
        dx, dscale = torch.empty_like(x), torch.zeros_like(scale)
        dy_flat = dy.contiguous().view(x.shape)
        _norm_backward(x.numpy(), scale.detach().numpy(), inverse.numpy(), dy_flat.numpy(), dx.numpy(), dscale.numpy())
        return dx.view(dy.shape), dscale


def rms_norm(x: Tensor, scale: Tensor) -> Tensor:
    """x (batch, frames, tokens, width) over the root of its mean square along width, times scale (tokens, width)."""
    return _Norm.apply(x, scale) if x.device.type == "cpu" else plain_rms_norm(x, scale)  # type: ignore[no-any-return]


def plain_rms_norm(x: Tensor, scale: Tensor) -> Tensor:
    """The same in PyTorch's operations."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + EPSILON) * scale
