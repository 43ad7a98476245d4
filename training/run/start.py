"""Weights that a run begins with: of a checkpoint or of the app, also of a smaller network."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from training.model.growth import Tensors, grown
from training.model.network import Network
from training.model.shape import Shape


def weights_to_start_with(source: Path, shape: Shape) -> dict[str, Tensor]:
    """The averaged weights of a checkpoint, or exported ones, grown to `shape`. Raises ValueError."""
    found, had = _read(source)
    tensors = grown(found, had, _arrays(Network(shape).state_dict()), shape)
    return {name: torch.from_numpy(tensor) for name, tensor in tensors.items()}


def shape_of(source: Path) -> tuple[Shape, dict[str, Tensor]]:
    """The shape of the network in a file, and the weights of its deep filter, if it has one."""
    found, shape = _read(source)
    start = "deep_filter."
    return shape, {n.removeprefix(start): torch.from_numpy(t) for n, t in found.items() if n.startswith(start)}


def _read(source: Path) -> tuple[Tensors, Shape]:
    """Weights, and the shape of their network."""
    if source.suffix != ".safetensors":
        state = torch.load(source, map_location="cpu", weights_only=True)
        return _arrays(state["average"]), Shape(**state["shape"])
    from safetensors import safe_open

    with safe_open(source, "np") as file:
        found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return found, Shape.of_exported(found, file.metadata())


def _arrays(state: dict[str, Tensor]) -> Tensors:
    return {name: tensor.numpy() for name, tensor in state.items()}
