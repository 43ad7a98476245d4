from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import maximum_filter1d

from pipeline.audio import Samples
from pipeline.loudness.limiter import limit
from pipeline.stages.declip.clipping import clipped_percent, mark, stage
from pipeline.stages.declip.plateaus import BLURS, LOOSEST, LOWEST, find_plateaus, find_tops, highest_around
from pipeline.stream.stage import run, run_whole, split
from tests.pipeline.recordings import clean_speech
from tests.pipeline.signals import noise, sine, speech_like


def marks(x: Samples, rate: int) -> Samples:
    return run_whole(stage(rate, x.shape[0]), np.concatenate((x, x)))[x.shape[0] :]


def clipped(x: Samples, db: float) -> Samples:
    """x with a ceiling `db` under its peak."""
    ceiling = np.abs(x).max() * 10 ** (-db / 20)
    return np.clip(x, -ceiling, ceiling)


@pytest.mark.parametrize("frequency_hz", [20, 50, 440, 997, 3_000, 15_000])
@pytest.mark.parametrize("rate", [8_000, 48_000, 96_000])
def test_a_full_scale_sine_is_not_clipped(frequency_hz: float, rate: int) -> None:
    x = sine(frequency_hz, rate, 4, 1.0)
    assert clipped_percent(x, rate) == 0
    assert clipped_percent(np.round(x * 32767) / np.float32(32768), rate) == 0


def test_clean_speech_is_not_clipped() -> None:
    for name, x, rate in clean_speech():
        assert clipped_percent(x, rate) == 0, name


def test_music_noise_limited_and_coarse_speech_are_not_clipped() -> None:
    rate = 48_000
    chord = sum(sine(f * k, rate, 4, 0.3 / k, 40 * k) for f in (220, 277.2, 329.6) for k in range(1, 9))
    assert clipped_percent(np.asarray(chord, np.float32), rate) == 0
    assert clipped_percent(noise(1, 4 * rate, -12), rate) == 0
    speech = speech_like(rate, 4)
    assert clipped_percent(limit(speech / np.abs(speech).max() * 2, rate, -1.0), rate) == 0
    assert clipped_percent(np.round(speech / np.abs(speech).max() * 127) / np.float32(128), rate) == 0


@pytest.mark.parametrize("db", [3, 6, 10])
@pytest.mark.parametrize("gain", [1.0, 0.07])
def test_finds_the_clipped_samples_at_any_level(db: float, gain: float) -> None:
    for name, x, rate in clean_speech():
        y = clipped(x, db)
        truth = np.sign(y) * (np.abs(y) == np.abs(y).max())
        if np.count_nonzero(truth) < 150:  # too few plateaus to tell
            continue
        found = marks(y * np.float32(gain / np.abs(y).max()), rate)
        missed = np.count_nonzero(truth * (found != truth)) / np.count_nonzero(truth)
        assert missed < 0.1, name
        assert np.count_nonzero(found * (truth == 0)) < 0.1 * np.count_nonzero(truth), name


def test_each_side_and_each_part_has_its_own_ceiling() -> None:
    rate = 48_000
    x = speech_like(rate, 8)
    x /= np.abs(x).max()
    y = np.clip(x, -0.3, 1)
    assert (marks(y, rate) <= 0).all()
    assert (marks(y, rate) < 0).any()
    y = np.clip(x, -0.4, 0.3)
    y[:, 4 * rate :] *= 0.35
    ceiling = np.repeat([0.3, 0.3 * 0.35], 4 * rate)
    truth = y[0] >= ceiling * 0.9999
    found = marks(y, rate)[0] > 0
    assert np.count_nonzero(found & truth) > 0.95 * np.count_nonzero(truth)
    assert np.count_nonzero(found & ~truth) < 0.1 * np.count_nonzero(truth)


def test_finds_a_ceiling_that_a_little_noise_blurs() -> None:
    rate = 48_000
    y = clipped(speech_like(rate, 4), 6)
    truth = np.count_nonzero(np.abs(y) == np.abs(y).max())
    y = y + np.float32(0.003 * np.abs(y).max()) * noise(1, y.shape[1], 0)
    assert 0.7 * truth < np.count_nonzero(marks(y, rate)) < 1.3 * truth


