"""What is evaluated is not trained on."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from training.data.evaluation import evaluated, sources
from training.data.prepare import prepare

FIELDS = ("file", "kind", "corpus", "speaker", "licence", "native_rate", "bandwidth_hz")


@pytest.mark.parametrize(
    "file",
    [
        "more/Muges+ambientsounds/heavy-rain.ogg",  # a name that others have, too, and the repository
        "noises/2-114280-A.flac",  # a number of its own, in whatever form
        "karolpiczak+ESC-50/audio/3-126113-A-26.wav",  # a kind's
        "chaeyoung-lee+wids_tutorial/exercise_bike.wav",  # the dev set's, listed with its second
    ],
)
def test_what_the_lists_name_is_found(file: str) -> None:
    assert evaluated([{"file": "noises/rain.ogg"}, {"file": file}]) == [file]


@pytest.mark.parametrize(
    "file", ["other+ambient/heavy-rain.ogg", "Muges+ambientsounds/stream.ogg", "noises/2-999999-A.flac", "wind.ogg"]
)
def test_others_of_the_same_name_or_repository_are_not(file: str) -> None:
    assert evaluated([{"file": file}]) == []


def test_all_lists_are_read() -> None:
    repositories = {source.repository for source in sources()}
    assert {"auspicious3000+autovc", "rhasspy+dataset-voice-nathalie", "karolpiczak+ESC-50"} <= repositories
    assert len(sources()) > 200


def test_prepare_refuses_them(tmp_path: Path) -> None:
    with (tmp_path / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS, restval="")
        writer.writeheader()
        writer.writerow({"file": "x/2-114280-A.ogg", "kind": "noise"})
    with pytest.raises(ValueError, match="2-114280-A"):
        prepare(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
