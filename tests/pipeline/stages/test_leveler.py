from __future__ import annotations

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.measures.levels import levels_of
from pipeline.settings import Level
from pipeline.stages import leveler
from pipeline.stages.leveler import Scene, level
from pipeline.stream.stage import Stage
from tests.pipeline.signals import noise, sine, speech_like
from tests.pipeline.stages import every_stage

RATE = 16_000
ON = Level(12.0)


def scene_of(x: Samples, rate: int) -> Scene:
    levels = levels_of(x, rate)
    assert levels.speech_dbfs is not None
    return Scene(levels.speech_dbfs, levels.noise_floor_dbfs)


def power_db(x: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(x, dtype=np.float64))))


def make(rate: int, channels: int) -> Stage:
    return leveler.stage(Level(3.0), Scene(-30.0, -60.0), rate, channels)


def test_off_and_without_speech_it_is_a_copy() -> None:
    x = noise(2, RATE)
    every_stage.check_off(leveler.stage(Level(0.0), Scene(-30.0, -60.0), RATE, 2), x)
    every_stage.check_off(leveler.stage(ON, None, RATE, 2), x)


def test_two_talkers_come_together() -> None:
    loud, quiet = speech_like(RATE, 8, level_db=-20), speech_like(RATE, 8, level_db=-32)
    x = np.concatenate((loud, quiet, loud, quiet), axis=1)
    y = level(x, RATE, ON, scene_of(x, RATE))
    middle = [power_db(y[:, (8 * k + 2) * RATE : (8 * k + 6) * RATE]) for k in range(4)]
    assert max(middle) - min(middle) < 4
    assert middle[1] > power_db(quiet) + 4


def test_noise_between_the_words_is_never_lifted() -> None:
    talk = speech_like(RATE, 8, level_db=-34)
    x = np.concatenate((speech_like(RATE, 8, level_db=-20), talk, np.zeros((1, 8 * RATE), np.float32)), axis=1)
    x += noise(1, x.shape[1], -60)
    y = level(x, RATE, ON, scene_of(x, RATE))
    pause = slice(18 * RATE, 24 * RATE)
    assert power_db(y[:, pause]) < power_db(x[:, pause]) + 1
    only_noise = noise(1, 10 * RATE, -50)
    out = level(only_noise, RATE, ON, scene_of(only_noise, RATE))
    assert abs(power_db(out) - power_db(only_noise)) < 1


def test_even_speech_stays_as_it_is() -> None:
    x = speech_like(RATE, 12)
    y = level(x, RATE, ON, scene_of(x, RATE))
    inside = slice(2 * RATE, 10 * RATE)
    gain = power_db(y[:, inside]) - power_db(x[:, inside])
    assert abs(gain) < 2
    assert every_stage.sdr_db(x[:, inside] * np.float32(10 ** (gain / 20)), y[:, inside]) > 20


def test_the_gain_keeps_its_range_and_the_stereo_image() -> None:
    x = np.concatenate((speech_like(RATE, 6, level_db=-10), speech_like(RATE, 6, level_db=-45)), axis=1)
    both = np.concatenate((x, 0.5 * x))
    y = level(both, RATE, Level(6.0), scene_of(both, RATE))
    np.testing.assert_allclose(y[1], 0.5 * y[0], atol=1e-6)
    heard = np.abs(x[0]) > 1e-3
    gains = 20 * np.log10(np.abs(y[0][heard]) / np.abs(x[0][heard]))
    assert gains.max() <= 6.01
    assert gains.min() >= -6.01


SPEECH = Scene(-17.0, -60.0)


def gains_db(x: Samples, params: Level, scene: Scene) -> np.ndarray:
    """Gain in dB of each 50 ms of x (1, n), a steady tone."""
    loudest = [np.abs(one[0]).reshape(-1, RATE // 20).max(axis=1) for one in (level(x, RATE, params, scene), x)]
    return np.asarray(20 * np.log10(loudest[0] / loudest[1]))


def tone(level_dbfs: float, seconds: float) -> Samples:
    return sine(500, RATE, seconds, float(np.sqrt(2) * 10 ** (level_dbfs / 20)))


def test_steady_speech_gets_one_gain_that_never_starts_again() -> None:
    gain = gains_db(tone(-23.0, 20), ON, SPEECH)
    assert gain[20:-20] == pytest.approx(5.4, abs=0.05)  # 6³ / (6² + 2²)
    assert np.abs(np.diff(gain)).max() < 0.6  # nor does it jump, at the ends neither


@pytest.mark.parametrize(
    ("level_dbfs", "gain_db"), [(-28.0, 10.65), (-32.0, 12), (-38.5, 12), (-39.5, 0), (-7.0, -9.62)]
)
def test_what_is_22_db_under_the_speech_is_no_speech(level_dbfs: float, gain_db: float) -> None:
    assert gains_db(tone(level_dbfs, 6), ON, SPEECH)[40:80] == pytest.approx(gain_db, abs=0.05)


@pytest.mark.parametrize(("level_dbfs", "gain_db"), [(-33.5, 12), (-34.5, 0)])
def test_what_is_less_than_6_db_over_the_noise_is_no_speech(level_dbfs: float, gain_db: float) -> None:
    assert gains_db(tone(level_dbfs, 6), ON, Scene(-17.0, -40.0))[40:80] == pytest.approx(gain_db, abs=0.05)


def test_where_the_gaps_are_silent_the_speech_alone_decides() -> None:
    assert gains_db(tone(-38.5, 6), ON, Scene(-17.0, None))[40:80] == pytest.approx(12, abs=0.05)


def test_in_a_pause_a_lift_is_taken_back_by_10_db_a_second_and_a_cut_stays() -> None:
    lifted = gains_db(np.concatenate((tone(-30.0, 8), tone(-55.0, 8)), axis=1), ON, SPEECH)
    assert lifted[120] == pytest.approx(12, abs=0.05)
    assert np.diff(lifted[170:178]) == pytest.approx(-0.5, abs=0.02)  # every 50 ms
    assert lifted[200:-20] == pytest.approx(0, abs=0.05)
    cut = gains_db(np.concatenate((tone(-7.0, 8), tone(-55.0, 8)), axis=1), ON, SPEECH)
    assert cut[175:-20] == pytest.approx(-9.62, abs=0.05)


def test_it_begins_to_move_half_a_second_before_the_level_changes() -> None:
    gain = gains_db(np.concatenate((tone(-17.0, 8), tone(-27.0, 8)), axis=1), ON, SPEECH)
    assert gain[:118] == pytest.approx(0, abs=0.05)  # 2 s before: what it hears around, and its smoothing
    assert gain[159] > 1
    assert gain[205:-20] == pytest.approx(9.62, abs=0.1)


@pytest.mark.parametrize(("apart_db", "left_db"), [(1.0, 0.8), (2.0, 1.0), (-1.0, -0.8), (6.0, 0.6), (-12.0, -0.33)])
def test_what_speech_has_of_differences_itself_stays(apart_db: float, left_db: float) -> None:
    x = tone(-17.0 - apart_db, 6)
    assert apart_db - gains_db(x, ON, SPEECH)[40:80] == pytest.approx(left_db, abs=0.05)
