from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import resample_poly

from pipeline.dsp.decibels import amplitude_db
from pipeline.loudness.true_peak import HALF, INTERPOLATOR, OVERSHOOT, envelope, raise_between, true_peak
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
    x, chunks = noise(2, 3_000), np.argwhere(np.ones((2, 47)))  # the last one is not whole
    ours, theirs = np.zeros((2, 3_000 - 31), np.float32)
    raise_between(ours, x, INTERPOLATOR, chunks)
    raise_between.numpy_version(theirs, x, INTERPOLATOR, chunks)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)
    assert np.all(ours > 0)


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


@pytest.mark.parametrize("share_of_rate", [0.01, 0.1, 0.25, 0.35, 0.42])
def test_the_interpolator_gives_what_lies_a_quarter_a_half_and_three_quarters_on(share_of_rate: float) -> None:
    t = np.arange(2 * HALF) - (HALF - 1)  # sample 15 is at 0, sample 16 at 1
    least = 2e-3 if share_of_rate < 0.4 else 0.02  # nearer to half the rate it falls off
    for phase in (0.0, 0.7, 2.0):
        window = np.sin(2 * np.pi * share_of_rate * t + phase)
        between = np.sin(2 * np.pi * share_of_rate * np.array([0.25, 0.5, 0.75]) + phase)
        np.testing.assert_allclose(INTERPOLATOR @ window, between, atol=least)


def test_the_envelope_looks_from_each_sample_up_to_the_next() -> None:
    x = sine(12_000, 48_000, 0.01, 1.0, 45)  # peaks lie half-way between two samples that are both at 0.7
    found = envelope(x, INTERPOLATOR, 0.0)
    assert found.size == x.shape[1] - 2 * HALF + 1
    between = np.abs(
        np.sin(np.pi / 2 * (np.arange(found.size) + HALF - 1 + np.array([[0, 0.25, 0.5, 0.75]]).T) + np.pi / 4)
    )
    np.testing.assert_allclose(found, between.max(axis=0), atol=0.01)


def test_nothing_between_the_samples_is_higher_than_the_overshoot() -> None:
    worst = np.sign(INTERPOLATOR[1])
    assert np.abs(INTERPOLATOR @ worst).max() == pytest.approx(OVERSHOOT, rel=1e-6)
    assert pytest.approx(np.abs(INTERPOLATOR).sum(axis=1).max()) == OVERSHOOT
