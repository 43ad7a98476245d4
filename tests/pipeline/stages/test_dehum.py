from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pipeline import load
from pipeline.audio import Samples
from pipeline.errors import SettingsError
from pipeline.settings import Dehum
from pipeline.stages.dehum import stage as dehum
from pipeline.stages.dehum.listener import measure
from pipeline.stages.dehum.spectrum import HumSpectrum
from pipeline.stages.dehum.stage import gaps, remove_hum
from pipeline.stages.dehum.synthesis import period, played
from pipeline.stages.dehum.tracker import Hum
from pipeline.stream.stage import Stage, split
from tests.pipeline.signals import noise, sine, speech_like
from tests.pipeline.stages import every_stage

RATE = 16_000
FULL = Dehum(40.0)
EXAMPLES = Path(__file__).parents[3] / "assets" / "examples"


def make(rate: int, channels: int) -> Stage:
    return dehum.stage(FULL, rate, channels)


def hum(
    rate: int,
    duration_s: float,
    hz: float = 50.0,
    level_db: float = -30.0,
    drift: Callable[[np.ndarray], np.ndarray] | None = None,
    harmonics: int = 20,
) -> Samples:
    """(1, n): harmonics that fall by 6 dB per octave in random phases; drift is (seconds) → Hz off `hz`."""
    rng = np.random.default_rng(0)
    t = np.arange(round(duration_s * rate)) / rate
    phase = 2 * np.pi * np.cumsum(hz + (drift(t) if drift else 0 * t)) / rate
    x = sum(np.cos(k * phase + rng.uniform(0, 6.28)) / k for k in range(1, min(harmonics, int(0.4 * rate / hz)) + 1))
    return (x / np.sqrt(np.mean(x**2)) * 10 ** (level_db / 20)).astype(np.float32)[np.newaxis]


def reduction_db(h: Samples, x: Samples, y: Samples) -> float:
    """By how much the hum h in x is quieter in y, where what else has changed counts as hum."""
    left = h - (x - y)
    return float(10 * np.log10(np.sum(h.astype(np.float64) ** 2) / np.sum(left.astype(np.float64) ** 2)))


def db(x: Samples) -> float:
    return float(10 * np.log10(np.mean(x.astype(np.float64) ** 2) + 1e-20))


@pytest.mark.parametrize("rate", every_stage.RATES)
@pytest.mark.parametrize("hz", [50.0, 59.7])
def test_30_db_off_hum_in_noise_and_in_speech(rate: int, hz: float) -> None:
    h = hum(rate, 12, hz)
    for sound in (noise(1, 12 * rate, -50), speech_like(rate, 12) + noise(1, 12 * rate, -60)):
        x = (sound + h).astype(np.float32)
        assert reduction_db(h, x, remove_hum(x, rate, FULL)) > 30


@pytest.mark.parametrize("hz", [50.0, 60.0])
def test_follows_a_drift_of_half_a_hertz(hz: float) -> None:
    h = hum(RATE, 30, hz, drift=lambda t: 0.5 * np.sin(2 * np.pi * t / 60))
    x = (noise(1, 30 * RATE, -50) + h).astype(np.float32)
    assert reduction_db(h, x, remove_hum(x, RATE, FULL)) > 30


@pytest.mark.parametrize("strength_db", [6.0, 20.0])
def test_strength(strength_db: float) -> None:
    h = hum(RATE, 12)
    x = (noise(1, 12 * RATE, -60) + h).astype(np.float32)
    assert reduction_db(h, x, remove_hum(x, RATE, Dehum(strength_db))) == pytest.approx(strength_db, abs=0.5)


@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_without_hum_nothing_changes(rate: int) -> None:
    for x in (speech_like(rate, 10), noise(2, 10 * rate), sine(440, rate, 5), sine(1_000, rate, 5)):
        assert np.array_equal(remove_hum(x, rate, FULL), x)
        assert measure(split(x, rate), rate, x.shape[0]) is None


@pytest.mark.parametrize("name", ["city-street", "exercise-bike"])
def test_real_speech_without_hum_stays(name: str) -> None:
    audio = load(EXAMPLES / f"{name}.flac")
    y = remove_hum(audio.samples, audio.sample_rate, FULL)
    assert db(y - audio.samples) < db(audio.samples) - 40


