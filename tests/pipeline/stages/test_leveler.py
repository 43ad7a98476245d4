from __future__ import annotations

import numpy as np

from pipeline.audio import Samples
from pipeline.measures.levels import FramePowers, measure
from pipeline.settings import Level
from pipeline.stages import leveler
from pipeline.stages.leveler import Scene, level
from pipeline.stream.stage import Stage
from tests.pipeline.signals import noise, speech_like
from tests.pipeline.stages import every_stage

RATE = 16_000
ON = Level(12.0)


def scene_of(x: Samples, rate: int) -> Scene:
    powers = FramePowers(rate)
    powers.add(x)
    levels = measure(powers.result())
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
