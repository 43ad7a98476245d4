"""The loops of our own against the same operations in PyTorch, values and gradients, on the CPU and on a GPU."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .kernels import gated_scan, plain_gated_scan

TOLERANCE = 1e-4


def check() -> None:
    """Raises AssertionError where a loop and the plain version differ."""
    torch.manual_seed(0)
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        for width in (12, 48, 128):
            p = torch.randn(2, 50, 3, 3 * width, device=device)
            for ours, theirs in zip(_answers(gated_scan, p), _answers(plain_gated_scan, p), strict=True):
                torch.testing.assert_close(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE)
        print(f"gated_scan on {device}: values and gradients agree")


def _answers(function: Callable[[Tensor], Tensor], p: Tensor) -> list[Tensor]:
    leaf = p.clone().requires_grad_()
    out = function(leaf)
    weights = torch.arange(out.numel(), dtype=torch.float32, device=p.device).reshape(out.shape).sin()
    return [out, *torch.autograd.grad((out * weights).sum(), leaf)]
