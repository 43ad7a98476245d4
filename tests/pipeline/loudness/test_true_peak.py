from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly

from pipeline.dsp.decibels import amplitude_db
from pipeline.loudness.true_peak import HALF, INTERPOLATOR, OVERSHOOT, envelope, true_peak
from tests.pipeline.signals import noise, sine


@pytest.mark.parametrize(
    ("divisor", "phase_deg", "peak", "dbtp"),
    [(4, 0, 0.5, -6), (4, 45, 0.5, -6), (6, 60, 0.5, -6), (8, 67.5, 0.5, -6), (4, 45, 1.41, 3)],
    ids=["case 15", "case 16", "case 17", "case 18", "case 19"],
)
def test_true_peak_of_ebu_3341(divisor: int, phase_deg: float, peak: float, dbtp: float) -> None:
    rate = 48_000
    tone = sine(rate / divisor, rate, 1, peak, phase_deg)
    fade = np.clip(np.minimum(np.arange(rate), np.arange(rate)[::-1]) / 480, 0, 1)  # a hard start has peaks of its own
    reading = amplitude_db(true_peak((tone * fade).astype(np.float32)))
    assert dbtp - 0.4 <= reading <= dbtp + 0.2


def test_agrees_with_an_independent_oversampler() -> None:
    x = noise(2, 20_000)
    # the signal ends within the range that both see
    x[:, :100] = x[:, -100:] = 0
    other = np.abs(resample_poly(x.astype(np.float64), 4, 1, axis=1)).max()
    assert amplitude_db(true_peak(x)) == pytest.approx(amplitude_db(other), abs=0.3)


def test_the_block_size_does_not_matter() -> None:
    x = noise(2, 5_000)
    assert {true_peak(x, block) for block in (1, 7, 333, 5_000, 100_000)} == {true_peak(x)}


def test_kernel_equals_numpy() -> None:
    x = noise(2, 3_000)
    np.testing.assert_allclose(
        envelope(x, INTERPOLATOR, 0.0), envelope.numpy_version(x, INTERPOLATOR, 0.0), rtol=1e-5, atol=1e-7
    )


def test_skipping_the_quiet_loses_no_peak() -> None:
    x = noise(1, 50_000) * np.linspace(0, 1, 50_000, dtype=np.float32) ** 4
    ceiling = 0.2
    full, quick = envelope(x, INTERPOLATOR, 0.0), envelope(x, INTERPOLATOR, ceiling / OVERSHOOT)
    assert np.array_equal(full[full > ceiling], quick[full > ceiling])
    assert quick[full <= ceiling].max() <= ceiling


def test_nothing_and_silence() -> None:
    assert true_peak(np.zeros((1, 0), np.float32)) == 0
    assert true_peak(np.zeros((2, HALF), np.float32)) == 0
    assert amplitude_db(0.0) == -np.inf


def test_one_sample() -> None:
    assert true_peak(np.full((1, 1), -0.5, np.float32)) == pytest.approx(0.5)
