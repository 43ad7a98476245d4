"""Against the magnitude of SciPy's filter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, freqs

from pipeline.dsp.butterworth import high_pass_takes


@pytest.mark.parametrize("order", [1, 4])
@pytest.mark.parametrize("cutoff_hz", [20.0, 120.0])
def test_it_is_the_filter_that_scipy_designs(order: int, cutoff_hz: float) -> None:
    hz = np.linspace(1.0, 500.0, 200)
    _, response = freqs(*butter(order, cutoff_hz, "highpass", analog=True), worN=hz)
    np.testing.assert_allclose(1 - high_pass_takes(hz, cutoff_hz, order), np.abs(response), atol=1e-9)


def test_all_of_0_hz_goes_and_cutoffs_broadcast() -> None:
    taken = high_pass_takes(np.array([0.0, 50.0, 5_000.0]), np.array([[50.0], [100.0]]), 4)
    assert taken.shape == (2, 3)
    np.testing.assert_allclose(taken[:, 0], 1)
    assert taken[0, 1] == pytest.approx(1 - 0.5**0.5)
    assert taken[:, 2].max() < 1e-9
