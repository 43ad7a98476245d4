"""Clipped peaks get back the tops that were cut off.

The clipped samples (`clipping`) are filled in so that the sound fits an autoregressive model best; model and samples
are improved in turn [1]. What was clipped lay beyond the ceiling: a sample that comes out below it (inconsistent, in
the words of [2]) is put onto it, and the others are solved for again.

The restored peaks pass the ceiling, and full scale where that was the ceiling: a limiter has to follow.

Not done: undoing a soft saturation, which bends samples far below the ceiling as well.

1. A. J. E. M. Janssen, R. N. J. Veldhuis, L. B. Vries, "Adaptive interpolation of discrete-time signals that can be
   modeled as autoregressive processes", IEEE Trans. Acoustics, Speech, and Signal Processing 34(2), 1986.
2. P. Záviška, P. Rajmic, A. Ozerov, L. Rencker, "A survey and an extensive evaluation of popular audio declipping
   methods", IEEE J. Selected Topics in Signal Processing 15(1), 2021.
"""

from __future__ import annotations

import numpy as np

from pipeline.audio import Samples
from pipeline.dsp.autoregressive import Signal, fit, interpolate
from pipeline.settings import Declip
from pipeline.stream.stage import IDENTITY, AnyStage, Stage, chained, run_whole
from pipeline.stream.units import in_units

from . import clipping
from .plateaus import Line

FRAME_S = 0.064
FRAMES = 16  # half frames of one unit
ROUNDS = 5
CORRECTIONS = 8  # of samples that came out below the ceiling, in a round
HIGHEST = 4.0  # times what the recording has: 12 dB; beyond it lies a model gone astray


def model_order(sample_rate: int) -> int:
    """Coefficients of the model: 16 for the formants and one per kHz of the rate, measured on speech; 64 at most."""
    return min(64, 16 + sample_rate // 1000)


def _restore(x: Signal, marks: Line, window: Signal, order: int) -> Signal:
    """The frame x (n,) restored where `marks` (n,) is not 0 but +1 or -1, the side on which it is clipped."""
    y = x.copy()
    clipped = np.flatnonzero(marks[order : x.size - order]) + order
    for _ in range(ROUNDS):
        a, free = fit(y, window, order), clipped
        for _ in range(CORRECTIONS):
            if not free.size:
                break
            interpolate(y, free, a)
            low, value = np.abs(x[free]), y[free] * marks[free]
            astray = (value < low) | (value > HIGHEST * low)
            y[free] = np.clip(value, low, HIGHEST * low) * marks[free]
            if not astray.any():
                break
            free = free[~astray]
    return y


def _repair(x: Line, marks: Line, window: Signal, order: int) -> Line:
    """What is to be added to x (n,), from frames that overlap by half."""
    correction = np.zeros(x.size)
    size = window.size
    for at in range(0, x.size - size + 1, size // 2):
        frame = slice(at, at + size)
        if marks[frame].any():
            heard = x[frame].astype(np.float64)
            correction[frame] += window * (_restore(heard, marks[frame], window, order) - heard)
    return correction.astype(np.float32)


def _repairing(share: float, sample_rate: int, channels: int) -> AnyStage:
    """x and its marks (2 · channels, n), as `clipping.stage` gives them → x repaired, and the marks."""
    half = round(FRAME_S * sample_rate / 2)
    # Squared sine: what two frames make of a sample is blended, their weights adding up to one.
    window = np.sin(np.pi * (np.arange(2 * half) + 0.5) / (2 * half)) ** 2
    order = model_order(sample_rate)

    def work(unit: Samples, tail: Samples) -> tuple[Samples, Samples]:
        buffer = np.concatenate((tail, unit), axis=1)
        answer = buffer[:, half:-half].copy()
        for c in range(channels):
            if buffer[channels + c].any():
                correction = _repair(buffer[c], buffer[channels + c], window, order)
                answer[c] += np.float32(share) * correction[half:-half]
        return answer, buffer[:, -2 * half :].copy()

    return in_units(FRAMES * half, 2 * channels, half, lambda: np.zeros((2 * channels, 2 * half), np.float32), work)


def stage(params: Declip, sample_rate: int, channels: int) -> AnyStage:
    """Restores clipped peaks by `params.strength_percent`; identity where that is 0. Latency: about 2.6 s."""
    if not params.strength_percent:
        return IDENTITY
    share = params.strength_percent / 100
    both = chained((clipping.stage(sample_rate, channels), _repairing(share, sample_rate, channels)))

    def step(block: Samples, state: object) -> tuple[Samples, object]:
        out, after = both.step(np.concatenate((block, np.zeros_like(block))), state)
        return out[:channels], after

    return Stage(both.latency, both.start, step)


def declip(x: Samples, sample_rate: int, params: Declip) -> Samples:
    """x (channels, n) float32 with its clipped peaks restored; a copy where `params.strength_percent` is 0."""
    return run_whole(stage(params, sample_rate, x.shape[0]), x)
