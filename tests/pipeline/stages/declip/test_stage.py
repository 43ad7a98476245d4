from __future__ import annotations

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.settings import Declip
from pipeline.stages.declip.stage import declip, stage
from tests.pipeline.recordings import clean_speech
from tests.pipeline.signals import noise, sine, speech_like
from tests.pipeline.stages import every_stage

ON = Declip(100.0)


def clipped(x: Samples, db: float) -> Samples:
    """x with a ceiling `db` under its peak."""
    ceiling = np.abs(x).max() * 10 ** (-db / 20)
    return np.clip(x, -ceiling, ceiling)


@pytest.mark.parametrize("rate", every_stage.RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_form(rate: int, channels: int) -> None:
    vowel = sine(180, rate, 0.6, 0.3) + sine(530, rate, 0.6, 0.15)
    x = np.repeat(clipped(vowel, 6), channels, axis=0)
    y = every_stage.check_form(stage(ON, rate, channels), x)
    assert np.abs(y).max() > np.abs(x).max()
    every_stage.check_short(stage(ON, rate, channels), channels)
    every_stage.check_silence(stage(ON, rate, channels), channels, rate // 2)


@pytest.mark.parametrize("channels", [1, 2])
def test_off_is_a_copy(channels: int) -> None:
    x = clipped(noise(channels, 1_000), 6)
    y = declip(x, 48_000, Declip(0.0))
    assert np.array_equal(x, y)
    assert y is not x


def test_blocks_equal_whole() -> None:
    every_stage.check_partition(stage(ON, 8_000, 1), clipped(speech_like(8_000, 3), 6), 401, 4_096, 10**6)


def test_channels_do_not_touch_each_other() -> None:
    x = np.concatenate([clipped(speech_like(16_000, 3, seed=k), 4 + 3 * k) for k in (1, 2)])
    every_stage.check_channels_apart(stage(ON, 16_000, 2), stage(ON, 16_000, 1), x)


@pytest.mark.parametrize(("db", "least_gain_db"), [(6, 5), (10, 4)])
def test_brings_back_what_was_cut_off(db: float, least_gain_db: float) -> None:
    gains = []
    for name, x, rate in clean_speech():
        y = clipped(x, db)
        z = declip(y, rate, ON)
        inside = np.abs(y) < np.abs(y).max() * 0.99
        assert np.array_equal(z[inside], y[inside]), name
        assert np.abs(z).max() > np.abs(y).max() * 1.1, name
        assert np.abs(z).max() < np.abs(x).max() * 1.5, name
        gains.append(every_stage.sdr_db(x, z) - every_stage.sdr_db(x, y))
        gains.append(every_stage.sdr_db(x[~inside], z[~inside]) - every_stage.sdr_db(x[~inside], y[~inside]))
    assert min(gains) > least_gain_db
    assert np.mean(gains) > 10


def test_half_strength_goes_half_the_way() -> None:
    x = clipped(speech_like(16_000, 2), 6)
    np.testing.assert_allclose(declip(x, 16_000, Declip(50.0)), (x + declip(x, 16_000, ON)) / 2, atol=1e-6)


def test_what_is_not_clipped_is_untouched() -> None:
    for name, x, rate in clean_speech():
        assert np.array_equal(declip(x, rate, ON), x), name
    x = sine(440, 48_000, 2, 1.0)
    assert np.array_equal(declip(x, 48_000, ON), x)


@pytest.mark.parametrize("frequency_hz", [1, 100, 7_000])
def test_a_square_wave_stays_finite(frequency_hz: float) -> None:
    y = every_stage.check_form(stage(ON, 16_000, 1), np.sign(sine(frequency_hz, 16_000, 3, phase_deg=10)))
    assert np.abs(y).max() <= 4


@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_it_rebuilds_as_well_at_every_moment(rate: int) -> None:
    """Also where the frames and the units of its work begin and end: in no 50 ms is the error down by less."""
    x = sine(180, rate, 6, 0.3) + sine(530, rate, 6, 0.15)
    y = clipped(x, 6)
    left, before = ((one - x)[0].reshape(-1, rate // 20) ** 2 for one in (declip(y, rate, ON), y))
    better_db = 10 * np.log10(before.mean(axis=1) / (left.mean(axis=1) + 1e-12))
    assert better_db[20:-20].min() > 25


@pytest.mark.parametrize("db", [20, 30])
def test_what_a_model_gone_astray_invents_ends_12_db_over_the_ceiling(db: float) -> None:
    """So little is left of this rumble that the least squares of what is missing rise without end."""
    x = clipped(np.cumsum(noise(1, 32_000, -20), axis=1).astype(np.float32), db)
    most = np.abs(declip(x, 8_000, ON)).max() / np.abs(x).max()
    assert most == pytest.approx(4, abs=0.01)
