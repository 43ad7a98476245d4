"""What every stage must do, whatever it is for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from pipeline.audio import Samples
from pipeline.stream.stage import Stage, run, run_whole, split
from tests.pipeline.signals import noise, speech_like

RATES = (8_000, 16_000, 22_050, 44_100, 48_000, 96_000)
FORMS = [*((1, rate) for rate in RATES), (2, 16_000), (2, 48_000)]  # channels, rate
LENGTH_S = 3.3  # longer than any stage looks


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
    """Blocks of each of these lengths."""
    whole = run_whole(stage, x)
    for length in lengths:
        pieces = np.concatenate(list(run(stage, split(x, length))), axis=1)
        np.testing.assert_allclose(pieces, whole, atol=1e-6)


def check_channels_apart(both: Stage, one: Stage, x: Samples) -> None:
    y = run_whole(both, x)
    for c in range(x.shape[0]):
        assert np.array_equal(run_whole(one, x[c : c + 1])[0], y[c])


def check_off(stage: Stage, x: Samples) -> None:
    """A stage that is off has no latency and gives back what it gets."""
    assert stage.latency == 0
    assert np.array_equal(run_whole(stage, x), x)


def check(make: Callable[[int, int], Stage], rate: int, channels: int, hum_hz: float = 50.0) -> None:
    """All but the last two on a voice in noise and hum; and nothing is shifted. `make` is (rate, channels) → stage."""
    stage = make(rate, channels)
    n = round(LENGTH_S * rate)
    t = np.arange(n) / rate
    hum = sum(np.cos(2 * np.pi * k * hum_hz * t + k) for k in (1, 2, 3)) * 0.01
    voice = np.concatenate([speech_like(rate, LENGTH_S)] * channels)
    x = (voice + noise(channels, n, -45) + hum).astype(np.float32)
    y = check_form(stage, x)
    assert abs(lag(x, y)) <= 1  # in place: nothing is shifted in time
    np.testing.assert_allclose(in_blocks(stage, x, 1, 37, rate, 1000), y, atol=1e-6)
    check_partition(stage, x, 4_321)
    check_silence(stage, channels, rate)
    check_short(stage, channels)
    for short in (17, rate // 10, rate // 3):
        check_form(stage, x[:, :short])


def lag(x: Samples, y: Samples) -> int:
    """By how many samples y (channels, n) is later than x, where the two are most alike."""
    size = 2 * x.shape[1]
    alike = np.fft.irfft((np.fft.rfft(y, size) * np.fft.rfft(x, size).conj()).sum(axis=0))
    place = int(alike.argmax())
    return place if place < size // 2 else place - size


def in_blocks(stage: Stage, x: Samples, *lengths: int) -> Samples:
    """The stage on x in blocks of these lengths, and the rest at once."""
    edges = np.minimum(np.cumsum([0, *lengths, x.shape[1]]), x.shape[1])
    blocks = [x[:, a:b] for a, b in pairwise(edges)]
    return np.concatenate(list(run(stage, blocks)), axis=1)


def gain_db(make: Stage, x: Samples, settle: int = 0) -> float:
    """Change of the mean power after the first `settle` samples, dB."""
    y = run_whole(make, x)[:, settle:].astype(np.float64)
    return float(10 * np.log10(np.mean(y**2) / np.mean(x[:, settle:].astype(np.float64) ** 2)))


def sdr_db(clean: Samples, x: Samples) -> float:
    """Power of clean over that of x's deviation from it."""
    a, b = clean.astype(np.float64), x.astype(np.float64)
    return float(10 * np.log10(np.sum(a**2) / (np.sum((a - b) ** 2) + 1e-30)))
