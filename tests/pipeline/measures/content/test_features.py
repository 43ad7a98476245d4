"""What the detector hears: independent of level, rate and where blocks end; tones are told from noise."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.measures.content.features import BANDS, COUNT, LAGS, LOWEST, RANGES_HZ, Numbers, State, features, powers
from pipeline.measures.content.features import transform as frames
from tests.pipeline.signals import noise, sine

RATE = 16_000
RANGES = len(RANGES_HZ)


def heard(x: Samples, sample_rate: int = RATE, unit_hops: int = 1000) -> Numbers:
    """Features of x (channels, n), whole hops, in units of so many."""
    stft, state, made = frames(sample_rate), State(), []
    tail = stft.silence(x.shape[0])
    whole = x.shape[1] // stft.hop * stft.hop
    for at in range(0, whole, unit_hops * stft.hop):
        power, tail = powers(x[:, at : min(at + unit_hops * stft.hop, whole)], tail, stft, sample_rate)
        part, state = features(power, sample_rate, stft, state)
        made.append(part)
    return np.concatenate(made)


def chord(sample_rate: int, duration_s: float) -> Samples:
    x: Samples = sum(sine(hz, sample_rate, duration_s, 0.1) for hz in (220.0, 277.2, 329.6, 440.0, 880.0, 2200.0))
    return x


@pytest.mark.parametrize("unit_hops", [1, 3, 7])
def test_where_units_end_does_not_matter(unit_hops: int) -> None:
    x = chord(RATE, 2) + noise(1, 2 * RATE, -40)
    assert np.allclose(heard(x, unit_hops=unit_hops), heard(x), atol=1e-4)


@pytest.mark.parametrize("gain", [0.1, 4.0])
def test_level_does_not_matter(gain: float) -> None:
    x = chord(RATE, 2) + noise(1, 2 * RATE, -30)
    assert np.allclose(heard(x * np.float32(gain)), heard(x), atol=0.01)


@pytest.mark.parametrize("sample_rate", [16_000, 22_050, 44_100, 48_000, 96_000])
def test_a_sound_is_the_same_at_every_rate(sample_rate: int) -> None:
    made = heard(
        chord(sample_rate, 3) + noise(1, 3 * sample_rate, -30 + 10 * np.log10(sample_rate / RATE)), sample_rate
    )
    wanted = heard(chord(RATE, 3) + noise(1, 3 * RATE, -30))
    apart = np.abs(made[20:].mean(0) - wanted[20:].mean(0))
    assert apart.mean() < 0.04
    assert apart.max() < 0.4  # between the tones, where what is left of them depends on the window's exact length


def test_two_channels_count_as_one_sound() -> None:
    x = chord(RATE, 2) + noise(1, 2 * RATE, -40)
    assert np.allclose(heard(np.concatenate((x, x))), heard(x), atol=1e-4)
    assert np.allclose(heard(np.concatenate((x, -x))), heard(x), atol=1e-4)  # nothing cancels


def test_silence_at_the_start_changes_nothing_of_what_follows() -> None:
    x = chord(RATE, 2) + noise(1, 2 * RATE, -40)
    hop = frames(RATE).hop
    later = heard(np.pad(x, ((0, 0), (40 * hop, 0))))
    assert (later[:39, :BANDS] == LOWEST).all()
    assert np.allclose(later[50:], heard(x)[10:], atol=1e-3)


def test_bands_above_half_the_rate_are_absent() -> None:
    made = heard(noise(1, 16_000), 8000)
    assert made.shape[1] == COUNT
    assert (made[:, BANDS - 5 : BANDS] == LOWEST).all()
    assert np.isfinite(made).all()


def test_tones_last_and_noise_does_not() -> None:
    strength, *lasting = np.split(heard(chord(RATE, 3))[20:, BANDS:].mean(0), 1 + len(LAGS))
    assert all((part[:2] > 0.9).all() for part in lasting)
    of_noise, *fading = np.split(heard(noise(1, 3 * RATE))[20:, BANDS:].mean(0), 1 + len(LAGS))
    assert all((np.abs(part) < 0.15).all() for part in fading)
    assert strength[:RANGES].max() > of_noise[:RANGES].max()


def test_a_glide_is_told_from_a_tone_by_what_lasts_long() -> None:
    t = np.arange(3 * RATE) / RATE
    phase = 2 * np.pi * np.cumsum(200 * 2 ** (0.5 * t)) / RATE  # half an octave a second
    glide = sum(0.1 * np.sin(k * phase) for k in range(1, 8))[np.newaxis].astype(np.float32) + noise(1, 3 * RATE, -50)
    lasting = heard(glide)[20:, BANDS + 3 * RANGES :].mean(0)
    assert (lasting[:2] < 0.5).all()
