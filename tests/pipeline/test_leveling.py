from __future__ import annotations

import numpy as np
import pytest

from pipeline.leveling import MAX_GAIN_DB, to_target
from pipeline.loudness import loudness
from pipeline.settings import Loudness
from pipeline.true_peak import to_db, true_peak
from tests.pipeline.signals import noise, speech_like


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("target", [-36.0, -23.0, -16.0])
def test_target_and_ceiling_are_met_together(rate: int, target: float) -> None:
    x = speech_like(rate, 6, level_db=-40)
    y, gain, notes = to_target(x, rate, Loudness(True, target, -3.0))
    assert loudness(y, rate) == pytest.approx(target, abs=0.15)
    assert to_db(true_peak(y)) <= -3.0
    assert notes == ()
    assert gain > 0


def test_where_harm_would_be_done_the_ceiling_wins_and_the_note_says_so() -> None:
    x = noise(1, 48_000 * 4, -60)
    x[0, ::9_600] = 0.9
    y, _, notes = to_target(x, 48_000, Loudness(True, -9.0, -1.0))
    assert to_db(true_peak(y)) <= -1.0
    assert len(notes) == 1
    assert "under the target" in notes[0]


def test_gain_has_a_limit() -> None:
    _, gain, notes = to_target(noise(1, 48_000, -66), 48_000, Loudness(True, -9.0, -1.0))
    assert gain == MAX_GAIN_DB
    assert notes


def test_silence_and_off_change_nothing() -> None:
    silence, x = np.zeros((2, 48_000), np.float32), noise(2, 48_000)
    for y, params in ((silence, Loudness()), (x, Loudness(normalize=False))):
        out, gain, notes = to_target(y, 48_000, params)
        assert np.array_equal(out, y)
        assert gain == 0
        assert notes == ()
