"""The filter that knows the voice: what it takes for the lowest, how far it goes, and when it gives way."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from pipeline.dsp.stft import Stft
from pipeline.neural.weights import bundled
from pipeline.stages.denoise.below_voice import BINS, BelowVoice, Memory
from pipeline.stages.denoise.neural import stage
from pipeline.stream.stage import run, run_whole, split
from tests.pipeline.signals import noise, sine

RATE, FRAMES = 16_000, 64
STFT = Stft(256, 2)
SPACING = RATE / STFT.size
FULL = BelowVoice(SPACING, 40.0)
SPEECH = Path(__file__).parents[2] / "neural" / "speech.flac"
Powers = NDArray[np.float32]


def voice(pitch_hz: float, under_it_dbfs: float = -60.0, level: float = 0.1) -> Powers:
    """Powers of a unit (64, 257): partials, and an even noise of so much in all."""
    x = noise(1, FRAMES * STFT.hop, under_it_dbfs)
    for partial in range(1, 11):
        x += sine(pitch_hz * partial, RATE, FRAMES * STFT.hop / RATE, level / partial)
    spectra, _ = STFT.analyze(x, STFT.silence(1))
    return np.asarray((np.abs(spectra[0]) ** 2) / STFT.hop**2, np.float32)


def gains_db(units: list[Powers], below: BelowVoice = FULL) -> list[Powers]:
    memory, found = Memory(), []
    for unit in units:
        gains, memory = below.gains(unit, memory)
        found.append(20 * np.log10(gains))
    return found


@pytest.mark.parametrize("level", [1e-4, 0.1])
@pytest.mark.parametrize(
    ("pitch_hz", "open_hz", "shut_hz"),
    [(60.0, 60, 16), (85.0, 85, 20), (110.0, 100, 32), (160.0, 140, 62), (220.0, 160, 94), (330.0, 160, 94)],
)
def test_the_voice_stays_and_what_is_far_below_it_goes(
    level: float, pitch_hz: float, open_hz: float, shut_hz: float
) -> None:
    last = gains_db([voice(pitch_hz, 20 * np.log10(level) - 40, level)] * 3)[-1][-1]
    bins = np.arange(len(last)) * SPACING
    assert last[bins >= open_hz].min() > -2
    assert last[bins < shut_hz].max() < -5
    assert last.min() >= -12.01
    assert last[0] == pytest.approx(-12, abs=0.1)


def test_the_lowest_of_two_voices_counts_from_its_first_words_on_and_some_seconds_longer() -> None:
    high, low = voice(220.0), voice(95.0)
    begins = high.copy()
    begins[52:] = low[52:]  # a fifth of a second of it
    at_95 = [found[:, 3] for found in gains_db([high, high, begins, high, high, high, high, high])]
    assert at_95[1][-1] < -5
    assert at_95[2][4:].min() > -1
    assert min(found.min() for found in at_95[3:6]) > -1
    assert at_95[7][-1] < -5


def test_it_moves_without_a_jump() -> None:
    rows = np.concatenate(gains_db([voice(95.0), *[voice(220.0)] * 6, voice(95.0)]))
    steps = np.diff(rows, axis=0)
    assert steps.min() > -0.6
    assert steps.max() < 4


@pytest.mark.parametrize(("strength_db", "most_db"), [(0.0, 0.0), (10.0, -3.0), (20.0, -6.0), (60.0, -12.0)])
def test_less_noise_reduction_goes_less_far(strength_db: float, most_db: float) -> None:
    last = gains_db([voice(220.0)] * 2, BelowVoice(SPACING, strength_db))[-1]
    assert last.min() == pytest.approx(most_db, abs=0.1)


def test_where_there_is_no_voice_nothing_more_than_the_lowest_goes() -> None:
    silent = np.zeros((FRAMES, 257), np.float32)
    rng = np.random.default_rng(1)
    rumble = (rng.random((FRAMES, 257)) * np.geomspace(1, 1e-6, 257)).astype(np.float32)
    for unit in (silent, rumble):
        last = gains_db([unit] * 3)[-1][-1]
        assert np.isfinite(last).all()
        assert last[3:].min() > -0.3  # from 94 Hz on


def test_in_a_pause_it_stays_as_it_was() -> None:
    pause = voice(220.0) * np.float32(1e-4)
    pause[:, :4] = pause.max()
    units = gains_db([voice(220.0), *[pause] * 3])
    np.testing.assert_allclose(units[-1][-1], units[0][-1])


def test_only_in_noisy_recordings() -> None:
    speech, rate = soundfile.read(SPEECH, dtype="float32")
    x = speech[None] + noise(1, len(speech), -40.0)
    made = [run_whole(stage(bundled().network, 40.0, rate, 1, noisy=one), x)[0] for one in (False, True)]
    clean, noisy = (y.astype(np.float64) for y in made)
    f = np.fft.rfftfreq(len(clean), 1 / rate)
    powers = [np.abs(np.fft.rfft(y)) ** 2 for y in (clean, noisy)]
    low, high = (f > 50) & (f < 90), (f > 300) & (f < 4_000)  # her voice ends at 150 Hz
    changes = [10 * np.log10(powers[1][band].sum() / powers[0][band].sum()) for band in (low, high)]
    assert changes[0] < -4
    assert abs(changes[1]) < 0.3


@pytest.mark.parametrize("rate", [4_000, 8_000, 44_100, 48_000])
def test_at_every_rate_and_in_any_cuts(rate: int) -> None:
    x = noise(1, 4 * rate, -30.0)
    for k, pitch in itertools.product(range(4), (180.0, 360.0, 540.0)):
        x[:, k * rate : k * rate + rate // 2] += sine(pitch, rate, 0.5, 0.1)
    one = stage(bundled().network, 40.0, rate, 1)
    whole = run_whole(one, x)
    assert np.isfinite(whole).all()
    for block in (777, 3 * rate // 2):
        np.testing.assert_array_equal(np.concatenate(list(run(one, split(x, block))), axis=1), whole)


@pytest.mark.parametrize("strength_db", [3.0, 12.0, 40.0])
def test_no_more_is_taken_than_was_asked_for(strength_db: float) -> None:
    x = noise(1, 6 * RATE, -30.0) + sine(90.0, RATE, 6.0, 0.02)
    y = run_whole(stage(bundled().network, strength_db, RATE, 1), x)
    before, after = (np.abs(STFT.analyze(one, STFT.silence(1))[0][0, 100:300, :BINS]).mean(axis=0) for one in (x, y))
    assert (20 * np.log10(before / after)).max() < strength_db + 1
