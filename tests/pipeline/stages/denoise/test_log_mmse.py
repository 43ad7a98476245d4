from __future__ import annotations

import numpy as np
import pytest
from scipy.special import exp1

from pipeline.stages.denoise.log_mmse import LEAST_POSTERIOR, gains

FLOOR = 0.1


def gain(power: float, prior: float, floor: float = 0.0) -> float:
    """The gain of one bin above noise of power 1, for an a-priori SNR given from outside."""
    one = np.ones((1, 1), np.float32)
    return float(gains(one * np.float32(power), one, np.full(1, prior), 1.0, 0.0, floor)[0, 0])


def test_kernel_equals_numpy_and_leaves_the_same_state() -> None:
    rng = np.random.default_rng(0)
    power = rng.exponential(1.0, (200, 65)).astype(np.float32) * np.float32(10) ** rng.uniform(-6, 6, (200, 65))
    power = power.astype(np.float32)
    power[50:60] = 0
    noise = rng.uniform(0.5, 2.0, (200, 65)).astype(np.float32)
    ours, other = np.zeros(65), np.zeros(65)
    np.testing.assert_allclose(
        gains(power, noise, ours, 0.98, 0.016, FLOOR),
        gains.numpy_version(power, noise, other, 0.98, 0.016, FLOOR),  # type: ignore[attr-defined]
        rtol=1e-5,
    )
    np.testing.assert_allclose(ours, other, rtol=1e-5)


@pytest.mark.parametrize("power", [0.01, 0.3, 1.0, 1.7, 5.0, 300.0])
@pytest.mark.parametrize("prior", [0.02, 0.5, 3.0, 100.0])
def test_equals_the_formula(power: float, prior: float) -> None:
    v = prior / (1 + prior) * max(power, LEAST_POSTERIOR)
    expected = min(1.0, prior / (1 + prior) * np.exp(0.5 * exp1(v))) ** 1.25
    assert gain(power, prior) == pytest.approx(expected, rel=1e-4)


def test_grows_with_the_prior_and_stays_between_floor_and_one() -> None:
    values = [gain(2.0, prior, FLOOR) for prior in np.geomspace(1e-4, 1e4, 60)]
    assert values == sorted(values)
    assert values[0] == pytest.approx(FLOOR)
    assert values[-1] == pytest.approx(1.0, abs=1e-3)


def test_noise_alone_stays_near_the_floor_and_loud_speech_is_passed() -> None:
    noise = np.ones((400, 65), np.float32)
    power = np.random.default_rng(0).exponential(1.0, (400, 65)).astype(np.float32)
    left = power * gains(power, noise, np.zeros(65), 0.98, 0.016, FLOOR) ** 2
    assert 10 * np.log10(left[50:].mean()) < -13
    assert gains(power * np.float32(1e3), noise, np.zeros(65), 0.98, 0.016, FLOOR)[5:].mean() > 0.95


def test_silence_gives_no_nan() -> None:
    zeros = np.zeros((3, 9), np.float32)
    assert np.isfinite(gains(zeros, zeros + np.float32(1e-16), np.zeros(9), 0.98, 0.016, FLOOR)).all()
