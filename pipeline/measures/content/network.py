"""A small network of convolutions in time: features of a stretch → how likely speech and each kind of content are.

Two convolutions that each halve the frame rate, then four of growing reach whose result is added to what they take.
Eight answers a second, each from 2.1 s before to 2.1 s after its moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .features import Numbers

STRIDE = 4  # frames of features for each answer
WIDTH = 5  # of the first two convolutions
DILATIONS = (1, 2, 4, 8)
REACH = 66  # frames of features to either side of an answer's own


@dataclass(frozen=True)
class Convolution:
    """weight (taps · into, out) : taps one after another; bias (out,)."""

    weight: Numbers
    bias: Numbers


@dataclass(frozen=True)
class Network:
    """mean, scale (52,) : make features comparable; first, second : halve the rate; deep : one for each dilation."""

    mean: Numbers
    scale: Numbers
    first: Convolution
    second: Convolution
    deep: tuple[Convolution, ...]
    head: Convolution

    def normal(self, heard: Numbers) -> Numbers:
        """Features as the network takes them; zeros stand for what is before the start and after the end."""
        made: Numbers = (heard - self.mean) * self.scale
        return made

    def likely(self, normal: Numbers) -> Numbers:
        """normal (2 · REACH + 1 + STRIDE · (n - 1), 52) → probabilities (n, kinds): the first is of frame REACH."""
        x = _positive(_convolved(normal, self.first, WIDTH, 1, 2))
        x = _positive(_convolved(x, self.second, WIDTH, 1, 2))
        for part, dilation in zip(self.deep, DILATIONS, strict=True):
            x = x[dilation:-dilation] + _positive(_convolved(x, part, 3, dilation, 1))
        odds = x @ self.head.weight + self.head.bias
        answer: Numbers = np.float32(0.5) + np.float32(0.5) * np.tanh(np.float32(0.5) * odds)
        return answer


def _convolved(x: Numbers, part: Convolution, taps: int, dilation: int, stride: int) -> Numbers:
    """x (frames, into) → (answers, out): every `stride`-th place where all taps lie inside."""
    last = len(x) - (taps - 1) * dilation
    gathered = np.concatenate([x[k * dilation : k * dilation + last : stride] for k in range(taps)], axis=1)
    made: Numbers = gathered @ part.weight + part.bias
    return made


def _positive(x: Numbers) -> Numbers:
    made: Numbers = np.maximum(x, np.float32(0))
    return made
