"""Weights of the content detector: those that come with the app fit, whatever else is refused with a reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from pipeline.measures.content import weights
from pipeline.measures.content.features import Numbers
from pipeline.measures.content.weights import FORMAT, KINDS, ContentWeightsError, bundled, parse

DATA = weights.BUNDLED.read_bytes()
METADATA = {"format": FORMAT, "kinds": ",".join(KINDS)}
Tensors = dict[str, Numbers]


def changed(change: Callable[[Tensors], object], metadata: dict[str, str] | None = None) -> bytes:
    tensors = load(DATA)
    change(tensors)
    return save(tensors, METADATA if metadata is None else metadata)


def test_the_bundled_weights_fit_and_are_small() -> None:
    network = parse(DATA)
    assert sum(tensor.size for tensor in load(DATA).values()) <= 60_000
    assert network.head.bias.shape == (len(KINDS),)
    assert max(float(np.abs(tensor).max()) for tensor in load(DATA).values()) < weights.MAX_MAGNITUDE / 2


def test_a_copy_of_them_is_taken() -> None:
    parse(changed(lambda tensors: None))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.pop("mean"), "lack mean"),
        (lambda t: t.pop("first.bias"), "lack first.bias"),
        (lambda t: t.update({"head.weight": t["head.weight"][:4]}), "lack head.weight"),
        (lambda t: t.update({"scale": t["scale"].astype(np.float64)}), "type"),
        (lambda t: t["deep.2.weight"].__setitem__((0, 0, 0), np.nan), "not finite"),
        (lambda t: t["second.weight"].__setitem__((0, 0, 0), -101), "beyond"),
        (lambda t: t.update({"first.bias": np.zeros(500, np.float32)}), "impossible width"),
    ],
)
def test_what_does_not_fit_is_refused(change: Callable[[Tensors], object], says: str) -> None:
    def on_copies(tensors: Tensors) -> None:
        tensors.update({name: tensor.copy() for name, tensor in tensors.items()})
        change(tensors)

    with pytest.raises(ContentWeightsError, match=says):
        parse(changed(on_copies))


@pytest.mark.parametrize("metadata", [{}, {**METADATA, "format": "speech-content-2"}, {**METADATA, "kinds": "speech"}])
def test_another_format_is_refused(metadata: dict[str, str]) -> None:
    with pytest.raises(ContentWeightsError, match=FORMAT):
        parse(changed(lambda tensors: None, metadata))


@pytest.mark.parametrize("data", [b"", b"no weights", DATA[:1000], b"\xff" * 64])
def test_what_is_no_file_of_weights_is_refused(data: bytes) -> None:
    with pytest.raises(ContentWeightsError, match="Not a file of weights"):
        parse(data)


def test_a_file_that_is_too_large_or_missing_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(weights, "BUNDLED", tmp_path / "content.safetensors")
    with pytest.raises(ContentWeightsError, match="cannot be read"):
        bundled.__wrapped__()
    with (tmp_path / "content.safetensors").open("wb") as file:
        file.truncate(weights.MAX_BYTES + 1)
    with pytest.raises(ContentWeightsError, match="larger than"):
        bundled.__wrapped__()
