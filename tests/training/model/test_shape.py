"""The network's sizes are found again in the weights."""

from __future__ import annotations

from safetensors import safe_open

from pipeline.neural.weights import BUNDLED
from training.model.shape import Shape


def test_the_shipped_weights_have_the_usual_shape() -> None:
    with safe_open(BUNDLED, "np") as file:
        found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        assert Shape.of_exported(found, file.metadata()) == Shape()
