"""The recordings in a folder, and which of them are those that the published tables are made of."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from benchmarks.peers import Mono

from . import kinds

LISTED = Path(__file__).parents[1] / "recordings.csv"


class Sound(NamedTuple):
    """Mono samples (n,) and their rate."""

    samples: Mono
    rate: int


class Recording(NamedTuple):
    """kinds : of a pair; empty where there is no reference; clean : None there."""

    name: str
    noisy: Path
    kinds: kinds.Kinds
    clean: Path | None = None

    @property
    def dry(self) -> bool:
        """A pair without a room."""
        return self.kinds.get("room") == kinds.NO_ROOM


def read(path: Path) -> Sound:
    """The first channel."""
    x, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return Sound(np.ascontiguousarray(x[:, 0]), int(rate))


def digest(sound: Sound) -> str:
    """SHA-256 of the samples' upper 16 bits, low byte first: the same for wav and flac, 16 and 24 bit."""
    integers = np.clip(np.floor(sound.samples * 32_768.0), -32_768, 32_767).astype("<i2")
    return hashlib.sha256(integers.tobytes()).hexdigest()


def listed() -> dict[str, dict[str, str]]:
    """The rows of recordings.csv by name."""
    with LISTED.open(newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def recordings(folders: Iterable[Path], every: int = 1) -> list[Recording]:
    """Of each folder every `every`-th pair and every `every`-th recording without a reference, by name."""
    found = [recording for folder in folders for recording in _of_folder(folder, every)]
    names = [recording.name for recording in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SystemExit(f"More than one recording is called {', '.join(twice)}.")
    return found


def _of_folder(data: Path, every: int) -> list[Recording]:
    known, rows = kinds.of_folder(data), listed()
    clean = {path.stem: path for path in _audio(data / "pairs" / "clean")}
    noisy = {path.stem: path for path in _audio(data / "pairs" / "noisy")}
    if alone := sorted(clean.keys() ^ noisy.keys()):
        raise SystemExit(f"Without a partner in {data / 'pairs'}: {', '.join(alone)}")
    pairs = []
    for name in sorted(clean):
        room = kinds.ROOM if rows.get(name, {}).get("room") else kinds.NO_ROOM
        pairs.append(Recording(name, noisy[name], known.get(name, {"room": room}), clean[name]))
    real = [Recording(path.stem, path, {}) for path in _audio(data / "real")]
    return pairs[::every] + real[::every]


def _audio(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix in (".wav", ".flac"))


def described(found: list[Recording]) -> str:
    """How many there are, and how many of them are those that the published tables are made of."""
    known = listed()
    same = sum(
        known.get(r.name, {}).get("noisy_sha256") == digest(read(r.noisy))
        and (r.clean is None or known[r.name]["clean_sha256"] == digest(read(r.clean)))
        for r in found
    )
    pairs = sum(r.clean is not None for r in found)
    return f"{pairs} pairs, {len(found) - pairs} without a reference; {same} of them are as listed in recordings.csv"
