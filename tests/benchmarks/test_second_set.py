"""The second evaluation set, made from made-up repositories."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.quality import kinds, recordings, second_set
from benchmarks.quality.sources import active, rows
from tests.pipeline.signals import noise, speech_like

RATE = 16_000
SPEECH = speech_like(RATE, 3.0)[0]
COLUMNS = (*rows(second_set.LISTED)[0],)
PAIR = {
    "kind": "pair",
    "speech": "made/voices@0",
    "speech_path": "one.wav",
    "speech_start": "0.5",
    "seconds": "2",
    "noise_type": "street",
    "noise": "made/noises@0",
    "noise_path": "hiss.wav",
    "noise_start": "0.1",
    "snr_db": "10",
    "peak_db": "-40",
    "sample_rate": "16000",
}
ROWS = (
    {**PAIR, "name": "plain"},
    {**PAIR, "name": "parts", "speech_path": "one.wav + one.wav", "seconds": "6", "silence": "1", "peak_db": "-6"},
    {**PAIR, "name": "room", "room": "made/rooms", "room_path": "r/room.wav", "noise_path": ""},
    {**PAIR, "name": "keys", "noise_type": "keyboard", "noise_path": "keys/sound.wav", "sample_rate": "44100"},
    {"name": "there", "kind": "real", "speech": "made/real", "speech_path": "a.wav", "speech_start": "1"}
    | {"seconds": "1.5", "sample_rate": "16000"},
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("second")
    room = np.zeros(4000, np.float32)
    room[[100, 900]] = 0.5, 0.2
    sounds = {
        "made+voices/one.wav": SPEECH,
        "made+noises/hiss.wav": noise(1, RATE, -30.0, seed=3)[0],
        "made+noises/keys/sound.wav": noise(1, RATE, -30.0, seed=4)[0],
        "made+rooms/r/room.wav": room,
        "made+real/a.wav": SPEECH,
    }
    for path, x in sounds.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / path, x, RATE)
    (root / "made+noises/keys/config.json").write_text(json.dumps({"defines": {"1": [100, 90], "2": None}}))
    with (root / "list.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(ROWS)
    second_set.make(root, root / "out", root / "list.csv")
    return root / "out"


def sounds(made: Path, name: str) -> tuple[np.ndarray, np.ndarray, int]:
    """The clean one, what is beside it, and their rate."""
    clean, rate = recordings.read(made / "pairs" / "clean" / f"{name}.wav")
    noisy = recordings.read(made / "pairs" / "noisy" / f"{name}.wav").samples
    return clean, noisy - clean, rate


@pytest.mark.parametrize("name", ["plain", "keys"])
def test_snr_level_and_length_are_those_told(made: Path, name: str) -> None:
    clean, rest, rate = sounds(made, name)
    loud = active(clean, rate)
    assert 10 * np.log10(np.mean(clean[loud] ** 2) / np.mean(rest[loud] ** 2)) == pytest.approx(10.0, abs=0.05)
    assert 20 * np.log10(max(np.abs(clean).max(), np.abs(clean + rest).max())) == pytest.approx(-40.0, abs=0.01)
    assert len(clean) == 2 * rate


def test_pauses_are_digital_silence(made: Path) -> None:
    clean, rest, rate = sounds(made, "parts")
    pause = slice(round(2.5 * rate), round(2.8 * rate))
    assert not clean[pause].any()
    assert not rest[pause].any()
    assert rest[: pause.start].any()


def test_a_room_keeps_loudness_and_place(made: Path) -> None:
    clean, rest, _ = sounds(made, "room")
    wet = clean + rest
    assert np.mean(wet**2) == pytest.approx(np.mean(clean**2), rel=1e-3)
    assert np.argmax(np.correlate(wet, clean, "full")) == len(clean) - 1


def test_the_bench_finds_them(made: Path) -> None:
    found = recordings.recordings([made])
    assert {recording.name for recording in found} == {row["name"] for row in ROWS}
    assert kinds.of_folder(made)["room"]["room"] == kinds.ROOM
    assert kinds.of_folder(made)["plain"]["SNR"] == "10–20 dB"
    np.testing.assert_allclose(
        recordings.read(made / "real" / "there.wav").samples, SPEECH[RATE:][: RATE * 3 // 2], atol=1e-3
    )


def test_the_list_names_each_recording_once_and_where_it_is_from() -> None:
    table = rows(second_set.LISTED)
    assert len({row["name"] for row in table}) == len(table)
    assert all("@" in row[column] for row in table for column in ("speech", "noise", "room") if row[column])
