"""The content detector in PyTorch, as `pipeline.measures.content.network` computes it."""

from __future__ import annotations

import torch
from torch import nn

from pipeline.measures.content.features import COUNT
from pipeline.measures.content.network import DILATIONS, WIDTH
from pipeline.measures.content.weights import FORMAT, KINDS


class Detector(nn.Module):
    """features (scenes, frames, 52) → log odds (scenes, answers, kinds); answers lack the reach at both ends."""

    def __init__(self, narrow: int = 40, wide: int = 48, dropout: float = 0.15) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(COUNT))
        self.register_buffer("scale", torch.ones(COUNT))
        self.first = nn.Conv1d(COUNT, narrow, WIDTH, stride=2)
        self.second = nn.Conv1d(narrow, wide, WIDTH, stride=2)
        self.deep = nn.ModuleList(nn.Conv1d(wide, wide, 3, dilation=dilation) for dilation in DILATIONS)
        self.head = nn.Conv1d(wide, len(KINDS), 1)
        self.dropout = nn.Dropout1d(dropout)

    def forward(self, heard: torch.Tensor) -> torch.Tensor:
        x = ((heard - self.mean) * self.scale).transpose(1, 2)
        x = self.dropout(torch.relu(self.second(torch.relu(self.first(x)))))
        for part, dilation in zip(self.deep, DILATIONS, strict=True):
            x = x[..., dilation:-dilation] + self.dropout(torch.relu(part(x)))
        return self.head(x).transpose(1, 2)

    def exported(self) -> bytes:
        """The weights as a safetensors file."""
        from safetensors.torch import save

        tensors = {name: tensor.detach().float().contiguous() for name, tensor in self.state_dict().items()}
        return save(tensors, {"format": FORMAT, "kinds": ",".join(KINDS)})
