from __future__ import annotations

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude_db
from pipeline.loudness.limiter import limit, mean_gain, smooth, stage
from pipeline.loudness.true_peak import true_peak
from pipeline.stream.stage import run, split
from tests.pipeline.signals import noise, sine, speech_like


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000, 192_000])
@pytest.mark.parametrize("ceiling", [-9.0, -1.0, 0.0])
def test_the_ceiling_holds(rate: int, ceiling: float) -> None:
    x = noise(2, rate, level_db=0) * np.linspace(0, 1, rate, dtype=np.float32)
    assert amplitude_db(true_peak(limit(x, rate, ceiling))) <= ceiling + 0.05


def test_the_hardest_case_a_lone_full_scale_click() -> None:
    x = np.zeros((1, 48_000), np.float32)
    x[0, 24_000:24_002] = 4.0, -4.0
    assert amplitude_db(true_peak(limit(x, 48_000, -1.0))) <= -1.0


def test_what_stays_below_is_untouched() -> None:
    x = speech_like(48_000, 1, level_db=-30)
    assert np.array_equal(limit(x, 48_000, -1.0), x)


def test_gain_reduction_is_smooth_and_shared_by_the_channels() -> None:
    rate = 48_000
    carrier = np.concatenate([sine(1000, rate, 0.5, 0.5), sine(1000, rate, 0.5, 2.0), sine(1000, rate, 1, 0.5)], axis=1)
    x = np.concatenate([carrier, 0.1 * carrier])
    y = limit(x, rate, -1.0)
    loud = np.abs(x[0]) > 0.1
    gain = y[0, loud] / x[0, loud]
    np.testing.assert_allclose(y[1, loud] / x[1, loud], gain, rtol=1e-3)
    assert np.abs(np.diff(gain)).max() < 0.05
    assert gain[:1000].min() > 0.999  # before the look-ahead reaches it, nothing moves
    assert gain[-1000:].min() > 0.999  # and the release lets go


@pytest.mark.parametrize("block", [1, 37, 480, 5_000, 10**6])
def test_blocks_equal_whole(block: int) -> None:
    x = noise(2, 6_000, level_db=-3)
    pieces = np.concatenate(list(run(stage(-1.0, 16_000, 2), split(x, block))), axis=1)
    np.testing.assert_allclose(pieces, limit(x, 16_000, -1.0), atol=1e-6)


@pytest.mark.parametrize("n", [0, 1, 100])
def test_short_input_keeps_its_length(n: int) -> None:
    x = np.full((1, n), 2.0, np.float32)
    y = limit(x, 48_000, -1.0)
    assert y.shape == x.shape
    assert y.dtype == np.float32
    assert np.abs(y).max(initial=0) <= 10 ** (-1 / 20)


def test_kernel_equals_numpy() -> None:
    rng = np.random.default_rng(0)
    wanted = (-6 * rng.random(4_000) * (rng.random(4_000) < 0.02)).astype(np.float32)
    ours, held = smooth(wanted, 0.002, -0.5, 64)
    other, other_held = smooth.numpy_version(wanted, 0.002, -0.5, 64)
    np.testing.assert_allclose(ours, other, atol=1e-5)
    assert held == pytest.approx(other_held, abs=1e-5)
    np.testing.assert_allclose(mean_gain(ours, 64), mean_gain.numpy_version(ours, 64), rtol=1e-6)


def gains_db(x: Samples, rate: int, ceiling_dbtp: float) -> np.ndarray:
    """Gain in dB of every millisecond of x (1, n), a tone of 1 kHz."""
    loudest = [np.abs(one[0]).reshape(-1, rate // 1000).max(axis=1) for one in (limit(x, rate, ceiling_dbtp), x)]
    return np.asarray(20 * np.log10(loudest[0] / loudest[1]))


def test_the_gain_comes_back_by_300_db_a_second() -> None:
    rate = 48_000
    x = sine(1000, rate, 0.5)
    x[:, 12_000:14_400] *= 8  # 13 dB over the ceiling, from 250 to 300 ms
    gain = gains_db(x, rate, -1.0)
    assert gain[260:298] == pytest.approx(-1 - 20 * np.log10(4), abs=0.1)
    assert np.diff(gain[305:335]) == pytest.approx(0.3, abs=0.02)
    assert gain[346:] == pytest.approx(0, abs=1e-3)  # 43 ms later all is as it was


def test_the_gain_falls_within_the_look_ahead_of_2_ms() -> None:
    rate = 48_000
    x = sine(1000, rate, 0.5)
    x[:, 12_000:] *= 8
    gain = gains_db(x, rate, -1.0)
    assert gain[:247] == pytest.approx(0, abs=1e-6)
    assert gain[248] < -0.5
    assert gain[250] < -13


def test_the_latency_is_the_look_ahead_and_half_the_interpolator() -> None:
    assert stage(-1.0, 48_000, 1).latency == 96 + 15
    assert stage(-1.0, 8_000, 1).latency == 32 + 15


@pytest.mark.parametrize("ceiling", [-9.0, -1.0])
def test_it_turns_down_no_further_than_it_must(ceiling: float) -> None:
    """A tone 6 dB over full scale comes to the ceiling, less 0.05 dB for what moves between the samples."""
    gain = gains_db(sine(1000, 48_000, 0.5, 2.0), 48_000, ceiling)
    assert gain[50:-50] == pytest.approx(ceiling - 0.05 - 20 * np.log10(2), abs=0.01)
