"""The network against what PyTorch answers (`python -m training fixture` writes it down); the kernels against NumPy."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from pipeline.neural.features import LOWEST
from pipeline.neural.kernels import Numbers, gate, normalize, normalize_later, recur
from pipeline.neural.network import Network, State
from pipeline.neural.weights import read

HERE = Path(__file__).parent
KNOWN = load_file(HERE / "activations.safetensors")


@pytest.fixture(scope="module")
def network() -> Network:
    return read(HERE / "network.safetensors").network


@pytest.mark.parametrize("cuts", [(), (1, 2, 3), (5, 6, 30), tuple(range(1, 40))], ids=str)
def test_gains_are_those_of_the_network_as_trained(network: Network, cuts: tuple[int, ...]) -> None:
    ahead = np.full((network.look_ahead, 148), LOWEST, np.float32)
    state, answers = network.start(), []
    for part in [*np.split(KNOWN["features"], cuts), ahead]:
        gains, state = network.gains(part, state)
        answers.append(gains)
    for name in ("kept", "dry"):
        np.testing.assert_allclose(np.concatenate([getattr(g, name) for g in answers]), KNOWN[name], atol=1e-5)
        assert KNOWN[name].std() > 0.05
    assert np.abs(KNOWN["kept"] - KNOWN["dry"]).max() > 0.05


def test_the_state_given_is_not_changed(network: Network) -> None:
    start = network.start()
    _, state = network.gains(KNOWN["features"], start)
    kept = [h.copy() for h in parts(state)]
    first, _ = network.gains(KNOWN["features"], state)
    second, _ = network.gains(KNOWN["features"], state)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    for before, after in zip(kept, parts(state), strict=True):
        assert np.array_equal(before, after)


def parts(state: State) -> tuple[Numbers, ...]:
    of_layers = [(layer.hidden, layer.waiting, *layer.wide) for layer in state.layers]
    return (*chain.from_iterable(of_layers), state.seen)


@pytest.mark.parametrize("scale", [0.1, 3.0, 60.0])
def test_kernels_equal_their_numpy_versions(scale: float) -> None:
    rng = np.random.default_rng(3)

    def draw(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return rng.standard_normal(shape).astype(np.float32) * np.float32(scale)

    x, factor, p, h, u, bias = draw(5, 7, 6), draw(5, 6), draw(5, 7, 18), draw(5, 6), draw(5, 7, 6), draw(5)
    for kernel, arguments in ((normalize, (x, factor, x.copy())), (recur, (p, h, x.copy())), (gate, (u, x, bias))):
        ours, oracle = ([a.copy() for a in arguments] for _ in range(2))
        kernel(*ours)
        kernel.numpy_version(*oracle)  # type: ignore[attr-defined]
        for a, b in zip(ours, oracle, strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5 * scale)


@pytest.mark.parametrize("cut", [0, 1, 2, 5, 6, 7])
@pytest.mark.parametrize(("look", "shift"), [(0, 0), (2, 2), (3, 1), (6, 4), (4, 0)])
def test_some_channels_come_from_later_frames(cut: int, look: int, shift: int) -> None:
    rng = np.random.default_rng(4)
    x, scale = rng.standard_normal((3, 7, 6)).astype(np.float32), rng.standard_normal((3, 6)).astype(np.float32)
    whole = np.empty_like(x)
    normalize(x, scale, whole)
    meant = np.concatenate((whole[:, shift:, :look], whole[:, : 7 - shift, look:]), axis=2)
    for function in (normalize_later, normalize_later.numpy_version):  # type: ignore[attr-defined]
        y = np.full((3, 7 - shift, 6), np.nan, np.float32)
        for start, part in ((0, x[:, :cut]), (cut, x[:, cut:])):
            function(np.ascontiguousarray(part), scale, start, look, shift, y)
        np.testing.assert_allclose(y, meant, rtol=1e-5, atol=1e-6)
