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
    assert measure(frame_powers([x], RATE)).snr_db == pytest.approx(snr_db, abs=4)


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
