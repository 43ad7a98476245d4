from __future__ import annotations

import numpy as np
import pytest

from pipeline.dsp.autoregressive import Signal, fit, interpolate, prediction_error, solve
from tests.pipeline.signals import noise, sine


def process(n: int, seed: int = 0) -> tuple[Signal, Signal]:
    """A sample of a known autoregressive process of order 4, and its coefficients."""
    from scipy.signal import lfilter

    poles = np.array([0.97 * np.exp(0.2j), 0.9 * np.exp(1.1j)])
    a = np.real(np.poly(np.concatenate((poles, poles.conj()))))
    return lfilter([1.0], a, np.random.default_rng(seed).standard_normal(n)), a


def test_finds_the_process() -> None:
    x, a = process(20_000)
    np.testing.assert_allclose(fit(x, np.hanning(x.size), 4), a, atol=0.03)


def test_silence_has_no_model() -> None:
    for version in (fit, fit.numpy_version):
        assert np.array_equal(version(np.zeros(100), np.ones(100), 3), [1, 0, 0, 0])


@pytest.mark.parametrize("order", [1, 24, 64])
def test_fit_equals_numpy(order: int) -> None:
    x, _ = process(600)
    np.testing.assert_allclose(fit(x, np.hanning(600), order), fit.numpy_version(x, np.hanning(600), order), atol=1e-8)


def test_a_pure_sine_can_be_fitted() -> None:
    x = sine(440, 48_000, 0.02)[0].astype(np.float64)
    residual = np.convolve(x, fit(x, np.hanning(x.size), 64), "valid")
    assert np.abs(residual).max() < 1e-3


def test_a_gap_in_a_sine_closes() -> None:
    x = sine(440, 16_000, 0.1)[0].astype(np.float64)
    y, gap = x.copy(), np.arange(700, 760)
    y[gap] = 9.0
    interpolate(y, gap, np.array([1.0, -2 * np.cos(2 * np.pi * 440 / 16_000), 1.0]))
    np.testing.assert_allclose(y, x, atol=1e-4)


@pytest.mark.parametrize("share", [0.01, 0.3])
def test_interpolation_is_least_squares(share: float) -> None:
    x, _ = process(800)
    a = fit(x, np.hanning(800), 20)
    missing = np.flatnonzero(np.random.default_rng(1).random(760) < share) + 20
    filtering = np.stack([np.convolve(row, a, "valid") for row in np.eye(800)], axis=1)
    known = x.copy()
    known[missing] = 0
    best = np.linalg.lstsq(filtering[:, missing], -filtering @ known, rcond=None)[0]
    for version in (interpolate, interpolate.numpy_version):
        y = x.copy()
        version(y, missing, a)
        np.testing.assert_allclose(y[missing], best, atol=1e-8)
        untouched = np.setdiff1d(np.arange(800), missing)
        assert np.array_equal(y[untouched], x[untouched])


def test_solving_a_band_equals_numpy() -> None:
    rng = np.random.default_rng(2)
    column, y = rng.random((200, 6)), rng.random(200)
    column[:, 0] += 10
    ours, other = y.copy(), y.copy()
    solve(column.copy(), ours)
    solve.numpy_version(column.copy(), other)
    np.testing.assert_allclose(ours, other, atol=1e-12)


def test_nothing_missing() -> None:
    x = noise(1, 100)[0].astype(np.float64)
    y = x.copy()
    interpolate(y, np.empty(0, np.int64), np.array([1.0, -0.5]))
    assert np.array_equal(x, y)


def test_surprise_equals_numpy_and_finds_a_wrong_sample_at_its_height() -> None:
    x, _ = process(600)
    x[300] += 40
    a = fit(x, np.hanning(600), 20)
    off = prediction_error(x, a)
    np.testing.assert_allclose(off, prediction_error.numpy_version(x, a), atol=1e-9)
    assert off.argmax() == 300
    assert off[300] == pytest.approx(40, abs=10)
