"""The gated recurrence on a GPU, in Triton: one program per token and recording runs through time.

What `scan.py` describes, with the state in float32 whatever the type of p.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

BLOCK = 64  # channels per program


@triton.jit
def _forward(p, h, y, frames, tokens, width, block: tl.constexpr):
    row = tl.program_id(0)
    channel = tl.program_id(1) * block + tl.arange(0, block)
    inside = channel < width
    first = (row // tokens).to(tl.int64) * frames * tokens + row % tokens
    state = tl.zeros((block,), tl.float32)
    for t in range(frames):
        at = first + t * tokens
        new = tl.load(p + at * 3 * width + channel, inside, 0.0).to(tl.float32)
        keep = tl.sigmoid(tl.load(p + at * 3 * width + width + channel, inside, 0.0).to(tl.float32))
        gate = tl.load(p + at * 3 * width + 2 * width + channel, inside, 0.0).to(tl.float32)
        state = keep * state + (1 - keep) * new
        tl.store(h + at * width + channel, state, inside)
        tl.store(y + at * width + channel, (state * gate * tl.sigmoid(gate)).to(y.dtype.element_ty), inside)


@triton.jit
def _backward(p, h, dy, dp, frames, tokens, width, block: tl.constexpr):
    row = tl.program_id(0)
    channel = tl.program_id(1) * block + tl.arange(0, block)
    inside = channel < width
    first = (row // tokens).to(tl.int64) * frames * tokens + row % tokens
    carry = tl.zeros((block,), tl.float32)
    for back in range(frames):
        t = frames - 1 - back
        at = first + t * tokens
        new = tl.load(p + at * 3 * width + channel, inside, 0.0).to(tl.float32)
        keep = tl.sigmoid(tl.load(p + at * 3 * width + width + channel, inside, 0.0).to(tl.float32))
        gate = tl.load(p + at * 3 * width + 2 * width + channel, inside, 0.0).to(tl.float32)
        now = tl.load(h + at * width + channel, inside, 0.0)
        before = tl.load(
            h + (at - tokens) * width + channel, inside & (channel + t * width >= width), 0.0
        )  # none before the first
        out = tl.load(dy + at * width + channel, inside, 0.0).to(tl.float32)
        opened = tl.sigmoid(gate)
        dh = out * gate * opened + carry
        to_gate = out * now * (opened + gate * opened * (1 - opened))
        to_keep = dh * (before - new) * keep * (1 - keep)
        tl.store(dp + at * 3 * width + channel, (dh * (1 - keep)).to(dp.dtype.element_ty), inside)
        tl.store(dp + at * 3 * width + width + channel, to_keep.to(dp.dtype.element_ty), inside)
        tl.store(dp + at * 3 * width + 2 * width + channel, to_gate.to(dp.dtype.element_ty), inside)
        carry = dh * keep


def scan(p: Tensor) -> tuple[Tensor, Tensor]:
    """p (batch, frames, tokens, 3 · width), contiguous → the result in p's type, and the states in float32."""
    batch, frames, tokens, channels = p.shape
    width = channels // 3
    y = p.new_empty((batch, frames, tokens, width))
    h = torch.empty_like(y, dtype=torch.float32)
    grid = (batch * tokens, triton.cdiv(width, BLOCK))
    _forward[grid](p, h, y, frames, tokens, width, block=BLOCK, num_warps=2)
    return y, h


def scan_gradient(p: Tensor, h: Tensor, dy: Tensor) -> Tensor:
    """Gradient by p, of the result's gradient dy, both contiguous."""
    batch, frames, tokens, width = dy.shape
    dp = torch.empty_like(p)
    grid = (batch * tokens, triton.cdiv(width, BLOCK))
    _backward[grid](p, h, dy, dp, frames, tokens, width, block=BLOCK, num_warps=2)
    return dp
