"""Each measure on sounds that have it and on sounds that have not; blocks equal the whole."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, fftconvolve, sosfilt

from pipeline import Audio, analyze
from pipeline.audio import Samples
from pipeline.measures.analysis import analyze_blocks
from pipeline.measures.bandwidth import BandMeter
from pipeline.measures.reverberation import DecayMeter
from pipeline.stream.stage import split
from tests.pipeline.signals import noise, sine, speech_like

RATE = 16_000


def test_plain_speech_has_no_fault() -> None:
    measures = analyze(Audio(speech_like(RATE, 8) + noise(1, 8 * RATE, -65), RATE))
    assert measures.hum_hz is None
    assert measures.clipped_percent == 0
    assert measures.clicks_per_minute == 0
    assert 20 < measures.activity_percent <= 100
    assert measures.speech_dbfs is not None


def test_faults_are_found() -> None:
    speech = speech_like(RATE, 8)
    hum = sum(sine(50.0 * k, RATE, 8, 0.01, phase_deg=40 * k) for k in range(1, 5))
    assert analyze(Audio(speech + hum, RATE)).hum_hz == pytest.approx(50, abs=0.1)
    ceiling = np.abs(speech).max() / 2
    assert analyze(Audio(np.clip(speech, -ceiling, ceiling), RATE)).clipped_percent > 0.05
    clicking = speech + noise(1, speech.shape[1], -70)
    clicking[0, RATE // 2 :: 2 * RATE] += 0.8
    assert analyze(Audio(clicking, RATE)).clicks_per_minute == pytest.approx(30, abs=8)


@pytest.mark.parametrize("length", [100, 5_000, 10**6])
def test_blocks_equal_whole(length: int) -> None:
    x = speech_like(RATE, 6) + noise(1, 6 * RATE, -50)
    whole, pieces = (analyze_blocks(split(x, n), RATE, 1).as_dict() for n in (RATE, length))
    assert pieces == whole


@pytest.mark.parametrize("rate", [16_000, 48_000])
@pytest.mark.parametrize("cut_hz", [3_400, 7_000])
def test_the_band_ends_where_it_was_cut(rate: int, cut_hz: float) -> None:
    x = speech_like(rate, 4) + noise(1, 4 * rate, -40)
    cut = sosfilt(butter(12, cut_hz, fs=rate, output="sos"), x).astype(np.float32)
    meter = BandMeter(rate)
    meter.add(cut)
    assert meter.result() == pytest.approx(cut_hz, rel=0.45)
    full = BandMeter(rate)
    full.add(x)
    assert full.result() == pytest.approx(rate / 2, rel=0.05)


def decay(t60_s: float, seed: int) -> Samples:
    """Words of noise, each in a room that sounds on for t60_s."""
    rng = np.random.default_rng(seed)
    n = int(1.3 * t60_s * RATE)
    room = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / RATE / t60_s)
    words = rng.standard_normal(RATE * 40) * (np.arange(RATE * 40) % (2 * RATE) < 0.2 * RATE)
    wet = fftconvolve(words, room)[: words.size]
    return (0.1 * wet / np.abs(wet).max() + 1e-5 * rng.standard_normal(words.size))[None].astype(np.float32)


def test_longer_rooms_read_longer() -> None:
    times = []
    for t60_s in (0.3, 0.6, 1.0):
        meter = DecayMeter(RATE)
        for block in split(decay(t60_s, 1), 7_000):
            meter.add(block)
        times.append(meter.result())
    assert None not in times
    assert times == sorted(times, key=lambda t: t or 0)
    assert times[1] == pytest.approx(0.6, rel=0.75)


def test_nothing_dies_away_in_noise_or_silence() -> None:
    for x in (np.zeros((1, RATE), np.float32), noise(1, 5 * RATE)):
        meter = DecayMeter(RATE)
        meter.add(x)
        assert meter.result() is None
