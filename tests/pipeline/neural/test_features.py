"""What the network hears: powers of bands against the recording's own level, and how that level is remembered."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.neural.bands import COUNT, WINDOW_S, centres_hz
from pipeline.neural.features import LOWEST, Power, RunningLevel, features

RATES = (8_000, 16_000, 48_000)
HOPS_PER_S = 2 / WINDOW_S


def frames(rate: int, seconds: float, level_db: float = 0.0) -> Power:
    """White noise's mean power: the same in every bin, and per second of sound at every rate."""
    size = round(WINDOW_S * rate)
    power = np.full((round(seconds * HOPS_PER_S), size // 2 + 1), (size // 2) ** 2 * 10 ** (level_db / 10))
    return power.astype(np.float32)


def heard(rate: int, *parts: Power) -> tuple[list[np.ndarray], RunningLevel]:
    level, found = RunningLevel(), []
    for part in parts:
        inputs, level = features(part, rate, round(WINDOW_S * rate), level)
        found.append(inputs)
    return found, level


@pytest.mark.parametrize("rate", RATES)
def test_the_level_forgets_with_a_time_constant_of_3_s(rate: int) -> None:
    _, loud = heard(rate, frames(rate, 30))
    _, after = heard(rate, frames(rate, 30), frames(rate, 3.0, -90))
    assert after.db() - loud.db() == pytest.approx(10 * np.log10(np.exp(-1)), abs=0.05)


@pytest.mark.parametrize("rate", RATES)
def test_from_the_first_frame_on_the_level_is_the_mean_so_far(rate: int) -> None:
    _, one = heard(rate, frames(rate, 0.016))
    _, many = heard(rate, frames(rate, 10))
    assert one.db() == pytest.approx(many.db(), abs=1e-3)
    _, half = heard(rate, frames(rate, 0.16, 0), frames(rate, 0.16, -90))
    assert half.db() - one.db() == pytest.approx(10 * np.log10(0.5), abs=0.15)


@pytest.mark.parametrize("level_db", [-60.0, 0.0, 40.0])
def test_features_are_the_same_at_every_level(level_db: float) -> None:
    (loud,), _ = heard(16_000, frames(16_000, 1))
    (other,), _ = heard(16_000, frames(16_000, 1, level_db))
    np.testing.assert_allclose(other, loud, atol=1e-4)


def test_a_band_20_db_over_the_others_is_one_unit_higher() -> None:
    power = frames(16_000, 1, -40)
    plain, _ = features(power, 16_000, 512, RunningLevel(1.0, 1.0))
    power[:, 20] *= 100
    raised, _ = features(power, 16_000, 512, RunningLevel(1.0, 1.0))
    change = raised[0] - plain[0]
    assert change[20] == pytest.approx(1, abs=0.02)
    assert change[30:90] == pytest.approx(change[30], abs=1e-5)


def test_silence_leaves_the_level_as_it_was_and_is_the_lowest_there_is() -> None:
    silence = frames(16_000, 5, -300)
    (_, inputs), level = heard(16_000, frames(16_000, 2), silence)
    _, before = heard(16_000, frames(16_000, 2))
    assert level == before
    assert (inputs == LOWEST).all()
    assert LOWEST == -4
    assert features(silence[:0], 16_000, 512, before)[1] == before


@pytest.mark.parametrize(("rate", "highest_hz"), [(8_000, 4_000), (16_000, 8_000), (48_000, 24_000)])
def test_what_lies_above_half_the_rate_counts_as_absent(rate: int, highest_hz: float) -> None:
    (inputs,), _ = heard(rate, frames(rate, 0.5))
    absent = centres_hz() > highest_hz * 1.07
    assert inputs.shape[1] == COUNT == 148
    assert (inputs[:, absent] == LOWEST).all()
    assert (inputs[:, centres_hz() < highest_hz * 0.9] > -1).all()
