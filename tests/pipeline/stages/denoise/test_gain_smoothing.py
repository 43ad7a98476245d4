from __future__ import annotations

import numpy as np
import pytest

from pipeline.stages.denoise.gain_smoothing import smooth, widest

RNG = np.random.default_rng(0)


def test_kernel_equals_numpy() -> None:
    power = RNG.exponential(1.0, (60, 65)).astype(np.float32)
    power[:3] = 0
    gains = (RNG.random((60, 65)) ** np.linspace(0.1, 8, 60)[:, np.newaxis]).astype(np.float32)
    ours, other = gains.copy(), gains.copy()
    smooth(power, ours, 10)
    smooth.numpy_version(power, other, 10)  # type: ignore[attr-defined]
    np.testing.assert_allclose(ours, other, rtol=1e-5)
    assert not np.array_equal(ours, gains)


def test_frames_of_speech_are_left_alone() -> None:
    power, gains = np.ones((4, 65), np.float32), RNG.uniform(0.7, 1.0, (4, 65)).astype(np.float32)
    after = gains.copy()
    smooth(power, after, 10)
    assert np.array_equal(after, gains)


def test_a_lone_bin_in_the_noise_goes() -> None:
    power, gains = np.ones((1, 101), np.float32), np.full((1, 101), 0.1, np.float32)
    gains[0, 50] = 1.0
    smooth(power, gains, 10)
    assert gains.max() < 0.16
    assert gains.min() >= 0.1


def test_a_flat_gain_stays_flat_up_to_the_edges() -> None:
    power, gains = np.ones((1, 33), np.float32), np.full((1, 33), 0.1, np.float32)
    smooth(power, gains, 10)
    np.testing.assert_allclose(gains, 0.1, rtol=1e-6)


@pytest.mark.parametrize(("bin_hz", "reach"), [(20.83, 7), (10.0, 15), (1_000.0, 0)])
def test_the_width_is_in_hertz(bin_hz: float, reach: int) -> None:
    assert widest(bin_hz) == reach
