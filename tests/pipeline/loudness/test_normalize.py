from __future__ import annotations

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude_db
from pipeline.loudness.meter import loudness
from pipeline.loudness.normalize import MAX_GAIN_DB, Gain, Programme, gain_for
from pipeline.loudness.true_peak import true_peak
from pipeline.settings import Loudness
from pipeline.stream.stage import split
from tests.pipeline.signals import noise, speech_like


def sound(x: Samples, rate: int) -> Programme:
    return Programme(lambda: split(x, rate), rate, x.shape[0], loudness(x, rate), true_peak(x))


def to_target(x: Samples, rate: int, params: Loudness) -> tuple[Samples, Gain]:
    gain = gain_for(sound(x, rate), params)
    return np.concatenate(list(gain.applied(sound(x, rate))), axis=1), gain


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("target", [-36.0, -23.0, -16.0])
def test_target_and_ceiling_are_met_together(rate: int, target: float) -> None:
    x = speech_like(rate, 6, level_db=-40)
    y, gain = to_target(x, rate, Loudness(True, target, -3.0))
    assert loudness(y, rate) == pytest.approx(target, abs=0.15)
    assert amplitude_db(true_peak(y)) <= -3.0
    assert gain.notes == ()
    assert gain.gain_db > 0


def test_where_harm_would_be_done_the_ceiling_wins_and_the_note_says_so() -> None:
    x = noise(1, 48_000 * 4, -60)
    x[0, ::9_600] = 0.9
    y, gain = to_target(x, 48_000, Loudness(True, -9.0, -1.0))
    assert amplitude_db(true_peak(y)) <= -1.0
    assert len(gain.notes) == 1
    assert "under the target" in gain.notes[0]


def test_gain_has_a_limit() -> None:
    _, gain = to_target(noise(1, 48_000, -66), 48_000, Loudness(True, -9.0, -1.0))
    assert gain.gain_db == MAX_GAIN_DB
    assert gain.notes


def test_silence_and_off_change_nothing() -> None:
    silence, x = np.zeros((2, 48_000), np.float32), noise(2, 48_000)
    for y, params in ((silence, Loudness()), (x, Loudness(normalize=False))):
        out, gain = to_target(y, 48_000, params)
        assert np.array_equal(out, y)
        assert gain.gain_db == 0
        assert gain.notes == ()
