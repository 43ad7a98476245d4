"""What `auto` chooses, number by number: each strength by the measure that decides it, at the edges and between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.measures.auto import chosen
from pipeline.settings import Auto, Settings
from tests.pipeline.measures.test_advice import GOOD

AUTO = Settings(auto=Auto(True))


def flat(**measures: float | None) -> dict[str, object]:
    """The settings chosen for a good recording with these measures."""
    return dict(chosen(AUTO, replace(GOOD, **measures))[0].flat())  # type: ignore[arg-type]


def test_a_good_recording_gets_little() -> None:
    assert flat() == Settings().flat() | {
        "auto_strengths": True,
        "declip_strength_percent": 0.0,
        "declick_sensitivity_percent": 0.0,
        "dehum_strength_db": 30.0,
        "denoise_strength_db": 12.0,
        "dereverb_strength_db": 0.0,
        "tone_rumble_hz": 50.0,
        "deess_strength_db": 3.0,
        "level_range_db": 8.0,
    }


@pytest.mark.parametrize(
    ("snr_db", "clearance_db", "strength_db"),
    [
        (5.0, 5.0, 40),
        (5.0, 14.9, 40),
        (5.0, 15.0, 30),
        (15.0, 27.0, 27),
        (20.0, 32.0, 12),
        (40.0, 60.0, 12),
        (None, None, 30),
    ],
)
def test_noise_is_turned_down_as_by_default_where_it_is_near_and_less_elsewhere(
    snr_db: float | None, clearance_db: float | None, strength_db: float
) -> None:
    assert flat(snr_db=snr_db, clearance_db=clearance_db)["denoise_strength_db"] == strength_db


@pytest.mark.parametrize(
    ("t60_s", "strength_db"),
    [(None, 0), (0.1, 0), (0.35, 0), (0.4, 1), (0.625, 6), (0.9, 12), (2.5, 12)],
)
def test_the_room_is_turned_down_by_how_long_it_sounds_on(t60_s: float | None, strength_db: float) -> None:
    assert flat(t60_s=t60_s)["dereverb_strength_db"] == strength_db


@pytest.mark.parametrize(
    ("bandwidth_hz", "rumble_hz", "deess_db"),
    [(None, 50, 0), (4_200.0, 120, 0), (4_201.0, 50, 0), (10_000.0, 50, 0), (10_001.0, 50, 3), (20_000.0, 50, 3)],
)
def test_the_band_decides_on_rumble_and_sibilants(
    bandwidth_hz: float | None, rumble_hz: float, deess_db: float
) -> None:
    found = flat(bandwidth_hz=bandwidth_hz)
    assert (found["tone_rumble_hz"], found["deess_strength_db"]) == (rumble_hz, deess_db)


def test_repair_is_whole_or_not_at_all() -> None:
    assert flat(clipped_percent=0.005)["declip_strength_percent"] == 100
    assert flat(clicks_per_minute=10.0)["declick_sensitivity_percent"] == 50


def test_what_was_chosen_is_said_in_a_sentence() -> None:
    assert chosen(AUTO, GOOD)[1] == ("Auto: noise reduction 12 dB, de-esser.",)
    worst = replace(
        GOOD,
        snr_db=3.0,
        clearance_db=5.0,
        t60_s=0.625,
        clipped_percent=1.0,
        clicks_per_minute=40.0,
        bandwidth_hz=3_400.0,
    )
    assert chosen(AUTO, worst)[1] == ("Auto: noise reduction 40 dB, dereverberation 6 dB, declip, declick.",)
