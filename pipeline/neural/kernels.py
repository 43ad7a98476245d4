"""The parts of the network that are not matrix products: norms, gates, and the recurrence itself.

Layout: (tokens, frames, width) float32, so that a token's time runs through consecutive memory, and the maps between
tokens are one matrix product.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernel import kernel

Numbers = NDArray[np.float32]

EPSILON = np.float32(1e-6)
HALF, ONE, ZERO = np.float32(0.5), np.float32(1), np.float32(0)

# tanh(x) = x P(x²) / Q(x²) for |x| ≤ 7.9, a minimax approximation to float32's precision (the one in Eigen, MPL 2.0):
# multiplications and one division, which the compiler turns into vector instructions where it cannot for exp.
LIMIT = np.float32(7.90531110763549805)
P1, P3, P5, P7 = (
    np.float32(c) for c in (4.89352455891786e-03, 6.37261928875436e-04, 1.48572235717979e-05, 5.12229709037114e-08)
)
P9, P11, P13 = (np.float32(c) for c in (-8.60467152213735e-11, 2.00018790482477e-13, -2.76076847742355e-16))
Q0, Q2, Q4, Q6 = (
    np.float32(c) for c in (4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06)
)


def sigmoids(x: Numbers) -> Numbers:
    """1 / (1 + e⁻ˣ) of an array, which cannot overflow as e⁻ˣ would."""
    y: Numbers = HALF + HALF * np.tanh(HALF * x)
    return y


@kernel(sigmoids)
def sigmoid(x: Any) -> Any:
    """The same of one number, for compiled loops."""
    half = min(max(HALF * x, -LIMIT), LIMIT)
    s = half * half
    p = ((((((P13 * s + P11) * s + P9) * s + P7) * s + P5) * s + P3) * s + P1) * half
    return HALF + HALF * (p / (((Q6 * s + Q4) * s + Q2) * s + Q0))


def _inverse_rms_numpy(x: Numbers, f: int, t: int) -> Any:
    return ONE / np.sqrt((x[f, t] * x[f, t]).mean() + EPSILON)


@kernel(_inverse_rms_numpy)
def inverse_rms(x: Numbers, f: int, t: int) -> Any:
    """One over the root mean square of x[f, t], for compiled loops."""
    width = x.shape[2]
    total = ZERO
    for c in range(width):
        total += x[f, t, c] * x[f, t, c]
    return ONE / np.sqrt(total / np.float32(width) + EPSILON)


def _normalize_numpy(x: Numbers, scale: Numbers, y: Numbers) -> None:
    y[:] = x / np.sqrt((x * x).mean(axis=2, keepdims=True) + EPSILON) * scale[:, None, :]


@kernel(_normalize_numpy)
def normalize(x: Numbers, scale: Numbers, y: Numbers) -> None:
    """x (tokens, frames, width) over its root mean square along width, times scale (tokens, width), into y."""
    tokens, frames, width = x.shape
    for f in range(tokens):
        for t in range(frames):
            inverse = inverse_rms(x, f, t)
            for c in range(width):
                y[f, t, c] = x[f, t, c] * inverse * scale[f, c]


def _normalize_later_numpy(x: Numbers, scale: Numbers, start: int, look: int, shift: int, y: Numbers) -> None:
    normal = np.empty_like(x)
    _normalize_numpy(x, scale, normal)
    frames, ready = x.shape[1], y.shape[1]
    now, later = max(0, min(frames, ready - start)), max(0, shift - start)
    y[:, start : start + now, look:] = normal[:, :now, look:]
    if later < frames:
        y[:, start + later - shift : start + frames - shift, :look] = normal[:, later:, :look]


@kernel(_normalize_later_numpy)
def normalize_later(x: Numbers, scale: Numbers, start: int, look: int, shift: int, y: Numbers) -> None:
    """`normalize` of frames start, start + 1, ... into y (tokens, frames - shift, width) of a longer stretch: the first
    `look` channels of y[:, t] come from frame t + shift, the rest from frame t.
    """
    tokens, frames, width = x.shape
    ready = y.shape[1]
    for f in range(tokens):
        for t in range(frames):
            inverse = inverse_rms(x, f, t)
            if start + t >= shift:
                for c in range(look):
                    y[f, start + t - shift, c] = x[f, t, c] * inverse * scale[f, c]
            if start + t < ready:
                for c in range(look, width):
                    y[f, start + t, c] = x[f, t, c] * inverse * scale[f, c]


def _recur_numpy(p: Numbers, h: Numbers, y: Numbers) -> None:
    width = h.shape[1]
    keep = sigmoids(p[:, :, width : 2 * width])
    new = (ONE - keep) * p[:, :, :width]
    for t in range(p.shape[1]):
        h *= keep[:, t]
        h += new[:, t]
        y[:, t] = h
    gate = p[:, :, 2 * width :]
    y *= gate * sigmoids(gate)


@kernel(_recur_numpy)
def recur(p: Numbers, h: Numbers, y: Numbers) -> None:
    """p (tokens, frames, 3 · width) = new, keep, gate; h (tokens, width), updated in place; y (tokens, frames, width).

    h ← σ(keep) · h + (1 - σ(keep)) · new;  y = h · gate · σ(gate)
    """
    tokens, frames, width = y.shape
    for f in range(tokens):
        for t in range(frames):
            for c in range(width):
                keep = sigmoid(p[f, t, width + c])
                h[f, c] = keep * h[f, c] + (ONE - keep) * p[f, t, c]
                gate = p[f, t, 2 * width + c]
                y[f, t, c] = h[f, c] * gate * sigmoid(gate)


def _gate_numpy(u: Numbers, mixed: Numbers, bias: Numbers) -> None:
    mixed += bias[:, None, None]
    mixed *= u * sigmoids(u)


@kernel(_gate_numpy)
def gate(u: Numbers, mixed: Numbers, bias: Numbers) -> None:
    """mixed ← (mixed + bias) · u · σ(u): u, mixed (tokens, frames, width); bias (tokens,)."""
    tokens, frames, width = u.shape
    for f in range(tokens):
        for t in range(frames):
            for c in range(width):
                mixed[f, t, c] = (mixed[f, t, c] + bias[f]) * u[f, t, c] * sigmoid(u[f, t, c])
