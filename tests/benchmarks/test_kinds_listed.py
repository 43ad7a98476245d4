"""The listed mixtures of kinds, made from made-up repositories."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import soundfile

from benchmarks.kinds import listed
from benchmarks.kinds.mixtures import Mixture, Signal, mixtures
from benchmarks.kinds.numbers import KINDS
from benchmarks.quality.sources import active, mean_power, rows
from tests.pipeline.signals import noise, speech_like

RATE = 16_000
TABLE = rows(listed.LISTED)
VOICE = {"speech": "made/voices@0", "speech_path": "one.wav + two.wav", "seconds": "4", "sample_rate": "16000"}
ROWS = (
    {**VOICE, "name": "plain", "kind": "excited"},
    {**VOICE, "name": "hissing", "kind": "excited", "noise_db": "-20"},
    {**VOICE, "name": "whisper", "kind": "whisper"},
    {
        **VOICE,
        "name": "laugh",
        "kind": "laughter",
        "other": "made/sounds@0",
        "other_path": "short.wav",
        "other_db": "-4",
    },
    {**VOICE, "name": "dog", "kind": "dogs", "other": "made/sounds@0", "other_path": "short.wav", "other_db": "-5"},
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Mixture]:
    root = tmp_path_factory.mktemp("kinds")
    sounds = {
        "made+voices/one.wav": speech_like(RATE, 3.0)[0],
        "made+voices/two.wav": speech_like(RATE, 3.0)[0] * np.float32(0.1),
        "made+sounds/short.wav": noise(1, RATE, -50.0, seed=3)[0],
    }
    for path, x in sounds.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / path, x, RATE)
    with (root / "list.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, (*TABLE[0],), restval="")
        writer.writeheader()
        writer.writerows(ROWS)
    listed.make(root, root / "out", root / "list.csv")
    return {mixture.name: mixture for mixture in mixtures(root / "out")}


def level_db(x: Signal) -> float:
    return float(10 * np.log10(mean_power(x, active(x, RATE))))


def test_speech_alone_is_all_there_is(made: dict[str, Mixture]) -> None:
    plain = made["plain"]
    assert not plain.is_noisy
    assert not plain.other.any()
    assert len(plain.noisy) == 4 * RATE
    assert level_db(plain.speech[: RATE * 5 // 2]) == pytest.approx(level_db(plain.speech[RATE * 7 // 2 :]), abs=1.5)


def test_hiss_is_as_loud_as_told(made: dict[str, Mixture]) -> None:
    hissing = made["hissing"]
    hiss = 10 * np.log10(np.mean(np.square(hissing.rest, dtype=np.float64)))
    assert hiss - level_db(hissing.speech) == pytest.approx(-20.0, abs=0.1)


def periodicity(x: Signal) -> float:
    """How like itself one period later, from 84 to 267 Hz: the median of the twenty loudest stretches of 32 ms."""
    frames = sorted(x[: len(x) // 512 * 512].reshape(-1, 512), key=lambda part: float(np.square(part).sum()))[-20:]
    alike = [max(np.corrcoef(frame[:-lag], frame[lag:])[0, 1] for lag in range(60, 190)) for frame in frames]
    return float(np.median(alike))


def test_a_whisper_has_no_pitch(made: dict[str, Mixture]) -> None:
    assert periodicity(made["whisper"].speech) < 0.5 < 0.8 < periodicity(made["plain"].speech)


def test_a_laugh_comes_after_the_speech_and_stays(made: dict[str, Mixture]) -> None:
    laugh = made["laugh"]
    assert laugh.spans == ((4.4, 5.4),)
    assert not laugh.other.any()
    assert laugh.marked().sum() == RATE
    # the noise stands for the laugh: all of it is active
    assert level_db(laugh.speech[laugh.marked()]) - level_db(laugh.speech[: 3 * RATE]) == pytest.approx(-4.0, abs=1.0)


def test_another_sound_goes_on_to_the_end(made: dict[str, Mixture]) -> None:
    dog = made["dog"]
    assert level_db(dog.other) - level_db(dog.speech) == pytest.approx(-5.0, abs=0.5)
    assert level_db(dog.other[3 * RATE :]) == pytest.approx(level_db(dog.other[:RATE]), abs=0.5)


def test_the_list_has_names_of_its_own_and_known_kinds() -> None:
    assert len({row["name"] for row in TABLE}) == len(TABLE) > 50
    assert {row["kind"] for row in TABLE} <= KINDS.keys()
    assert all(row["speech_licence"] and (row["other_licence"] or not row["other"]) for row in TABLE)
    assert all("@" in row["speech"] and (not row["other"] or "@" in row["other"]) for row in TABLE)
