"""From where on a recording is called noisy, clipped, reverberant …: each word at its edge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.measures.advice import advice
from pipeline.measures.analysis import Analysis
from tests.pipeline.measures.test_advice import GOOD

APART = {"channel_share": 0.1, "channel_coherence": 0.1}


@pytest.mark.parametrize(
    ("word", "measures", "others"),
    [
        ("clipped", {"clipped_percent": 0.005}, {"clipped_percent": 0.0049}),
        ("clicking", {"clicks_per_minute": 10.0}, {"clicks_per_minute": 9.9}),
        ("clicking", {"clicks_per_minute": 15.0, "duration_s": 12.0}, {"clicks_per_minute": 15.0, "duration_s": 8.0}),
        ("humming", {"hum_hz": 50.0, "hum_dbfs": -70.0}, {"hum_hz": 50.0, "hum_dbfs": -70.1}),
        ("separate_microphones", {"channel_share": 0.35, "channel_coherence": 0.2}, {"channel_share": 0.0}),
        ("separate_microphones", APART, {**APART, "channel_share": 0.36}),
        ("separate_microphones", APART, {**APART, "channel_coherence": 0.21}),
        ("close_to_noise", {"clearance_db": 14.9}, {"clearance_db": 15.0}),
        ("reverberant", {"t60_s": 0.5}, {"t60_s": 0.49}),
        ("very_reverberant", {"t60_s": 0.91}, {"t60_s": 0.9}),
        ("narrow", {"bandwidth_hz": 4_200.0}, {"bandwidth_hz": 4_201.0}),
        ("dull", {"bandwidth_hz": 7_600.0}, {"bandwidth_hz": 7_601.0}),
        ("full_band", {"bandwidth_hz": 10_001.0}, {"bandwidth_hz": 10_000.0}),
        ("quiet", {"lufs": -38.0}, {"lufs": -37.9}),
        ("offset", {"dc_offset_percent": 1.0}, {"dc_offset_percent": 0.99}),
    ],
)
def test_each_word_begins_at_its_edge(word: str, measures: dict[str, float], others: dict[str, float]) -> None:
    assert getattr(replace(GOOD, **measures), word) is True
    assert getattr(replace(GOOD, **others), word) is False


@pytest.mark.parametrize(
    ("snr_db", "clearance_db", "noise"),
    [
        (5.9, 13.9, "very noisy"), (6.0, 13.9, "noisy"), (5.9, 14.0, "noisy"), (15.0, 19.9, "noisy"),
        (15.1, 19.9, "some"), (15.0, 20.0, "some"), (2.0, 20.0, "some"), (15.1, 29.9, "some"), (15.0, 30.0, "some"),
        (15.1, 30.0, "low"), (None, None, None), (20.0, None, None),
    ],
)  # fmt: skip
def test_the_noise_has_one_grade(snr_db: float | None, clearance_db: float | None, noise: str | None) -> None:
    assert replace(GOOD, snr_db=snr_db, clearance_db=clearance_db).noise == noise


def test_what_was_not_measured_is_called_nothing() -> None:
    nothing = Analysis(1.0, 48_000, 1, None, None, None, None)
    words = [name for name, kind in vars(Analysis).items() if isinstance(kind, property)]
    assert len(words) == 15
    assert [word for word in words if getattr(nothing, word)] == []


def test_the_words_are_for_people() -> None:
    every = replace(
        GOOD, clipped_percent=0.42, snr_db=4.0, clearance_db=12.0, t60_s=1.26, hum_hz=49.96, hum_dbfs=-50.0,
        clicks_per_minute=12.4, bandwidth_hz=7_000.0, lufs=-41.3,
    )  # fmt: skip
    assert advice(every) == (
        "Clipped at the source (0.42 % of it): record 6 dB lower.",
        "Very noisy (about 4 dB between speech and noise): bring the microphone nearer to the mouth.",
        "Very reverberant (the room sounds on for about 1.3 s): go nearer, or hang up curtains and blankets.",
        "Hum of the mains at 50.0 Hz: use another power supply or a balanced cable.",
        "Clicks, about 12 a minute: look at the cable, drink water, try Declick.",
        "The sound ends at 7.0 kHz (a call's or a low bit rate's): what lies above cannot be brought back.",
        "Recorded very quietly (-41 LUFS): turn the input up, as long as it does not clip.",
    )