@pytest.mark.parametrize("name", ["city-street", "exercise-bike"])
def test_hum_under_real_speech_goes_and_the_speech_stays(name: str) -> None:
    audio = load(EXAMPLES / f"{name}.flac")
    h = hum(audio.sample_rate, audio.duration_s, 50.02, level_db=db(audio.samples), harmonics=4)
    x = (audio.samples + h[:, : audio.samples.shape[1]]).astype(np.float32)
    assert db(remove_hum(x, audio.sample_rate, FULL) - audio.samples) < db(audio.samples) - 15


def test_the_hum_of_the_example_is_found_and_gone() -> None:
    audio = load(EXAMPLES / "hum-and-hiss.flac")
    found = measure(split(audio.samples, 10_000), audio.sample_rate, 1)
    assert found is not None
    assert found.hz == pytest.approx(50, abs=0.01)
    y = remove_hum(audio.samples, audio.sample_rate, FULL)
    assert measure(split(y, 10_000), audio.sample_rate, 1) is None


def test_a_voice_on_a_harmonic_is_kept() -> None:
    t = np.arange(10 * RATE) / RATE
    tone = 0.1 * np.sin(2 * np.pi * 150 * t) * (np.sin(2 * np.pi * 0.8 * t) > 0.5)  # on for 0.4 s of 1.25
    h = hum(RATE, 10)
    x = (h + tone + noise(1, t.size, -70)).astype(np.float32)
    y = remove_hum(x, RATE, FULL)
    assert reduction_db(h, x, y) > 20
    assert np.vdot(y[0], tone) / np.vdot(tone, tone) == pytest.approx(1, abs=0.02)


def test_hum_that_stops_is_not_put_where_none_is() -> None:
    h = hum(RATE, 20)
    h[:, 10 * RATE :] = 0
    x = (noise(1, 20 * RATE, -60) + h).astype(np.float32)
    assert db((remove_hum(x, RATE, FULL) - x)[:, round(10.5 * RATE) :]) < -50


def test_each_channel_has_its_own_hum() -> None:
    h = np.concatenate([hum(RATE, 10), -0.5 * hum(RATE, 10), 0 * hum(RATE, 10)])
    x = (noise(3, 10 * RATE, -60) + h).astype(np.float32)
    y = remove_hum(x, RATE, FULL)
    assert reduction_db(h[:2], x[:2], y[:2]) > 30
    assert db((x - y)[2]) < -70


def test_digital_silence_stays_silent() -> None:
    x = (noise(1, 12 * RATE, -60) + hum(RATE, 12)).astype(np.float32)
    x[:, 5 * RATE : 7 * RATE] = 0
    assert not remove_hum(x, RATE, FULL)[:, 5 * RATE : 7 * RATE].any()


@pytest.mark.parametrize("level_db", [-80.0, 0.0])
def test_the_level_of_the_recording_does_not_matter(level_db: float) -> None:
    factor = np.float32(10 ** (level_db / 20))
    h = factor * hum(RATE, 10)
    x = (factor * noise(1, 10 * RATE, -50) + h).astype(np.float32)
    assert reduction_db(h, x, remove_hum(x, RATE, FULL)) > 30


@pytest.mark.parametrize(("hz", "level_db"), [(50.1, -30.0), (59.95, -55.0)])
def test_measures_frequency_and_level(hz: float, level_db: float) -> None:
    x = np.concatenate([speech_like(RATE, 12) + noise(1, 12 * RATE, -80) + hum(RATE, 12, hz, level_db)] * 2)
    found = measure(split(x.astype(np.float32), 7_000), RATE, 2)
    assert found is not None
    assert found.hz == pytest.approx(hz, abs=0.01)
    assert found.level_dbfs == pytest.approx(level_db, abs=1)


@pytest.mark.parametrize("rate", every_stage.RATES)
def test_the_spectrum_answers_amplitude_phase_and_noise(rate: int) -> None:
    spectrum = HumSpectrum.of_rate(rate)
    n = 9 * spectrum.hop
    t = np.arange(n) / rate
    frames = spectrum.frames((0.3 * np.cos(2 * np.pi * 150.37 * t + 0.5)).astype(np.float32)[np.newaxis])
    lines, _ = spectrum.at(frames, np.full((8, 1), 150.37))
    centres = np.arange(1, 9) * spectrum.hop / rate
    np.testing.assert_allclose(lines[:, 0, 0], 0.3 * np.exp(1j * (2 * np.pi * 150.37 * centres + 0.5)), atol=1e-4)
    frames = spectrum.frames(noise(1, 201 * spectrum.hop, 0.0))
    lines, around = spectrum.at(frames, np.tile(50.0 * np.arange(1, 50), (200, 1)))
    assert np.mean(np.abs(lines) ** 2) == pytest.approx(np.mean(around), rel=0.05)


