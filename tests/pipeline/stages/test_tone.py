from __future__ import annotations

import numpy as np
import pytest

from pipeline.errors import SettingsError
from pipeline.settings import Tone
from pipeline.stages import tone
from pipeline.stages.tone import shelve
from tests.pipeline.signals import noise, sine, speech_like
from tests.pipeline.stages import every_stage


def at(hz: float, rate: int, params: Tone) -> float:
    return every_stage.gain_db(tone.stage(params, rate, 1), sine(hz, rate, 1.0), rate // 2)


@pytest.mark.parametrize("rate", every_stage.RATES)
@pytest.mark.parametrize("gain", [-6.0, 4.0])
def test_warmth_lifts_what_lies_below_200_hz(rate: int, gain: float) -> None:
    params = Tone(warmth_db=gain)
    assert at(30, rate, params) == pytest.approx(gain, abs=0.2)
    assert at(200, rate, params) == pytest.approx(gain / 2, abs=0.05)
    assert at(1_500, rate, params) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("rate", every_stage.RATES)
@pytest.mark.parametrize("gain", [-6.0, 4.0])
def test_presence_lifts_what_lies_about_4_khz(rate: int, gain: float) -> None:
    centre = min(4_000.0, 0.35 * rate)
    params = Tone(presence_db=gain)
    assert at(centre, rate, params) == pytest.approx(gain, abs=0.05)
    assert at(200, rate, params) == pytest.approx(0, abs=0.1)
    if rate >= 44_100:
        assert at(16_000, rate, params) == pytest.approx(0, abs=abs(gain) / 6)


@pytest.mark.parametrize("gain", [-6.0, 6.0])
def test_presence_is_broad_half_of_it_is_left_an_octave_off(gain: float) -> None:
    """In dB; so consonants are lifted, not one tone."""
    for hz in (2_000, 8_000):
        assert at(hz, 48_000, Tone(presence_db=gain)) == pytest.approx(gain / 2, abs=0.9)
    assert abs(at(1_000, 48_000, Tone(presence_db=gain))) < 1.3


def test_up_and_down_cancel() -> None:
    x = speech_like(16_000, 1)
    back = shelve(shelve(x, 16_000, Tone(0.0, 5.0, -4.0)), 16_000, Tone(0.0, -5.0, 4.0))
    np.testing.assert_allclose(back, x, atol=1e-6)


def test_off_is_a_copy() -> None:
    x = noise(2, 1_000)
    y = shelve(x, 48_000, Tone(0.0))
    assert np.array_equal(x, y)
    assert y is not x


@pytest.mark.parametrize("values", [(6.5, 0.0), (0.0, -7.0)])
def test_range(values: tuple[float, float]) -> None:
    with pytest.raises(SettingsError, match="out of range"):
        Tone(0.0, *values)
