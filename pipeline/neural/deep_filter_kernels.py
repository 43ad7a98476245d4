"""The parts of the deep filter that are not matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.kernel import kernel

from .kernels import Numbers, sigmoid, sigmoids

Spectrum = NDArray[np.complex64]

FAINT = np.float32(1e-9)  # mean power that stands for silence, where the recording's is about one
LEAST = np.float32(1e-4)  # power against the neighbours' mean, below which a bin's phase says nothing
ONE, ZERO = np.float32(1), np.float32(0)
TINY = np.float32(1e-12)


def around(estimate: Spectrum, table: Numbers) -> NDArray[Any]:
    """(PAST + frames + AHEAD, bins + 2) → (frames, bins, taps): each bin's neighbours, times the table of signs."""
    rows = table.shape[1] // 3
    cut = np.lib.stride_tricks.sliding_window_view(estimate, (rows, 3))
    neighbours: NDArray[Any] = cut.reshape(*cut.shape[:2], -1) * table
    return neighbours


def _neighbourhoods_numpy(estimate: Spectrum, gains: Numbers, table: Numbers, inputs: Numbers) -> None:
    z = around(estimate, table)
    taps = z.shape[2]
    power = z.real**2 + z.imag**2
    mean = power.mean(axis=2, keepdims=True) + FAINT
    share = power / mean + LEAST
    size = np.sqrt(np.sqrt(share))
    unit = z / np.sqrt(share * mean)
    turned = size * unit * unit[:, :, taps // 2, None].conj()
    inputs[:, :, :taps] = turned.real
    inputs[:, :, taps : 2 * taps] = turned.imag
    inputs[:, :, 2 * taps : 3 * taps] = size
    for side in range(3):
        inputs[:, :, 3 * taps + side] = gains[:, side : side + inputs.shape[1]]


@kernel(_neighbourhoods_numpy)
def neighbourhoods(estimate: Spectrum, gains: Numbers, table: Numbers, inputs: Numbers) -> None:
    """Each bin's neighbours as the deep filter's network is given them, into inputs (frames, bins, 3 · taps + 3).

    estimate : (2 + frames + 2, bins + 2) complex64; gains : (frames, bins + 2); table : (bins, taps), see `signs`

    First the neighbours' phases against the bin's own, as real and imaginary parts, longer where they are louder; then
    how loud they are, against their mean; then the gains of the bin and those beside it.
    """
    frames, bins, _ = inputs.shape
    taps = table.shape[1]
    middle = taps // 2
    for t in range(frames):
        for b in range(bins):
            total = ZERO
            for k in range(taps):
                z = estimate[t + k // 3, b + k % 3]
                total += z.real * z.real + z.imag * z.imag
            mean = total / np.float32(taps) + FAINT
            own = estimate[t + middle // 3, b + middle % 3]
            share = (own.real * own.real + own.imag * own.imag) / mean + LEAST
            inverse = ONE / np.sqrt(share * mean)
            own_real, own_imag = own.real * inverse, own.imag * inverse
            for k in range(taps):
                z = estimate[t + k // 3, b + k % 3]
                share = (z.real * z.real + z.imag * z.imag) / mean + LEAST
                size = np.sqrt(np.sqrt(share))
                scale = size * table[b, k] / np.sqrt(share * mean)
                inputs[t, b, k] = scale * (z.real * own_real + z.imag * own_imag)
                inputs[t, b, taps + k] = scale * (z.imag * own_real - z.real * own_imag)
                inputs[t, b, 2 * taps + k] = size
            for side in range(3):
                inputs[t, b, 3 * taps + side] = gains[t, b + side]


def _silu_numpy(x: Numbers) -> None:
    x *= sigmoids(x)


@kernel(_silu_numpy)
def silu(x: Numbers) -> None:
    """x · σ(x), in place; x (frames, bins, width)."""
    for t in range(x.shape[0]):
        for b in range(x.shape[1]):
            for c in range(x.shape[2]):
                x[t, b, c] *= sigmoid(x[t, b, c])


def _filtered_numpy(
    taps: Numbers, estimate: Spectrum, table: Numbers, noisy: Spectrum, most: Any, answer: Spectrum
) -> None:
    z = around(estimate, table)
    count = table.shape[1]
    added = ((taps[:, :, :count] + 1j * taps[:, :, count:]) * z).sum(axis=2)
    ratio = added * noisy.conj() / (noisy.real**2 + noisy.imag**2 + TINY)
    answer.real = np.clip(ratio.real, -most, most)
    answer.imag = np.clip(ratio.imag, -most, most)


@kernel(_filtered_numpy)
def filtered(taps: Numbers, estimate: Spectrum, table: Numbers, noisy: Spectrum, most: Any, answer: Spectrum) -> None:
    """The sum of each bin's neighbours times their taps, over the recording's own bin, into answer (frames, bins).

    taps : (frames, bins, 2 · 15), real parts, then imaginary parts; noisy : (frames, bins); most : of both parts
    """
    frames, bins = answer.shape
    count = table.shape[1]
    for t in range(frames):
        for b in range(bins):
            real = imag = ZERO
            for k in range(count):
                z = estimate[t + k // 3, b + k % 3]
                a, c = taps[t, b, k] * table[b, k], taps[t, b, count + k] * table[b, k]
                real += a * z.real - c * z.imag
                imag += a * z.imag + c * z.real
            x = noisy[t, b]
            over = ONE / (x.real * x.real + x.imag * x.imag + TINY)
            along = (real * x.real + imag * x.imag) * over
            across = (imag * x.real - real * x.imag) * over
            answer[t, b] = complex(min(max(along, -most), most), min(max(across, -most), most))
