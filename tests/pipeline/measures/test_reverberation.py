"""How long a room sounds on: in noise whose decay is known to the letter, and in a sentence spoken in a made room."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import fftconvolve

from pipeline.audio import Samples
from pipeline.measures.reverberation import DecayMeter
from pipeline.stream.stage import split
from tests.pipeline.signals import noise

RATE = 16_000
SPEECH = Path(__file__).parents[1] / "neural" / "speech.flac"


def meter_of(x: Samples, block: int = 7_000, rate: int = RATE) -> DecayMeter:
    meter = DecayMeter(rate)
    for piece in split(x, block):
        meter.add(piece)
    return meter


def decays(t60_s: float, rate: int = RATE, seconds: int = 40) -> Samples:
    """(1, n): words of noise, each of which dies away in t60_s."""
    rng = np.random.default_rng(1)
    n = int(1.3 * t60_s * rate)
    room = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / rate / t60_s)
    words = rng.standard_normal(rate * seconds) * (np.arange(rate * seconds) % (2 * rate) < 0.2 * rate)
    wet = fftconvolve(words, room)[: words.size]
    return (0.1 * wet / np.abs(wet).max() + 1e-5 * rng.standard_normal(words.size))[None].astype(np.float32)


@cache
def sentences() -> tuple[Samples, int]:
    """(1, n) of dry speech, and its rate."""
    x, rate = soundfile.read(SPEECH, dtype="float32")
    return np.tile(x, 5)[None], rate


def spoken_in(t60_s: float) -> tuple[Samples, int]:
    """The sentences in a room that sounds on for t60_s."""
    dry, rate = sentences()
    n = int(1.3 * t60_s * rate)
    room = 0.06 * np.sqrt(16_000 / rate) * np.random.default_rng(0).standard_normal(n)
    room *= 10 ** (-3 * np.arange(n) / rate / t60_s)
    room[: rate // 200], room[0] = 0, 1
    return fftconvolve(dry, room[None])[:, : dry.shape[1]].astype(np.float32), rate


@pytest.mark.parametrize("t60_s", [0.3, 0.6, 1.0])
@pytest.mark.parametrize("rate", [16_000, 48_000])
def test_what_falls_by_60_db_in_a_known_time_is_read_as_that_time(t60_s: float, rate: int) -> None:
    times = meter_of(decays(t60_s, rate, 16), rate=rate).times()
    assert times.size > 20
    assert np.median(times) == pytest.approx(t60_s, rel=0.12)


@pytest.mark.parametrize("t60_s", [0.3, 0.5, 0.6, 0.9])
def test_of_speech_in_a_room_the_estimate_is_off_by_half_at_most(t60_s: float) -> None:
    x, rate = spoken_in(t60_s)
    assert meter_of(x, rate=rate).result() == pytest.approx(t60_s, rel=0.5)


def test_dry_speech_reads_as_dry() -> None:
    x, rate = sentences()
    assert meter_of(x, rate=rate).result() == pytest.approx(0.13, abs=0.05)


def test_longer_rooms_read_longer_up_to_3_s() -> None:
    found = [meter_of(decays(t60_s)).result() or 0.0 for t60_s in (0.15, 0.3, 0.6, 1.0, 2.5)]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (0.1, 3.0)


def test_where_few_words_die_away_nothing_is_said() -> None:
    one_word = decays(0.5, seconds=2)[:, : 2 * RATE]
    assert 0 < meter_of(one_word).times().size < 12
    assert meter_of(one_word).result() is None


def test_nothing_dies_away_in_noise_or_silence() -> None:
    for x in (np.zeros((1, RATE), np.float32), noise(1, 5 * RATE)):
        assert meter_of(x).result() is None


@pytest.mark.parametrize("block", [100, 256, 10**6])
def test_blocks_do_not_matter(block: int) -> None:
    x = decays(0.5, seconds=8)
    assert meter_of(x, block).result() == pytest.approx(meter_of(x).result(), abs=1e-6)
