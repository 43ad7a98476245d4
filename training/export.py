"""From a checkpoint to the safetensors file that the app reads."""

from __future__ import annotations

from pathlib import Path

import torch

from pipeline.neural_weights import FORMAT, parse


def export(checkpoint: Path, out: Path) -> None:
    """Write the averaged weights of a checkpoint, float32, and check that the app takes them."""
    from safetensors.torch import save

    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    shape = state["shape"]
    metadata = {"format": FORMAT} | {key: str(shape[key]) for key in ("past", "ahead", "blocks")}
    data = save({name: tensor.contiguous() for name, tensor in state["average"].items()}, metadata)
    parse(data)
    out.write_bytes(data)
