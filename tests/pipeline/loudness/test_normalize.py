from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude_db
from pipeline.loudness.meter import LoudnessMeter, loudness
from pipeline.loudness.normalize import MAX_GAIN_DB, Gain, Programme, gain_for
from pipeline.loudness.true_peak import true_peak
from pipeline.settings import Loudness
from pipeline.stream.stage import split
from tests.pipeline.signals import noise, speech_like


def sound(x: Samples, rate: int) -> Programme:
    meter = LoudnessMeter(rate, len(x))
    meter.add(x)
    return Programme(lambda: split(x, rate), rate, len(x), meter.gated(), true_peak(x))


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


@pytest.mark.parametrize("peak_dbfs", [-77.0, -79.0, -84.0])
def test_what_has_a_loudness_is_raised_and_never_left_without_a_word(peak_dbfs: float) -> None:
    """Silence is what the meter has no reading for; nothing else decides it a second time."""
    tone = np.sin(np.arange(48_000) * 0.13).astype(np.float32)[None] * np.float32(10 ** (peak_dbfs / 20))
    _, gain = to_target(tone, 48_000, Loudness())
    assert gain.gain_db == MAX_GAIN_DB
    assert "under the target" in gain.notes[0]


def fast(rate: int) -> Samples:
    """(1, n): just under half the rate, in steps of level: between its samples the limiter's own gain makes peaks."""
    steps = np.random.default_rng(54).choice([0.1, 1.0, 30.0], 2 * rate // 20)
    x = np.sin(np.pi * 0.97 * np.arange(2 * rate)) * np.repeat(steps, 20)
    return (x / 60).astype(np.float32)[None]


@pytest.mark.parametrize("ceiling_dbtp", [-3.0, -6.0])
def test_what_the_limiter_lets_pass_is_trimmed_off(ceiling_dbtp: float) -> None:
    y, gain = to_target(fast(8_000), 8_000, Loudness(True, -9.0, ceiling_dbtp))
    assert 0.99 < gain.trim < 1  # else this signal shows nothing
    assert amplitude_db(true_peak(y)) <= ceiling_dbtp
    assert amplitude_db(true_peak(y)) == pytest.approx(ceiling_dbtp, abs=1e-4)


def test_what_the_limiter_holds_is_not_trimmed() -> None:
    assert to_target(speech_like(16_000, 3), 16_000, Loudness(True, -16.0, -1.0))[1].trim == 1


def peaky(crest_db: float) -> Samples:
    """(1, n): quiet noise whose peaks of 0 dBFS are `crest_db` over it."""
    x = noise(1, 4 * 48_000, -crest_db)
    x[0, ::24_000] = 1.0
    return x


def test_no_more_than_15_db_are_limited() -> None:
    x = peaky(60)
    _, gain = to_target(x, 48_000, Loudness(True, -9.0, -1.0))
    assert gain.gain_db == pytest.approx(-1 - amplitude_db(true_peak(x)) + 15, abs=1e-6)


def test_what_is_missing_is_told_from_a_third_of_a_lu_on() -> None:
    x = noise(1, 48_000 * 2, -60)
    lufs = loudness(x, 48_000)
    assert lufs is not None
    for missing, told in ((0.25, False), (0.35, True)):
        programme = replace(sound(x, 48_000), true_peak=10 ** ((-1 + 15 - MAX_GAIN_DB) / 20))  # 40 dB at most
        gain = gain_for(programme, Loudness(True, lufs + 40 + missing, -1.0))
        assert gain.gain_db == pytest.approx(40, abs=1e-6)
        assert bool(gain.notes) is told
    _, gain = to_target(noise(1, 48_000, -66), 48_000, Loudness(True, -9.0, -1.0))
    assert gain.notes == (
        "The loudness stays 13.8 LU under the target: peaks would have to be cut by more than 15 dB or the recording"
        " raised by more than 40 dB.",
    )


@pytest.mark.parametrize("target", [-20.0, -16.0, -12.0])
def test_where_the_limiter_works_hard_the_target_is_met_still(target: float) -> None:
    x = speech_like(16_000, 6, level_db=-26)
    x[0, ::1_600] += 0.9
    y, gain = to_target(x, 16_000, Loudness(True, target, -6.0))
    reached = loudness(y, 16_000)
    assert reached is not None
    assert abs(reached - target) <= 0.1 or gain.notes
    assert amplitude_db(true_peak(y)) <= -6.0
    assert reached <= target + 0.1


def test_the_gain_applied_is_the_gain_told() -> None:
    x = speech_like(16_000, 3, level_db=-40)
    y, gain = to_target(x, 16_000, Loudness(True, -30.0, 0.0))
    np.testing.assert_allclose(y, x * 10 ** (gain.gain_db / 20), rtol=1e-4, atol=1e-7)


def test_each_block_of_each_round_may_stop_it() -> None:
    x, asked = speech_like(16_000, 4), 0

    def on_block() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        gain_for(sound(x, 16_000), Loudness(True, -9.0, -3.0), on_block)
    assert asked == 3


@pytest.mark.parametrize("ceiling", [-1.0, -9.0])
def test_where_the_limiter_has_nothing_to_do_the_sound_is_not_read(ceiling: float) -> None:
    """The loudness is known then; it is the one that is reached."""
    x = noise(2, 48_000 * 2, -50)
    x[:, 30_000:60_000] *= np.float32(0.02)  # under the relative gate, and under the absolute one before the gain

    def blocks() -> Iterator[Samples]:
        raise AssertionError("The sound was read.")

    gain = gain_for(replace(sound(x, 48_000), blocks=blocks), Loudness(True, -32.0, ceiling))
    y = np.concatenate(list(gain.applied(sound(x, 48_000))), axis=1)
    assert loudness(y, 48_000) == pytest.approx(-32.0, abs=0.11)
    assert gain.lufs == pytest.approx(loudness(y, 48_000), abs=1e-4)