def test_gaps_are_long_runs_of_zeros_in_all_channels() -> None:
    x = np.ones((2, 30), np.float32)
    x[:, 3:6] = x[:, 10:20] = x[0, 22:30] = 0
    assert np.flatnonzero(gaps(x, 5)).tolist() == list(range(10, 20))


def test_the_player_equals_its_numpy_version_and_the_sum_of_sinusoids() -> None:
    rng = np.random.default_rng(0)
    amplitudes = (rng.standard_normal((2, 9)) + 1j * rng.standard_normal((2, 9))).astype(np.complex64)
    table = period(Hum(50.0, 0.0, amplitudes, np.full((2, 9), 1e9, np.float32)))
    arguments = (table, 50.1 / RATE, 0.03 / RATE**2, -4_000, 8_000)
    ours = played(*arguments)
    np.testing.assert_allclose(ours, played.numpy_version(*arguments), atol=1e-6)
    t = np.arange(-4_000, 4_000) / RATE
    phase = 2 * np.pi * (50.1 * t + 0.015 * t**2)
    wanted = sum(np.real(amplitudes[:, k - 1 : k] * np.exp(1j * k * phase)) for k in range(1, 10))
    np.testing.assert_allclose(ours, wanted, atol=2e-4)


def test_range() -> None:
    with pytest.raises(SettingsError, match="out of range"):
        Dehum(41.0)


def level_db(x: Samples) -> float:
    return float(10 * np.log10(np.mean(np.square(x, dtype=np.float64))))


@pytest.mark.parametrize("hz_per_s", [0.0, 0.005, 0.01, 0.02])
def test_a_hum_that_drifts_steadily_goes_by_all_that_was_asked_for(hz_per_s: float) -> None:
    h, hiss = hum(RATE, 14, drift=lambda t: hz_per_s * t), noise(1, 14 * RATE, -60, seed=3)
    left = (remove_hum(h + hiss, RATE, FULL) - hiss)[:, 4 * RATE : -4 * RATE]
    assert level_db(left) < level_db(h) - 38


def test_under_a_voice_without_gaps_what_was_known_of_the_hum_still_counts() -> None:
    """A sung note sweeps over the third harmonic from 8 s on; before, the hum was heard alone."""
    h = hum(RATE, 20, level_db=-40)
    t = np.arange(h.shape[1]) / RATE
    phase = 2 * np.pi * np.cumsum(152 + 8 * np.sin(2 * np.pi * 0.9 * t)) / RATE
    voice = np.sum([np.sin(k * phase + k) / k for k in range(1, 12)], axis=0) * (t >= 8)
    voice *= 10 ** (-30 / 20) / np.sqrt(np.mean(voice[8 * RATE :] ** 2))
    clean = (voice[None] + noise(1, h.shape[1], -70, seed=3)).astype(np.float32)
    left = remove_hum(clean + h, RATE, FULL) - clean
    assert level_db(left[:, 3 * RATE : 7 * RATE]) < level_db(h) - 38
    assert level_db(left[:, 10 * RATE : -3 * RATE]) < level_db(h) - 12.5


@pytest.mark.parametrize(("hum_s", "is_told"), [(16, True), (4, False)])
def test_hum_in_a_quarter_of_a_recording_is_told_and_in_less_not(hum_s: int, is_told: bool) -> None:
    """A tape recorder that was switched on for a part of a talk hums; what hums now and then is rather music."""
    rate, n = 8_000, 40
    x = noise(1, n * rate, -70)
    x[:, 4 * rate : (4 + hum_s) * rate] += hum(rate, hum_s, level_db=-30)
    found = measure(split(x, 10_000), rate, 1)
    assert (found is not None) is is_told
    if found is not None:
        assert found.level_dbfs == pytest.approx(-30, abs=1.5)  # where it hums
