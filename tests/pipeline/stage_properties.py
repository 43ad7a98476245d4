"""What every stage must keep, whatever it does to the sound."""

from __future__ import annotations

import numpy as np

from pipeline.audio import Samples
from pipeline.stream import Stage, run, run_whole, split

RATES = (8_000, 16_000, 22_050, 44_100, 48_000, 96_000)


def check_form(stage: Stage, x: Samples) -> Samples:
    """Shape, type, finite, input and stage untouched; answers the output."""
    before = x.copy()
    y = run_whole(stage, x)
    assert y.shape == x.shape
    assert y.dtype == np.float32
    assert np.isfinite(y).all()
    assert np.array_equal(x, before)
    assert np.array_equal(run_whole(stage, x), y)
    return y


def check_short(stage: Stage, channels: int) -> None:
    for n in (0, 1, 2, 37, 500):
        check_form(stage, np.linspace(-1, 1, channels * n, dtype=np.float32).reshape(channels, n))


def check_silence(stage: Stage, channels: int, n: int) -> None:
    assert not check_form(stage, np.zeros((channels, n), np.float32)).any()


def check_partition(stage: Stage, x: Samples, *lengths: int) -> None:
    whole = run_whole(stage, x)
    for length in lengths:
        pieces = np.concatenate(list(run(stage, split(x, length))), axis=1)
        np.testing.assert_allclose(pieces, whole, atol=1e-6)


def check_channels_apart(both: Stage, one: Stage, x: Samples) -> None:
    y = run_whole(both, x)
    for c in range(x.shape[0]):
        assert np.array_equal(run_whole(one, x[c : c + 1])[0], y[c])


def sdr_db(clean: Samples, x: Samples) -> float:
    """Power of clean over that of x's deviation from it."""
    a, b = clean.astype(np.float64), x.astype(np.float64)
    return float(10 * np.log10(np.sum(a**2) / (np.sum((a - b) ** 2) + 1e-30)))
