"""Where the band ends: where it was cut, whatever is left above, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import fftconvolve, firwin

from pipeline.audio import Samples
from pipeline.measures.bandwidth import BandMeter
from pipeline.stream.stage import split
from tests.pipeline.signals import noise, sine, speech_like

STEP = 2 ** (1 / 16)  # it looks in steps of so much


def band_hz(x: Samples, rate: int, block: int = 10_000) -> float | None:
    meter = BandMeter(rate)
    for piece in split(x, block):
        meter.add(piece)
    return meter.result()


def cut(x: Samples, hz: float, rate: int) -> Samples:
    """x without what lies above `hz`, sharply."""
    taps = firwin(2047, hz, fs=rate, window=("kaiser", 12))
    return fftconvolve(x, taps[None], mode="same", axes=1).astype(np.float32)


@pytest.mark.parametrize(
    ("rate", "hz"), [(16_000, 3_400), (16_000, 7_000), (48_000, 3_400), (48_000, 7_000), (48_000, 15_000)]
)
@pytest.mark.parametrize("left_db", [-200.0, -75.0, -50.0])
def test_the_band_ends_where_it_was_cut_whatever_hiss_is_left_above(rate: int, hz: float, left_db: float) -> None:
    x = noise(1, 3 * rate)
    low = cut(x, hz, rate)
    found = band_hz(low + (x - low) * np.float32(10 ** (left_db / 20)), rate)
    assert found is not None
    assert hz <= found <= hz * STEP + rate / 1024


@pytest.mark.parametrize(("above_db", "is_heard"), [(-25.0, True), (-50.0, False)])
def test_what_lies_above_counts_if_it_is_loud_enough(above_db: float, is_heard: bool) -> None:
    x = noise(1, 3 * 48_000)
    low = cut(x, 5_000, 48_000)
    found = band_hz(low + (x - low) * np.float32(10 ** (above_db / 20)), 48_000)
    assert found is not None
    assert (found > 20_000) is is_heard


@pytest.mark.parametrize(("tone_db", "is_heard"), [(-54.0, True), (-72.0, False)])
def test_over_true_silence_62_db_are_looked_down_to(tone_db: float, is_heard: bool) -> None:
    rate = 48_000
    low = cut(noise(1, 3 * rate), 5_000, rate)
    step_power_db = 10 * np.log10(0.01 * 2 / rate)  # of the noise, per Hz
    width_hz = 9_000 * (STEP - 1)  # of the step in which the tone lies
    tone = sine(9_000, rate, 3, np.sqrt(2 * width_hz * 10 ** ((step_power_db + tone_db) / 10)))
    found = band_hz(low + tone, rate)
    assert found is not None
    assert (found > 8_500) is is_heard


@pytest.mark.parametrize("rate", [8_000, 16_000, 48_000])
def test_a_full_band_is_full(rate: int) -> None:
    assert band_hz(speech_like(rate, 3) + noise(1, 3 * rate, -40), rate) == pytest.approx(rate / 2, rel=0.03)


def test_silence_and_less_than_a_window_have_no_band() -> None:
    assert band_hz(np.zeros((1, 48_000), np.float32), 48_000) is None
    assert band_hz(noise(1, 1_023), 16_000) is None
    assert band_hz(noise(1, 1_024), 16_000) is not None


def test_all_channels_count_and_blocks_do_not() -> None:
    rate = 16_000
    both = np.concatenate((cut(noise(1, 4 * rate), 3_400, rate), cut(noise(1, 4 * rate, seed=1), 6_000, rate)))
    found = band_hz(both, rate)
    assert found == pytest.approx(6_000, rel=0.06)
    assert {band_hz(both, rate, block) for block in (100, 1_024, 10**6)} == {found}
