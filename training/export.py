"""From PyTorch to the safetensors files that the app and its tests read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.neural.features import LOWEST
from pipeline.neural.weights import FORMAT, MOST, parse
from training.data.batches import BINS
from training.data.spectra import to_bins
from training.model.deep_filter import DeepFilter
from training.model.network import Network
from training.model.shape import Shape


def export(checkpoint: Path, out: Path, others: Sequence[tuple[Path, float]] = ()) -> None:
    """Write the averaged weights of a checkpoint, float32, and check that the app takes them.

    others : exported weights, each with its share in a mean with the checkpoint's, which have the rest; of runs that
        began with the same weights (M. Wortsman et al., "Model soups", ICML 2022)
    """
    from safetensors.torch import load_file

    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    rest = 1 - sum(share for _, share in others)
    tensors = {name: rest * tensor for name, tensor in state["average"].items()}
    for path, share in others:
        found = load_file(path)
        tensors = {name: tensor + share * found[name] for name, tensor in tensors.items()}
    out.write_bytes(as_safetensors(tensors, Shape(**state["shape"])))


def write_fixture(out: Path) -> None:
    """A small network with random weights, features and spectra, and what PyTorch makes of them."""
    from safetensors.numpy import save_file

    torch.manual_seed(0)
    shape = Shape(width=8, blocks=2, wide=12, late=16, squeeze=3, look=3, shift=2)
    network, deep_filter = random_network(shape), DeepFilter(shape.width, hidden=6, deep=5)
    _disturb(deep_filter)
    rng = np.random.default_rng(0)
    features = rng.normal(-0.5, 1, (40, 148)).astype(np.float32).clip(LOWEST)
    noisy = (rng.normal(0, 0.7, (40, BINS, 2)).astype(np.float32)).view(np.complex64)[..., 0]
    with torch.no_grad():
        tokens = network.tokens(network.begun(torch.from_numpy(features)[None], 0), 0)
        gains, dry = network.gains(tokens)
        estimate = torch.from_numpy(noisy)[None] * (gains @ to_bins())
        added = deep_filter(estimate, gains, tokens)[0].numpy()
    out.mkdir(parents=True, exist_ok=True)
    filtered = {f"deep_filter.{name}": tensor for name, tensor in deep_filter.state_dict().items()}
    (out / "network.safetensors").write_bytes(as_safetensors({**network.state_dict(), **filtered}, shape))
    known = {"features": features, "kept": gains[0].numpy(), "dry": dry[0].numpy()}
    save_file(known | _parts("noisy", noisy) | _parts("added", added), out / "activations.safetensors")


def _parts(name: str, spectra: NDArray[np.complex64]) -> dict[str, NDArray[np.float32]]:
    """The format has no complex numbers."""
    return {f"{name}_real": spectra.real.copy(), f"{name}_imag": spectra.imag.copy()}


def random_network(shape: Shape) -> Network:
    """Its norms and biases are random too: at their initial ones and zeros, a mistake in them would not show."""
    network = Network(shape)
    _disturb(network)
    return network


def _disturb(module: torch.nn.Module) -> None:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)


def as_safetensors(tensors: dict[str, torch.Tensor], shape: Shape) -> bytes:
    """The file that the app reads; raises WeightsError where it would not take it."""
    from safetensors.torch import save

    sizes = shape.as_dict()
    metadata = {"format": FORMAT} | {key: str(sizes[key]) for key in MOST}
    data: bytes = save({name: tensor.contiguous() for name, tensor in tensors.items()}, metadata)
    parse(data)
    return data
