"""The CPU's loops against the same operations in PyTorch, values and gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from .kernels import gated_scan, plain_gated_scan, plain_rms_norm, rms_norm

TOLERANCE = 1e-4


def check() -> None:
    """Raises AssertionError where a loop and its plain version differ."""
    torch.manual_seed(0)
    p = torch.randn(2, 50, 3, 12)
    x, scale = torch.randn(2, 50, 3, 8), torch.randn(3, 8)
    for loop, plain, arguments in ((gated_scan, plain_gated_scan, (p,)), (rms_norm, plain_rms_norm, (x, scale))):
        for ours, theirs in zip(_answers(loop, arguments), _answers(plain, arguments), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE)
        print(f"{loop.__name__}: values and gradients agree")


def _answers(function: object, arguments: tuple[Tensor, ...]) -> list[Tensor]:
    leaves = [argument.clone().requires_grad_() for argument in arguments]
    out = function(*leaves)  # type: ignore[operator]
    weights = torch.arange(out.numel(), dtype=torch.float32).reshape(out.shape).sin()
    return [out, *torch.autograd.grad((out * weights).sum(), leaves)]
