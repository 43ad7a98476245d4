from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.dsp.decibels import amplitude, amplitude_db, power, power_db


def test_there_and_back() -> None:
    assert amplitude(-20.0) == pytest.approx(0.1)
    assert amplitude_db(amplitude(-7.5)) == pytest.approx(-7.5)
    assert power(30.0) == pytest.approx(1_000)
    assert power_db(power(-12.0)) == pytest.approx(-12.0)
    assert amplitude_db(0.0) == -math.inf


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_arrays_keep_their_type(kind: type[np.float32] | type[np.float64]) -> None:
    db = np.array([-60.0, 0.0, 6.0], kind)
    assert amplitude(db).dtype == kind
    np.testing.assert_allclose(power_db(amplitude(db) ** 2), db, atol=1e-4)
    assert power_db(amplitude(db)).dtype == kind
