"""The network's arithmetic, against loops that follow its definition."""

from __future__ import annotations

import numpy as np

from pipeline.measures.content.features import COUNT, Numbers
from pipeline.measures.content.network import DILATIONS, REACH, STRIDE, WIDTH, Convolution, Network
from pipeline.measures.content.weights import KINDS

RNG = np.random.default_rng(6)
NARROW, WIDE = 5, 6


def convolution(taps: int, into: int, out: int) -> Convolution:
    weight = RNG.standard_normal((taps * into, out)) * 0.4
    return Convolution(weight.astype(np.float32), RNG.standard_normal(out).astype(np.float32) * np.float32(0.2))


NETWORK = Network(
    RNG.standard_normal(COUNT).astype(np.float32),
    RNG.uniform(0.5, 2, COUNT).astype(np.float32),
    convolution(WIDTH, COUNT, NARROW),
    convolution(WIDTH, NARROW, WIDE),
    tuple(convolution(3, WIDE, WIDE) for _ in DILATIONS),
    convolution(1, WIDE, len(KINDS)),
)


def by_loops(x: Numbers, part: Convolution, taps: int, dilation: int, stride: int) -> Numbers:
    into = x.shape[1]
    rows = []
    for start in range(0, len(x) - (taps - 1) * dilation, stride):
        total = part.bias.astype(np.float64)
        for tap in range(taps):
            total = total + x[start + tap * dilation] @ part.weight[tap * into : (tap + 1) * into].astype(np.float64)
        rows.append(total)
    return np.maximum(np.array(rows), 0)


def test_answers_are_those_of_the_definition() -> None:
    x = RNG.standard_normal((2 * REACH + 1 + 4 * STRIDE, COUNT)).astype(np.float32)
    y = by_loops(by_loops(x, NETWORK.first, WIDTH, 1, 2), NETWORK.second, WIDTH, 1, 2)
    for part, dilation in zip(NETWORK.deep, DILATIONS, strict=True):
        y = y[dilation:-dilation] + by_loops(y, part, 3, dilation, 1)
    wanted = 1 / (1 + np.exp(-(y @ NETWORK.head.weight + NETWORK.head.bias)))
    assert NETWORK.likely(x).shape == (5, len(KINDS))
    assert np.allclose(NETWORK.likely(x), wanted, atol=1e-4)


def test_an_answer_hears_as_far_as_it_says_and_no_further() -> None:
    x = np.zeros((2 * REACH + 1 + 40 * STRIDE, COUNT), np.float32)
    quiet = NETWORK.likely(x)
    middle = 20
    for away, reached in ((REACH, True), (REACH + 1, False)):
        for side in (-1, 1):
            struck = x.copy()
            struck[REACH + middle * STRIDE + side * away] = 30
            assert (np.abs(NETWORK.likely(struck)[middle] - quiet[middle]).max() > 1e-7) == reached


def test_features_are_made_comparable() -> None:
    x = RNG.standard_normal((3, COUNT)).astype(np.float32)
    assert np.allclose(NETWORK.normal(x), (x - NETWORK.mean) * NETWORK.scale)
