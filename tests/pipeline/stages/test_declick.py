from __future__ import annotations

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.settings import Declick
from pipeline.stages.declick import Rule, click_peaks, count_clicks, declick, stage
from tests.pipeline.recordings import clean_speech
from tests.pipeline.signals import noise, sine, speech_like
from tests.pipeline.stages import every_stage

ON = Declick(50.0)


def clicked(x: Samples, level: float, spacing: int = 6_000, seed: int = 0) -> tuple[Samples, list[slice]]:
    """x (1, n) with decaying bursts of 1 to 20 samples, the highest of each at `level` times x's peak; their places."""
    rng, y, places = np.random.default_rng(seed), x.copy(), []
    for at in range(spacing, x.shape[1] - spacing, spacing):
        length = int(rng.integers(1, 21))
        burst = rng.standard_normal(length) * np.exp(-3 * np.arange(length) / length)
        places.append(slice(at, at + length))
        y[0, places[-1]] += (burst * level * np.abs(x).max() / np.abs(burst).max()).astype(np.float32)
    return y, places


@pytest.mark.parametrize("rate", every_stage.RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_form(rate: int, channels: int) -> None:
    x, _ = clicked(speech_like(rate, 0.8), 0.7, rate // 6)
    x = np.repeat(x, channels, axis=0)
    assert not np.array_equal(every_stage.check_form(stage(ON, rate, channels), x), x)
    every_stage.check_short(stage(ON, rate, channels), channels)
    every_stage.check_silence(stage(ON, rate, channels), channels, rate // 2)


@pytest.mark.parametrize("channels", [1, 2])
def test_off_is_a_copy(channels: int) -> None:
    x = noise(channels, 1_000)
    y = declick(x, 48_000, Declick(0.0))
    assert np.array_equal(x, y)
    assert y is not x


def test_blocks_equal_whole() -> None:
    every_stage.check_partition(stage(ON, 8_000, 1), clicked(speech_like(8_000, 3), 0.5, 997)[0], 401, 4_096, 10**6)


def test_channels_do_not_touch_each_other() -> None:
    x = np.concatenate([clicked(speech_like(16_000, 2, seed=k), 0.5, 1_500 * k, k)[0] for k in (1, 2)])
    every_stage.check_channels_apart(stage(ON, 16_000, 2), stage(ON, 16_000, 1), x)


@pytest.mark.parametrize(("level", "least_recall", "least_gain_db"), [(0.3, 0.8, 4), (1.0, 0.9, 6)])
def test_finds_and_mends_clicks(level: float, least_recall: float, least_gain_db: float) -> None:
    for name, x, rate in clean_speech():
        y, places = clicked(x, level)
        z = declick(y, rate, ON)
        assert np.mean([(y[0, at] != z[0, at]).any() for at in places]) >= least_recall, name
        assert every_stage.sdr_db(x, z) - every_stage.sdr_db(x, y) > least_gain_db, name
        assert count_clicks(y, rate, ON) == pytest.approx(len(places), abs=0.2 * len(places) + 2)


def test_clean_speech_is_left_alone() -> None:
    for name, x, rate in clean_speech():
        assert np.mean(declick(x, rate, ON) != x) < 0.0005, name


def test_plosives_and_tones_are_left_alone() -> None:
    rate = 48_000
    burst = noise(1, rate // 50, -12) * np.exp(-np.arange(rate // 50) / (0.005 * rate)).astype(np.float32)
    x = noise(1, rate, -70)
    x[:, rate // 2 :][:, : burst.shape[1]] += burst
    assert np.array_equal(declick(x, rate, ON), x)
    x = sine(440, rate, 1, 1.0)
    assert np.array_equal(declick(x, rate, ON), x)


def test_a_recording_may_start_and_end_at_once() -> None:
    x = noise(1, 48_000) + np.float32(0.5)
    assert np.array_equal(declick(x, 48_000, ON), x)


def test_a_lone_wrong_sample_comes_back() -> None:
    x = sine(300, 48_000, 1) + noise(1, 48_000, -70)
    y = x.copy()
    y[0, 20_000] = -0.9
    z = declick(y, 48_000, ON)
    assert abs(z[0, 20_000] - x[0, 20_000]) < 0.01
    assert count_clicks(y, 48_000, ON) == 1


def test_more_sensitive_finds_more() -> None:
    x, _ = clicked(speech_like(16_000, 3) + noise(1, 48_000, -60), 0.1, 1_500)
    counts = [count_clicks(x, 16_000, Declick(percent)) for percent in (10.0, 50.0, 100.0)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_kernel_equals_numpy() -> None:
    rng = np.random.default_rng(0)
    off = rng.random(20_000) ** 8
    off[rng.integers(0, 20_000, 30)] += 5
    usual = np.repeat(rng.random(20), 1_000) + 0.2
    rule = Rule.of(60.0, 8_000)
    ours, other = click_peaks(off, usual, rule), click_peaks.numpy_version(off, usual, rule)
    assert ours.size > 5
    assert np.array_equal(ours, other)
    assert not click_peaks.numpy_version(np.zeros(500), np.zeros(500), rule).size


@pytest.mark.parametrize(("gap_s", "count"), [(0.004, 0), (0.010, 0), (0.030, 12)])
def test_clicks_that_follow_each_other_within_20_ms_are_left_for_they_may_be_a_voice(gap_s: float, count: int) -> None:
    rate = 16_000
    x = sine(300, rate, 2, 0.2) + noise(1, 2 * rate, -60)
    y = x.copy()
    for at in range(rate // 4, 2 * rate - rate // 4, rate // 4):
        y[0, at] += 0.5
        y[0, at + round(gap_s * rate)] -= 0.5
    z = declick(y, rate, ON)
    assert count_clicks(y, rate, ON) == count
    assert np.abs(z - x).max() == pytest.approx(0.0 if count else 0.5, abs=0.01)
    assert np.array_equal(z, y) is not bool(count)


def test_a_loud_click_in_a_clean_voice_is_mended_by_more_than_20_db() -> None:
    x = speech_like(48_000, 3, level_db=-20) + noise(1, 3 * 48_000, -70)
    y, _ = clicked(x, 1.0)
    assert every_stage.sdr_db(x, declick(y, 48_000, ON)) - every_stage.sdr_db(x, y) > 18
