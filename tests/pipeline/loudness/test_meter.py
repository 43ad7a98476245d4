"""The meter, against the signals of EBU Tech 3341 (2023), table 1, made here as the document describes them."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import Audio, enhance
from pipeline.loudness.k_weighting import WEIGHTS
from pipeline.loudness.meter import loudness
from tests.pipeline.signals import noise, sine, speech_like

RATE = 48_000


def tones(*parts: tuple[float, float]) -> np.ndarray:
    """Stereo tone of 1 kHz in parts of (peak dBFS, seconds)."""
    mono = np.concatenate([sine(1000, RATE, seconds, 10 ** (level / 20)) for level, seconds in parts], axis=1)
    return np.repeat(mono, 2, axis=0)


@pytest.mark.parametrize(
    ("parts", "lufs"),
    [
        ([(-23, 20)], -23),
        ([(-33, 20)], -33),
        ([(-36, 10), (-23, 60), (-36, 10)], -23),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23),
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23),
    ],
    ids=["case 1", "case 2", "case 3", "case 4", "case 5"],
)
def test_integrated_loudness_of_ebu_3341(parts: list[tuple[float, float]], lufs: float) -> None:
    assert loudness(tones(*parts), RATE) == pytest.approx(lufs, abs=0.1)


def test_surround_channels_have_their_weight_ebu_3341_case_6() -> None:
    levels = (-28, -28, -24, -30, -30)
    x = np.concatenate([sine(1000, RATE, 20, 10 ** (level / 20)) for level in levels])
    assert loudness(x, RATE) == pytest.approx(-23, abs=0.1)


def test_the_lfe_of_5_1_does_not_count() -> None:
    x = np.zeros((6, RATE * 2), np.float32)
    x[3] = sine(60, RATE, 2, 0.9)[0]
    assert loudness(x, RATE) is None


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 96_000, 192_000])
def test_the_rate_does_not_matter(rate: int) -> None:
    assert loudness(sine(997, rate, 5, 10 ** (-20 / 20)), rate) == pytest.approx(-23, abs=0.1)


@pytest.mark.parametrize("channels", sorted(WEIGHTS))
def test_every_channel_count_is_measured(channels: int) -> None:
    assert loudness(noise(channels, RATE), RATE) is not None


def test_silence_has_no_loudness() -> None:
    assert loudness(np.zeros((1, RATE), np.float32), RATE) is None
    assert loudness(np.zeros((1, 0), np.float32), RATE) is None


def test_less_than_a_gating_block_is_measured_too() -> None:
    assert loudness(sine(1000, RATE, 0.1, 10 ** (-20 / 20)), RATE) == pytest.approx(-23, abs=0.3)


@pytest.mark.parametrize("level_db", [-68.0, -75.0, -80.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_what_lies_below_the_absolute_gate_as_a_whole_is_measured(level_db: float, channels: int) -> None:
    x = np.repeat(tones((level_db, 10), (level_db - 30, 10), (level_db, 10))[:1], channels, axis=0)
    loud = loudness(x * np.float32(10 ** (50 / 20)), RATE)
    assert loud is not None
    assert loudness(x, RATE) == pytest.approx(loud - 50, abs=0.1)


def test_a_faint_recording_is_raised_and_told() -> None:
    faint = Audio(speech_like(16_000, 3, -75.0), 16_000)
    report = enhance(faint).report
    assert report.gain_db == pytest.approx(40.0)
    assert any("raised by more than 40 dB" in note for note in report.notes)
    assert any("very quietly" in sentence for sentence in report.advice)


def test_the_dither_of_a_silent_recording_has_no_loudness() -> None:
    rng = np.random.default_rng(0)
    dither = np.rint(rng.random((2, RATE)) - rng.random((2, RATE))) / 2**15
    assert dither.any()
    assert loudness(dither.astype(np.float32), RATE) is None
