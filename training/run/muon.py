"""Muon: momentum whose matrices are made orthogonal before they are applied. All matrices of one shape go at once, in
float32 (PyTorch's own takes them one by one in bfloat16, which CPUs are slow at).

1. K. Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

MOMENTUM, DECAY, ROUNDS = 0.95, 0.02, 5
A, B, C = 3.4445, -4.7750, 2.0315  # coefficients of the quintic Newton-Schulz iteration

Group = dict[str, list[nn.Parameter] | float]
"""`params` of the network, and how many `times` the plan's learning rate is theirs."""


class Muon(torch.optim.Optimizer):
    """For matrices only. The update has the size that AdamW's has (0.2 · √max(rows, columns) per unit of spectrum)."""

    def __init__(self, params: Iterable[Group], lr: float | Tensor) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """One step, with the gradients that there are."""
        assert closure is None, "Muon does not ask for the loss again."
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                alike[parameter.shape].append(parameter)
            for shape, parameters in alike.items():
                updates = _orthogonal(torch.stack([self._direction(parameter) for parameter in parameters]))
                size = 0.2 * max(shape) ** 0.5
                for parameter, update in zip(parameters, updates, strict=True):
                    parameter.mul_(1 - group["lr"] * DECAY).sub_(update * (group["lr"] * size))

    def _direction(self, parameter: Tensor) -> Tensor:
        """Nesterov's look ahead."""
        if parameter.grad is None:
            raise ValueError("Muon needs a gradient for every matrix.")
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        momentum: Tensor = state["momentum"]
        momentum.lerp_(parameter.grad, 1 - MOMENTUM)
        return parameter.grad.lerp(momentum, MOMENTUM)


def _orthogonal(matrices: Tensor) -> Tensor:
    """U Vᵀ of the matrices' singular value decomposition, roughly: (n, rows, columns)."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(ROUNDS):
        gram = x @ x.mT
        x = A * x + (B * gram + C * gram @ gram) @ x
    return x.mT if tall else x
