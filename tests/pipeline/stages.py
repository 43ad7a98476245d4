"""What every stage must do, whatever it is for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from pipeline.audio import Samples
from pipeline.stream import Stage, run, run_whole, split
from tests.pipeline.signals import noise, speech_like

RATES = (8_000, 16_000, 22_050, 44_100, 48_000, 96_000)


def in_blocks(stage: Stage, x: Samples, *lengths: int) -> Samples:
    """The stage on x in blocks of these lengths, and the rest at once."""
    edges = np.minimum(np.cumsum([0, *lengths, x.shape[1]]), x.shape[1])
    blocks = [x[:, a:b] for a, b in pairwise(edges)]
    return np.concatenate(list(run(stage, blocks)), axis=1)


def check(make: Callable[[int, int], Stage], rate: int, channels: int, hum_hz: float = 50.0) -> None:
    """Shape, type, finite, input untouched, any partition, silence, short input; `make` is (rate, channels) → stage."""
    stage = make(rate, channels)
    n = round(5.3 * rate)
    t = np.arange(n) / rate
    hum = sum(np.cos(2 * np.pi * k * hum_hz * t + k) for k in (1, 2, 3)) * 0.01
    voice = np.concatenate([speech_like(rate, 5.3)] * channels)
    x = (voice + noise(channels, n, -45) + hum).astype(np.float32)
    kept = x.copy()
    y = run_whole(stage, x)
    assert np.array_equal(x, kept)
    assert y.shape == x.shape
    assert y.dtype == np.float32
    assert np.isfinite(y).all()
    assert np.abs(y - x).max() < 0.5 * np.abs(x).max()  # in place: nothing is shifted in time
    np.testing.assert_allclose(in_blocks(stage, x, 1, 37, rate, 1000), y, atol=1e-6)
    np.testing.assert_allclose(np.concatenate(list(run(stage, split(x, 4_321))), axis=1), y, atol=1e-6)
    assert not run_whole(stage, np.zeros((channels, 3 * rate), np.float32)).any()
    for short in (0, 1, 17, rate // 10, rate // 3):
        z = run_whole(stage, x[:, :short])
        assert z.shape == (channels, short)
        assert z.dtype == np.float32
        assert np.isfinite(z).all()


def check_off(stage: Stage, x: Samples) -> None:
    """A stage that is off has no latency and gives back what it gets."""
    assert stage.latency == 0
    assert np.array_equal(run_whole(stage, x), x)


def gain_db(make: Stage, x: Samples, settle: int = 0) -> float:
    """Change of the mean power after the first `settle` samples, dB."""
    y = run_whole(make, x)[:, settle:].astype(np.float64)
    return float(10 * np.log10(np.mean(y**2) / np.mean(x[:, settle:].astype(np.float64) ** 2)))
