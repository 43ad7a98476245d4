"""How the next mixture is drawn."""

from __future__ import annotations

import numpy as np

from training.data.mixing import EXCITED_SHARE, draw_paces
from training.data.noises import knocks, machine

RATE = 16_000


def test_speech_is_now_and_then_as_high_as_a_small_childs() -> None:
    rng = np.random.default_rng(0)
    drawn = [draw_paces(3 * RATE, RATE, rng) for _ in range(1000)]
    moving = [paces for paces in drawn if np.ptp(paces) > 0]
    assert abs(len(moving) / len(drawn) - EXCITED_SHARE) < 0.03
    assert all(np.ptp(paces) > 0.1 for paces in moving)
    assert min(paces.min() for paces in moving) > 1.0
    assert 1.9 < max(paces.max() for paces in moving) <= 2.0
    assert {paces[0] == 1 for paces in drawn if np.ptp(paces) == 0} == {True, False}


def strongest_hz(x: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x))))
    return float(np.argmax(spectrum[10:]) + 10) * RATE / len(x)


def test_some_engines_change_their_speed_and_some_do_not() -> None:
    changes = []
    for seed in range(60):
        x = machine(2 * RATE, RATE, np.random.default_rng(seed))
        pitches = [strongest_hz(piece) for piece in np.split(x, 8)]
        changes.append(np.ptp(pitches) / np.median(pitches))
    assert min(changes) < 0.02
    assert sum(change > 0.1 for change in changes) > 3


def energies(x: np.ndarray) -> np.ndarray:
    """Of 10 ms each, against the loudest."""
    power = np.square(x[: len(x) // 160 * 160].reshape(-1, 160)).mean(axis=1)
    return np.asarray(power / power.max())


def test_it_knocks_seldom_or_often_and_now_and_then_like_a_clock() -> None:
    busy, like_a_clock = [], []
    for seed in range(80):
        loud = energies(knocks(6 * RATE, RATE, np.random.default_rng(seed))) > 1e-3
        busy.append(loud.mean())
        gaps = np.diff(np.flatnonzero(np.diff(loud.astype(int)) == 1))
        like_a_clock.append(len(gaps) > 4 and np.ptp(gaps) <= 2)
    assert min(busy) < 0.02
    assert max(busy) > 0.5
    assert 3 < sum(like_a_clock) < 30


def test_some_bursts_last_and_most_fade() -> None:
    ends = []
    for seed in range(80):
        energy = energies(knocks(6 * RATE, RATE, np.random.default_rng(seed)))
        loud = np.flatnonzero(energy > 0.5)
        ends.append(len(loud) > 2 and bool(np.all(np.diff(loud) == 1)) and energy[min(loud[-1] + 2, 599)] < 1e-3)
    assert 0 < sum(ends) < 40
