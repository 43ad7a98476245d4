from __future__ import annotations

import numpy as np
import pytest

from pipeline.dsp.decibels import amplitude_db
from pipeline.loudness.limiter import _smooth, limit, stage
from pipeline.loudness.true_peak import true_peak
from pipeline.stream.stage import run, split
from tests.pipeline.signals import noise, sine, speech_like


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000, 192_000])
@pytest.mark.parametrize("ceiling", [-9.0, -1.0, 0.0])
def test_the_ceiling_holds(rate: int, ceiling: float) -> None:
    x = noise(2, rate, level_db=0) * np.linspace(0, 1, rate, dtype=np.float32)
    assert amplitude_db(true_peak(limit(x, rate, ceiling))) <= ceiling + 0.05


def test_the_hardest_case_a_lone_full_scale_click() -> None:
    x = np.zeros((1, 48_000), np.float32)
    x[0, 24_000:24_002] = 4.0, -4.0
    assert amplitude_db(true_peak(limit(x, 48_000, -1.0))) <= -1.0


def test_what_stays_below_is_untouched() -> None:
    x = speech_like(48_000, 1, level_db=-30)
    assert np.array_equal(limit(x, 48_000, -1.0), x)


def test_gain_reduction_is_smooth_and_shared_by_the_channels() -> None:
    rate = 48_000
    carrier = np.concatenate([sine(1000, rate, 0.5, 0.5), sine(1000, rate, 0.5, 2.0), sine(1000, rate, 1, 0.5)], axis=1)
    x = np.concatenate([carrier, 0.1 * carrier])
    y = limit(x, rate, -1.0)
    loud = np.abs(x[0]) > 0.1
    gain = y[0, loud] / x[0, loud]
    np.testing.assert_allclose(y[1, loud] / x[1, loud], gain, rtol=1e-3)
    assert np.abs(np.diff(gain)).max() < 0.05
    assert gain[:1000].min() > 0.999  # before the look-ahead reaches it, nothing moves
    assert gain[-1000:].min() > 0.999  # and the release lets go


@pytest.mark.parametrize("block", [1, 37, 480, 5_000, 10**6])
def test_blocks_equal_whole(block: int) -> None:
    x = noise(2, 6_000, level_db=-3)
    pieces = np.concatenate(list(run(stage(-1.0, 16_000, 2), split(x, block))), axis=1)
    np.testing.assert_allclose(pieces, limit(x, 16_000, -1.0), atol=1e-6)


@pytest.mark.parametrize("n", [0, 1, 100])
def test_short_input_keeps_its_length(n: int) -> None:
    x = np.full((1, n), 2.0, np.float32)
    y = limit(x, 48_000, -1.0)
    assert y.shape == x.shape
    assert y.dtype == np.float32
    assert np.abs(y).max(initial=0) <= 10 ** (-1 / 20)


def test_kernel_equals_numpy() -> None:
    rng = np.random.default_rng(0)
    wanted = (-6 * rng.random(4_000) * (rng.random(4_000) < 0.02)).astype(np.float32)
    ours, held = _smooth(wanted, 0.002, -0.5, 64)
    other, other_held = _smooth.numpy_version(wanted, 0.002, -0.5, 64)
    np.testing.assert_allclose(ours, other, atol=1e-5)
    assert held == pytest.approx(other_held, abs=1e-5)
