from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.measures.levels import FramePowers, Powers, measure
from pipeline.stream.stage import split
from tests.pipeline.signals import noise, speech_like

RATE = 16_000


def frame_powers(blocks: Iterable[Samples], sample_rate: int) -> Powers:
    powers = FramePowers(sample_rate)
    for block in blocks:
        powers.add(block)
    return powers.result()


@pytest.mark.parametrize("snr_db", [5, 10, 15])
def test_the_ratio_is_about_right(snr_db: float) -> None:
    speech = speech_like(RATE, 10)
    speech /= np.sqrt(np.mean(speech**2))
    x = speech * 0.05 + noise(1, speech.shape[1], 20 * np.log10(0.05) - snr_db)
    # The made voice has pauses: its power is taken over all of the time.
    assert measure(frame_powers([x], RATE)).snr_db == pytest.approx(snr_db - 2.7, abs=0.5)


def test_the_floor_is_the_level_between_the_words() -> None:
    x = speech_like(RATE, 10) + noise(1, 10 * RATE, -60)
    assert measure(frame_powers([x], RATE)).noise_floor_dbfs == pytest.approx(-60, abs=1)


def test_silence_measures_nothing_and_silent_gaps_are_no_noise() -> None:
    nothing = measure(frame_powers([np.zeros((1, RATE), np.float32)], RATE))
    assert nothing.noise_floor_dbfs is None
    assert nothing.snr_db is None
    gated = measure(frame_powers([speech_like(RATE, 5)], RATE))
    assert gated.noise_floor_dbfs is None
    assert gated.snr_db is not None
    assert gated.snr_db > 50


def test_speech_stands_clear_of_what_is_quiet() -> None:
    x = speech_like(RATE, 10)
    quiet = measure(frame_powers([x + noise(1, 10 * RATE, -60)], RATE))
    loud = measure(frame_powers([x + noise(1, 10 * RATE, -40)], RATE))
    assert quiet.clearance_db is not None
    assert loud.clearance_db is not None
    assert quiet.clearance_db - loud.clearance_db == pytest.approx(20, abs=1.5)
    assert measure(frame_powers([np.zeros((1, RATE), np.float32)], RATE)).clearance_db is None


def test_blocks_equal_whole() -> None:
    x = noise(2, 10_001)
    np.testing.assert_allclose(frame_powers(split(x, 123), RATE), frame_powers([x], RATE))


@pytest.mark.parametrize("n", [1, 100, 319, 320])
def test_less_than_a_frame(n: int) -> None:
    assert frame_powers([noise(1, n)], RATE).size == 1


def powers_of(*parts: tuple[int, float]) -> Powers:
    """Frames of (how many, dB re full scale)."""
    return np.concatenate([np.full(count, 10 ** (db / 10)) for count, db in parts])


def test_the_floor_is_the_quietest_tenth_of_what_sounds() -> None:
    found = measure(powers_of((5, -120.0), (10, -70.0), (20, -60.0), (70, -20.0)))
    assert found.noise_floor_dbfs == pytest.approx(-70)
    assert found.speech_dbfs == pytest.approx(-20)
    assert found.clearance_db == pytest.approx(50)
    assert found.activity_percent == pytest.approx(100 * 70 / 105)


@pytest.mark.parametrize(("silent", "is_known"), [(10, True), (12, False)])
def test_where_more_than_a_tenth_is_silent_there_is_no_floor(silent: int, is_known: bool) -> None:
    found = measure(powers_of((silent, -100.1), (20, -50.0), (80, -20.0)))
    assert (found.noise_floor_dbfs is not None) is is_known
    assert found.clearance_db == pytest.approx(30)


def test_what_is_quieter_than_100_db_is_no_sound() -> None:
    assert measure(powers_of((9, -100.1))).snr_db is None
    assert measure(powers_of((9, -99.9))).noise_floor_dbfs == pytest.approx(-99.9)


def test_for_the_ratio_noise_is_the_quietest_three_tenths_and_2_db() -> None:
    """(all - noise) / noise, where noise is 1.6 times the mean of the quietest 30 of 100 frames."""
    found = measure(powers_of((10, -70.0), (20, -60.0), (70, -20.0)))
    noise_power = 1.6 * (10 * 1e-7 + 20 * 1e-6) / 30
    everything = (10 * 1e-7 + 20 * 1e-6 + 70 * 1e-2) / 100
    assert found.snr_db == pytest.approx(10 * np.log10(everything / noise_power - 1), abs=1e-6)


def test_the_ratio_ends_at_minus_15_and_at_80_db() -> None:
    assert measure(powers_of((100, -30.0))).snr_db == pytest.approx(-15.2, abs=0.1)
    assert measure(powers_of((40, -99.0), (60, -1.0))).snr_db == 80


@pytest.mark.parametrize(("faint_db", "speaking"), [(-41.5, 90), (-42.5, 50)])
def test_what_is_22_db_under_the_loud_is_a_pause(faint_db: float, speaking: int) -> None:
    found = measure(powers_of((10, -90.0), (40, faint_db), (50, -20.0)))
    assert found.activity_percent == pytest.approx(speaking)


@pytest.mark.parametrize(("faint_db", "speaking"), [(-33.5, 90), (-34.5, 50)])
def test_what_is_less_than_6_db_over_the_noise_is_a_pause(faint_db: float, speaking: int) -> None:
    found = measure(powers_of((10, -40.0), (40, faint_db), (50, -20.0)))
    assert found.activity_percent == pytest.approx(speaking)


def test_a_frame_lasts_20_ms_and_takes_all_channels() -> None:
    x = np.concatenate((np.full((1, RATE), 0.1, np.float32), np.zeros((1, RATE), np.float32)))
    powers = frame_powers([x], RATE)
    assert powers.size == 50
    assert powers == pytest.approx(0.005)
