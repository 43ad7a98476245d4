"""Eaten speech, of signals with holes whose size is known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.metrics import of_pair
from benchmarks.metrics.eaten import eaten_cells, eaten_percent
from tests.pipeline.signals import noise, sine

RATE = 16_000
N = 4 * RATE
FADES = np.minimum(1, np.minimum(np.arange(N), np.arange(N)[::-1]) / 800).astype(np.float32)  # no click at the ends
TONES = FADES * sum(sine(hz, RATE, N / RATE)[0] for hz in (500.0, 1500.0, 3000.0))
NOISY = TONES + noise(1, N, -60.0)[0]


def with_a_hole(share: float, left_db: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """NOISY, weaker by so much in its last part."""
    y = NOISY.copy()
    y[round((1 - share) * N) :] *= 10 ** (left_db / 20)
    return y


@pytest.mark.parametrize("share", [0.1, 0.5, 0.7])
@pytest.mark.parametrize("gain", [1.0, 0.2, 8.0])
def test_a_hole_is_as_large_as_it_is(share: float, gain: float) -> None:
    assert eaten_percent(gain * with_a_hole(share, -30.0), NOISY, TONES, RATE) == pytest.approx(100 * share, abs=1.0)


@pytest.mark.parametrize(("left_db", "eaten"), [(-9.0, 0.0), (-11.0, 40.0)])
def test_ten_decibels_are_what_counts(left_db: float, eaten: float) -> None:
    assert eaten_percent(with_a_hole(0.4, left_db), NOISY, TONES, RATE) == pytest.approx(eaten, abs=1.0)


@pytest.mark.parametrize("gain", [0.2, 1.0, 8.0])
def test_a_mere_gain_costs_nothing(gain: float) -> None:
    assert eaten_percent(gain * NOISY, NOISY, TONES, RATE) == 0.0


@pytest.mark.parametrize("gain", [0.0, 1e-3])
def test_what_is_gone_as_a_whole_is_no_gain(gain: float) -> None:
    assert eaten_percent(gain * NOISY, NOISY, TONES, RATE) == 100.0


def test_cells_are_those_of_speech_above_the_noise() -> None:
    """Three tones in noise: a few of the 257 bands, and none of what lies below the noise."""
    _, cells = eaten_cells(NOISY, NOISY, TONES, RATE)
    times = N // 256 + 1
    assert 3 * times <= cells < 20 * times
    assert eaten_cells(NOISY, NOISY, np.zeros_like(TONES), RATE) == (0.0, 0.0)
    assert np.isnan(eaten_percent(NOISY, NOISY, np.zeros_like(TONES), RATE))


def test_rumble_of_the_clean_recording_can_be_left_out() -> None:
    """Three tones of a voice and one below, which goes."""
    low = FADES * sine(20.0, RATE, N / RATE)[0]
    noisy = NOISY + low
    assert eaten_percent(NOISY, noisy, TONES + low, RATE) > 15
    assert eaten_percent(NOISY, noisy, TONES + low, RATE, above_hz=93.75) == 0.0  # a window blurs 20 Hz up to there
    assert eaten_percent(0.7 * with_a_hole(0.4, -30.0), NOISY, TONES, RATE, 62.5) == pytest.approx(40, abs=1)
    assert np.isnan(eaten_percent(NOISY, NOISY, TONES, RATE, above_hz=6_000.0))


def test_only_pairs_without_a_room_have_it() -> None:
    late = np.pad(with_a_hole(0.4, -30.0), (160, 0))
    found = of_pair(TONES, RATE, late, RATE, 0.01, noisy=NOISY)
    assert found["eaten_percent"] == pytest.approx(40.0, abs=1.0)
    assert found["eaten_voice_percent"] == pytest.approx(40.0, abs=1.0)
    assert "eaten_percent" not in of_pair(TONES, RATE, late, RATE, 0.01, dry=False, noisy=NOISY)
    assert "eaten_percent" not in of_pair(np.zeros_like(TONES) + 1e-9, RATE, late, RATE, noisy=NOISY)
