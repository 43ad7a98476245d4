"""Weights that a run begins with: of a checkpoint or of the app, also of a network with fewer blocks."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from training.model.network import Network
from training.model.shape import Shape


def weights_to_start_with(source: Path, shape: Shape) -> dict[str, Tensor]:
    """The averaged weights of a checkpoint, or exported ones; blocks that they lack begin by changing nothing.

    The first half of the blocks stays in front of the first wide recurrence, the last block behind the second.
    """
    if source.suffix == ".safetensors":
        from safetensors.torch import load_file

        found = load_file(source)
    else:
        found = torch.load(source, map_location="cpu", weights_only=True)["average"]
    tensors: dict[str, Tensor] = Network(shape).state_dict()
    had = 1 + max(int(name.split(".")[1]) for name in found if name.startswith("recurrences."))
    places = {_place(k, had, shape.blocks): k for k in range(had)}
    for name, tensor in tensors.items():
        kind, _, rest = name.partition(".")
        if kind not in ("recurrences", "exchanges"):
            tensors[name] = found[name]
            continue
        block, _, part = rest.partition(".")
        if int(block) in places:
            tensors[name] = found[f"{kind}.{places[int(block)]}.{part}"]
        elif part == "leave.weight":
            tensors[name] = torch.zeros_like(tensor)
    return tensors


def _place(block: int, had: int, has: int) -> int:
    if block < had // 2:
        return block
    return has - 1 if block == had - 1 else block - had // 2 + has // 2
