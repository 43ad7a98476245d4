"""One sentence of what was done: what is heard most comes first, and what did not change is not said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.measures.analysis import Analysis
from pipeline.measures.content.meter import NOTHING
from pipeline.measures.verdict import verdict
from pipeline.settings import Settings

SETTINGS = Settings.from_flat({"dehum_strength_db": 30.0, "declip_strength_percent": 50.0}).flat()
BEFORE = Analysis(
    duration_s=10.0, sample_rate=48_000, channels=1, lufs=-26.0, true_peak_dbtp=-6.0, noise_floor_dbfs=-50.0,
    snr_db=14.0, speech_dbfs=-28.0,
)  # fmt: skip
AFTER = replace(BEFORE, lufs=-16.0, noise_floor_dbfs=-64.0)


def said(gain_db: float = 10.0, *, after: Analysis = AFTER, **changed: object) -> str:
    return verdict(replace(BEFORE, **changed), after, gain_db, SETTINGS)


def test_noise_and_loudness() -> None:
    """The gain of 10 dB raised the noise, too: what was taken away is 24 dB."""
    assert said() == "The noise is 24 dB quieter, and it is 10 dB louder (-16 LUFS)."
    assert said(after=replace(AFTER, noise_floor_dbfs=None)).startswith("The noise between the words is gone")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"hum_hz": 50.0, "hum_dbfs": -40.0}, {}, "the hum is gone"),
        ({"hum_hz": 50.0, "hum_dbfs": -40.0}, {"hum_hz": 50.0, "hum_dbfs": -41.0}, None),
        ({"clipped_percent": 3.0}, {}, "clipped peaks are rebuilt"),
        ({"clicks_per_minute": 60.0}, {"clicks_per_minute": 1.0}, "the clicks are gone"),
        ({"clicks_per_minute": 60.0}, {"clicks_per_minute": 60.0}, None),
        ({"t60_s": 1.2}, {"t60_s": 0.6}, "the room is drier"),
        ({"t60_s": 1.2}, {"t60_s": 1.1}, None),
    ],
)
def test_faults_that_are_gone(before: dict[str, float], after: dict[str, float], words: str | None) -> None:
    found = said(after=replace(AFTER, **after), **before)  # type: ignore[arg-type]
    plain = "The noise is 24 dB quieter, and it is 10 dB louder (-16 LUFS)."
    assert found == (plain if words is None else plain.replace(", and", f", {words}, and"))


def test_what_did_not_change_is_not_said() -> None:
    same = replace(BEFORE, lufs=-16.2)
    assert verdict(same, same, 0.0, SETTINGS) == "The loudness stays right (-16 LUFS)."
    assert verdict(same, same, 0.0, {}) == "The recording was good already: next to nothing was changed."
    assert "LUFS" not in verdict(BEFORE, replace(AFTER, lufs=-19.0), 7.0, SETTINGS)  # the target was missed


def test_no_speech_and_silence() -> None:
    assert said(speech_dbfs=None) == "The recording is silent."
    assert said(content=NOTHING._replace(speech=False)).startswith("No speech was found")
