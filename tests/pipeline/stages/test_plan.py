"""Music under speech is turned down evenly, unless the listener wants it otherwise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.cache.work import WorkCache
from pipeline.measures.analysis import EVERYWHERE, Analysis
from pipeline.measures.auto import chosen
from pipeline.measures.content.meter import Content as Found
from pipeline.plan import Plan, planned
from pipeline.settings import Auto, Content, Dehum, Denoise, Settings, Tone
from pipeline.stream.stage import run_whole
from tests.pipeline.measures.test_advice import GOOD
from tests.pipeline.signals import noise, speech_like

RATE = 16_000
X = speech_like(RATE, 2.0) + noise(1, 2 * RATE, -45.0)
NOISY = replace(GOOD, sample_rate=RATE, channels=1, duration_s=2.0, clearance_db=5.0, snr_db=12.0)
MUSICAL = replace(NOISY, content=Found(speech=True, music_under_speech=0.8))
DEFAULT = Settings(dehum=Dehum(0.0), tone=Tone(0.0))


def plan(before: Analysis, asked: Settings) -> Plan:
    with WorkCache(None) as work:
        return planned(asked, chosen(asked, before)[0], before, EVERYWHERE, work, X.shape[1])


def held(made: Plan) -> bool:
    return any(note.startswith("There is music under the speech") for note in made.notes)


def with_strength(strength_db: float) -> Settings:
    return replace(DEFAULT, denoise=Denoise(strength_db))


def test_music_under_speech_is_turned_down_by_14_db_and_the_report_says_so() -> None:
    made = plan(MUSICAL, DEFAULT)
    same = plan(NOISY, with_strength(14.0))
    assert np.array_equal(run_whole(made.restoration, X), run_whole(same.restoration, X))
    assert [note for note in made.notes if "14 dB" in note] == [
        "There is music under the speech: noise reduction was held at 14 dB, so that the music stays even."
    ]


@pytest.mark.parametrize(
    "asked",
    [
        with_strength(25.0),
        with_strength(12.0),
        replace(DEFAULT, content=Content(keep_music=True)),
    ],
    ids=["moved by hand", "less than that", "kept"],
)
def test_otherwise_it_is_as_asked_for(asked: Settings) -> None:
    made, same = plan(MUSICAL, asked), plan(NOISY, asked)
    assert np.array_equal(run_whole(made.restoration, X), run_whole(same.restoration, X))
    assert not held(made)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (NOISY, False),
        (MUSICAL, True),
        (replace(MUSICAL, content=Found(speech=True, music_under_speech=0.49)), False),
        (replace(MUSICAL, snr_db=4.0), False),  # as loud as the speech: no music that anybody put there
    ],
    ids=["none", "most", "some", "a siren"],
)
def test_it_must_be_there_and_fainter(before: Analysis, expected: bool) -> None:
    assert held(plan(before, DEFAULT)) is expected


def test_auto_chooses_the_same() -> None:
    asked = replace(DEFAULT, auto=Auto(True))
    assert chosen(asked, MUSICAL)[0].denoise.strength_db == 14
    assert chosen(asked, NOISY)[0].denoise.strength_db > 30
    assert held(plan(MUSICAL, asked))
