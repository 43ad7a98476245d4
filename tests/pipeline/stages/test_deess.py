from __future__ import annotations

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.errors import SettingsError
from pipeline.settings import Deess
from pipeline.stages.deess import stage as deesser
from pipeline.stages.deess.band import band_filter, filtered
from pipeline.stages.deess.follower import Constants, follow
from pipeline.stages.deess.stage import deess
from pipeline.stream.stage import Stage, run_whole
from tests.pipeline.signals import noise, sine, speech_like
from tests.pipeline.stages import every_stage

RATE = 48_000


def make(rate: int, channels: int) -> Stage:
    return deesser.stage(Deess(8.0), rate, channels)


def band(x: Samples, rate: int) -> Samples:
    taps = band_filter(rate)
    return filtered(np.pad(x, ((0, 0), (taps.size // 2, taps.size // 2))), taps)


def hiss(rate: int, start_s: float, level_db: float, n: int) -> Samples:
    """(1, n): a sibilant of 120 ms, noise between 5 and 9 kHz."""
    raw = band(noise(1, n, 0.0), rate)
    at = np.arange(n) / rate - start_s
    shape = np.where((at > 0) & (at < 0.12), np.sin(np.pi * np.clip(at / 0.12, 0, 1)) ** 0.5, 0)
    return (raw / np.sqrt(np.mean(raw**2)) * shape * 10 ** (level_db / 20)).astype(np.float32)


def lowered_db(x: Samples, y: Samples, rate: int, start_s: float) -> float:
    part = slice(round((start_s + 0.02) * rate), round((start_s + 0.10) * rate))
    before, after = band(x, rate)[:, part], band(y, rate)[:, part]
    return float(10 * np.log10(np.mean(before**2) / np.mean(after**2)))


def test_a_rate_without_sibilants_is_left_alone() -> None:
    every_stage.check_off(make(8_000, 1), noise(1, 8_000))


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000, 96_000])
def test_a_sharp_s_is_turned_down_and_a_soft_one_stays(rate: int) -> None:
    voice = speech_like(rate, 4, level_db=-26)
    sharp = (voice + hiss(rate, 3.0, -26, voice.shape[1])).astype(np.float32)
    soft = (voice + hiss(rate, 3.0, -46, voice.shape[1])).astype(np.float32)
    assert lowered_db(sharp, deess(sharp, rate, Deess(8.0)), rate, 3.0) == pytest.approx(8, abs=1)
    assert lowered_db(sharp, deess(sharp, rate, Deess(4.0)), rate, 3.0) == pytest.approx(4, abs=0.5)
    assert abs(lowered_db(soft, deess(soft, rate, Deess(8.0)), rate, 3.0)) < 0.1


def test_only_the_band_changes() -> None:
    x = (speech_like(RATE, 4) + hiss(RATE, 3.0, -20, 4 * RATE)).astype(np.float32)
    change = (deess(x, RATE, Deess(8.0)) - x)[0].astype(np.float64)
    power = np.abs(np.fft.rfft(change)) ** 2
    hz = np.fft.rfftfreq(change.size, 1 / RATE)
    assert 10 * np.log10(power[hz < 4_000].sum() / power.sum()) < -50
    assert 10 * np.log10(power[hz > 10_000].sum() / power.sum()) < -50
    assert not change[: round(2.9 * RATE)].any()  # sample for sample where nothing is sharp


@pytest.mark.parametrize("level_db", [-60.0, -30.0, 6.0])
def test_the_level_of_the_recording_does_not_matter(level_db: float) -> None:
    x = (speech_like(RATE, 4) + hiss(RATE, 3.0, -26, 4 * RATE)).astype(np.float32)
    factor = np.float32(10 ** (level_db / 20))
    np.testing.assert_allclose(deess(factor * x, RATE, Deess(8.0)) / factor, deess(x, RATE, Deess(8.0)), atol=1e-5)


def test_one_gain_for_all_channels() -> None:
    x = (speech_like(RATE, 4) + hiss(RATE, 3.0, -26, 4 * RATE)).astype(np.float32)
    y = deess(np.concatenate([x, 0.25 * x]), RATE, Deess(8.0))
    np.testing.assert_allclose(y[1], 0.25 * y[0], atol=1e-6)


def test_a_recording_that_begins_with_an_s_waits_for_the_voice() -> None:
    x = hiss(RATE, 0.1, -26, RATE)
    assert np.array_equal(deess(x, RATE, Deess(8.0)), x)


@pytest.mark.parametrize("rate", every_stage.RATES[1:])
def test_the_filter_passes_its_band_alone(rate: int) -> None:
    taps = band_filter(rate)
    hz = np.fft.rfftfreq(1 << 16, 1 / rate)
    response = np.abs(np.fft.rfft(taps, 1 << 16))
    assert np.array_equal(taps, taps[::-1])
    assert response[hz < 4_000].max() < 2e-3
    assert abs(response[(hz > 6_000) & (hz < min(8_000, rate / 2 - 10))] - 1).max() < 2e-3
    if rate > 22_050:
        assert response[hz > 10_000].max() < 2e-3


def test_the_filter_equals_its_numpy_version() -> None:
    x, taps = noise(2, 3_000), band_filter(RATE)
    np.testing.assert_allclose(filtered(x, taps), filtered.numpy_version(x, taps), atol=1e-6)


def test_the_follower_equals_its_numpy_version() -> None:
    rng = np.random.default_rng(0)
    band_power, rest = rng.random(2_000) ** 8, rng.random(2_000) * 0.5
    ours, other = np.zeros(3), np.zeros(3)
    by = Constants.of_hop(0.001, 8.0)
    np.testing.assert_allclose(
        follow(band_power, rest, ours, by),
        follow.numpy_version(band_power, rest, other, by),
        atol=1e-9,
    )
    np.testing.assert_allclose(ours, other, atol=1e-12)


def test_white_noise_keeps_its_colour_mostly() -> None:
    x = noise(1, 2 * RATE)
    assert every_stage.gain_db(make(RATE, 1), x) > -1.5
    assert run_whole(make(RATE, 1), x).shape == x.shape


def test_range() -> None:
    with pytest.raises(SettingsError, match="out of range"):
        Deess(13.0)


def sharp_onset(rate: int) -> Samples:
    """A voice with an s that is there at once, from 3 to 3.12 s."""
    sibilant = band(noise(1, 4 * rate, 0.0), rate)
    sibilant *= np.float32(0.1 / np.sqrt(np.mean(sibilant**2)))
    sibilant[:, : 3 * rate] = sibilant[:, round(3.12 * rate) :] = 0
    return (speech_like(rate, 4) + sibilant).astype(np.float32)


def cut_db(x: Samples, y: Samples, at_s: float, length_s: float = 0.002) -> float:
    part = slice(round(at_s * RATE), round((at_s + length_s) * RATE))
    before, after = band(x, RATE)[:, part], band(y, RATE)[:, part]
    return float(10 * np.log10(np.mean(before**2) / np.mean(after**2)))


def test_it_looks_ahead_so_that_the_very_onset_of_an_s_is_softened() -> None:
    x = sharp_onset(RATE)
    y = deess(x, RATE, Deess(8.0))
    assert cut_db(x, y, 3.0) > 7
    assert cut_db(x, y, 2.988) < 0.5  # but no more than 8 ms before: 4, and what the filter spreads


def test_after_an_s_the_gain_comes_back_within_some_30_ms() -> None:
    x = sharp_onset(RATE)
    faint = np.float32(1e-3) * band(noise(1, x.shape[1], 0.0, seed=1), RATE)  # to measure the gain by
    y = deess(x + faint, RATE, Deess(8.0)) - deess(x, RATE, Deess(8.0))
    after = slice(round(3.15 * RATE), round(3.16 * RATE))
    lost = 10 * np.log10(np.mean(band(faint, RATE)[:, after] ** 2) / np.mean(band(y, RATE)[:, after] ** 2))
    assert 2 < lost < 4.5  # of 8: one time constant later


def vowel(seconds: float, level: float = 0.1) -> Samples:
    """(2, n): 300 Hz whose power, both channels together, is the same at every sample."""
    return np.concatenate([sine(300, RATE, seconds, level, phase_deg) for phase_deg in (0, 90)])


@pytest.mark.parametrize(("over_db", "cut"), [(-14.0, 0.0), (-8.0, 4.0), (-6.0, 6.0), (-2.0, 8.0)])
def test_what_an_s_has_over_12_db_under_the_voice_is_taken_off_it(over_db: float, cut: float) -> None:
    x = vowel(3)
    x[:, RATE:] += sine(7_000, RATE, 2, 0.1 * 10 ** (over_db / 20))
    assert cut_db(x, deess(x, RATE, Deess(8.0)), 1.5, 1.0) == pytest.approx(cut, abs=0.3)


@pytest.mark.parametrize("pause_s", [0.5, 1.5])
def test_over_a_pause_the_voice_is_forgotten_with_a_time_constant_of_2_5_s(pause_s: float) -> None:
    """So an s after it, 12 dB under the voice as it was, is over the threshold by what has been forgotten."""
    s = np.repeat(sine(7_000, RATE, 0.2, 0.1 * 10 ** (-12 / 20)), 2, axis=0)
    x = np.concatenate((vowel(1), vowel(pause_s, 1e-4), s, vowel(0.5, 1e-4)), axis=1)
    cut = cut_db(x, deess(x, RATE, Deess(8.0)), 1 + pause_s + 0.1, 0.05)
    assert cut == pytest.approx(10 * np.log10(np.e) * pause_s / 2.5, abs=0.3)