@pytest.mark.parametrize("block", [1_000, 7_777, 48_000, 10**6])
def test_blocks_equal_whole(block: int) -> None:
    x = clipped(speech_like(8_000, 5), 6)
    both = np.concatenate((x, x))
    pieces = np.concatenate(list(run(stage(8_000, 1), split(both, block))), axis=1)
    assert np.array_equal(pieces[0], x[0])
    assert np.array_equal(pieces[1:], marks(x, 8_000))


def test_a_square_wave_does_no_harm() -> None:
    assert 0 <= clipped_percent(np.sign(sine(100, 48_000, 2)), 48_000) <= 100


@pytest.mark.parametrize("n", [0, 1, 2, 50])
def test_short_input(n: int) -> None:
    assert clipped_percent(np.ones((2, n), np.float32), 8_000) == 0


def test_kernels_equal_numpy() -> None:
    rate = 16_000
    for x in (clipped(speech_like(rate, 2), 6)[0], noise(1, rate)[0], np.zeros(rate, np.float32)):
        tops, around = find_tops(x, 100, 80)
        other_tops, other_around = _tops_by_scipy(x, 100, 80)
        assert np.array_equal(tops, other_tops)
        assert np.array_equal(around, other_around)
        for blur in BLURS:
            found = find_plateaus(x, tops, around, blur)
            assert np.array_equal(found, find_plateaus.numpy_version(x, tops, around, blur))
        ours, other = np.zeros_like(x), np.zeros_like(x)
        level = float(np.quantile(x, 0.99))
        mark(x, level, 0.01, 80, 1.0, ours)
        mark.numpy_version(x, level, 0.01, 80, 1.0, other)
        assert np.array_equal(ours, other)


def cycle(rate: int, at_s: float, height: float, n: int) -> Samples:
    """(1, n): one clear peak of each sign, `height` high."""
    shape = np.sin(2 * np.pi * np.arange(rate // 100) / (rate // 100))
    x = np.zeros((1, n), np.float32)
    x[0, round(at_s * rate) :][: shape.size] = height * shape
    return x


@pytest.mark.parametrize(
    ("before", "between", "is_found"), [(True, 0.4, True), (False, 0.4, False), (True, 0.8, False)]
)
def test_a_ceiling_is_known_until_something_passes_it(before: bool, between: float, is_found: bool) -> None:
    """Of one clipped peak alone nobody can tell; after many at the same level, five seconds ago, they can."""
    rate, n = 8_000, 8 * 8_000
    x = cycle(rate, 7.0, 1.0, n) + noise(1, n, -80)
    x[:, : 2 * rate] += np.float32(before) * sine(100, rate, 2, 1.0)
    x = np.clip(x, -0.5, 0.5) + cycle(rate, 4.5, between, n)
    assert marks(x, rate)[:, 6 * rate :].any() == is_found


def _tops_by_scipy(x: np.ndarray, first: int, reach: int) -> tuple[np.ndarray, np.ndarray]:
    around = maximum_filter1d(x, 2 * reach + 1, mode="constant")
    top = np.zeros(x.size, np.bool_)
    top[1:-1] = (x[1:-1] >= LOWEST) & (x[1:-1] > x[:-2]) & (x[1:-1] >= x[2:])
    top[:first] = False
    places = np.flatnonzero(top & (around <= x * np.float32(1 + LOOSEST)))
    return places, around[places]


def test_the_highest_around_by_both_versions() -> None:
    x, places = np.abs(noise(1, 3_000)[0]), np.arange(0, 3_000, 7)
    ours, theirs = highest_around(x, places, 50), highest_around.numpy_version(x, places, 50)
    kept = theirs <= x[places] * np.float32(1 + LOOSEST)
    assert np.array_equal(ours[kept], theirs[kept])
    assert np.all(ours[~kept] > x[places][~kept] * np.float32(1 + LOOSEST))
    assert 0 < kept.sum() < kept.size
