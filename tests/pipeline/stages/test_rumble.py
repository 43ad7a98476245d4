from __future__ import annotations

import numpy as np
import pytest

from pipeline.settings import Tone
from pipeline.stages import rumble
from pipeline.stages.rumble import rumble_filter
from pipeline.stream.stage import run, split
from tests.pipeline.signals import noise, sine


def gain_db(frequency_hz: float, rate: int, cutoff_hz: float) -> float:
    y = rumble_filter(sine(frequency_hz, rate, 2, 0.5), rate, Tone(cutoff_hz))
    return float(20 * np.log10(np.sqrt(2 * np.mean(y[0, rate:].astype(np.float64) ** 2)) / 0.5))


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("cutoff_hz", [40.0, 70.0, 200.0])
def test_cuts_below_and_keeps_above(rate: int, cutoff_hz: float) -> None:
    assert gain_db(cutoff_hz, rate, cutoff_hz) == pytest.approx(-3.0, abs=0.25)
    assert gain_db(cutoff_hz / 2, rate, cutoff_hz) < -22
    assert gain_db(cutoff_hz / 4, rate, cutoff_hz) < -40
    assert gain_db(cutoff_hz * 4, rate, cutoff_hz) == pytest.approx(0, abs=0.05)


def test_off_is_a_copy() -> None:
    x = noise(2, 1_000)
    y = rumble_filter(x, 48_000, Tone(0.0))
    assert np.array_equal(x, y)
    assert y is not x


@pytest.mark.parametrize("block", [1, 37, 10**6])
def test_blocks_equal_whole(block: int) -> None:
    x = noise(2, 4_000)
    pieces = np.concatenate(list(run(rumble.stage(Tone(70.0), 16_000, 2), split(x, block))), axis=1)
    np.testing.assert_allclose(pieces, rumble_filter(x, 16_000, Tone(70.0)), atol=1e-7)


def test_channels_do_not_touch_each_other() -> None:
    x = noise(3, 4_000)
    y = rumble_filter(x, 16_000, Tone())
    for k in range(3):
        assert np.array_equal(rumble_filter(x[k : k + 1], 16_000, Tone())[0], y[k])


def test_shifts_no_phase() -> None:
    x = sine(140, 16_000, 4, 0.5) + sine(280, 16_000, 4, 0.3)
    y = rumble_filter(x, 16_000, Tone(70.0))
    np.testing.assert_allclose(y[:, 8_000:-8_000], x[:, 8_000:-8_000], atol=2e-3)
    impulse = np.zeros((1, 16_001), np.float32)
    impulse[0, 8_000] = 1
    answer = rumble_filter(impulse, 16_000, Tone(70.0))[0]
    np.testing.assert_allclose(answer, answer[::-1], atol=1e-6)


@pytest.mark.parametrize("cutoff_hz", [5.0, 70.0, 200.0])
def test_takes_all_of_a_constant(cutoff_hz: float) -> None:
    assert abs(rumble.impulse_response(cutoff_hz, 8_000).sum()) < 1e-9
