"""How the next mixture is drawn."""

from __future__ import annotations

import numpy as np

from training.data.mixing import EXCITED_SHARE, draw_paces
from training.data.noises import machine

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
