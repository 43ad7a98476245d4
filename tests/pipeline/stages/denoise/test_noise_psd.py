from __future__ import annotations

import numpy as np
import pytest

from pipeline.stages.denoise import noise_psd
from pipeline.stages.denoise.noise_psd import EMPTY, Power, Tracker, first_guess, unknown

TRACKER = Tracker.of_hop(0.012)


def frames(count: int, bins: int = 65, level: float = 1.0, seed: int = 0) -> Power:
    """Power of white noise: exponentially distributed, mean `level`."""
    return np.random.default_rng(seed).exponential(level, (count, bins)).astype(np.float32)


def error_db(estimate: Power, truth: float) -> float:
    return float(np.abs(10 * np.log10(estimate.mean(axis=0) / truth)).mean())


def test_kernel_equals_numpy_and_leaves_the_same_state() -> None:
    power = frames(300)
    power[100:150] *= 1e4
    power[200:220] = 0
    results = []
    for version in (noise_psd.track, noise_psd.track.numpy_version):
        noise, presence, estimate = np.full(65, 0.3), unknown(65), np.empty_like(power)
        version(power, noise, presence, TRACKER.keep_noise, TRACKER.keep_presence, estimate)
        results.append((noise, presence, estimate))
    for ours, other in zip(*results, strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-5)


@pytest.mark.parametrize("hop_s", [0.004, 0.012, 0.016])
def test_steady_noise_is_found_whatever_the_hop(hop_s: float) -> None:
    power = frames(1_000)
    estimate, _, _ = Tracker.of_hop(hop_s).forward(power, first_guess(power[:60]), unknown(65))
    assert error_db(estimate[300:], 1.0) < 1.5


def test_speech_does_not_raise_it() -> None:
    power = frames(600)
    power[200:230] += 300.0
    estimate, _, _ = TRACKER.forward(power, np.ones(65), unknown(65))
    assert error_db(estimate[200:230], 1.0) < 1.5


@pytest.mark.parametrize("change", [10.0, 0.1])
def test_follows_a_change_within_a_second(change: float) -> None:
    power = np.concatenate((frames(200), frames(200, level=change, seed=1)))
    estimate, _, _ = TRACKER.forward(power, np.ones(65), unknown(65))
    assert error_db(estimate[284:], change) < 1.5


def test_backward_is_forward_mirrored() -> None:
    power = frames(100)
    mirrored, _, _ = TRACKER.forward(np.ascontiguousarray(power[::-1]), np.ones(65), unknown(65))
    assert np.array_equal(TRACKER.backward(power, np.ones(65)), mirrored[::-1])


def test_two_halves_equal_the_whole() -> None:
    power = frames(100)
    whole, noise, presence = TRACKER.forward(power, np.ones(65), unknown(65))
    first, middle, seen = TRACKER.forward(power[:37], np.ones(65), unknown(65))
    second, last, seen = TRACKER.forward(power[37:], middle, seen)
    assert np.array_equal(np.concatenate((first, second)), whole)
    assert np.array_equal(last, noise)
    assert np.array_equal(seen, presence)


def test_silence_says_nothing() -> None:
    estimate, noise, presence = TRACKER.forward(np.zeros((50, 9), np.float32), np.full(9, 2.0), unknown(9))
    assert (estimate == 2.0).all()
    assert (noise == 2.0).all()
    assert (presence == unknown(9)).all()


def test_first_guess_ignores_silence_and_is_never_zero() -> None:
    power = frames(60)
    gated = np.concatenate((np.zeros((200, 65), np.float32), power))
    np.testing.assert_array_equal(first_guess(gated), first_guess(power))
    assert (first_guess(np.zeros((5, 9), np.float32)) == EMPTY).all()
    assert 0.2 < first_guess(frames(5_000)).mean() < 0.8
