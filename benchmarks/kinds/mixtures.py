"""A folder of mixtures, of which it is known what is in them."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

Signal = NDArray[np.float32]
Spans = tuple[tuple[float, float], ...]


class Mixture(NamedTuple):
    """noisy, speech, other (n,) : the recording, what should stay, and what else is named

    What the recording has beside these two is light noise. spans : from and to, in s, where the kind sounds; none where
    it sounds all the time.
    """

    name: str
    kind: str
    sample_rate: int
    noisy: Signal
    speech: Signal
    other: Signal
    spans: Spans = ()

    @property
    def rest(self) -> Signal:
        """(n,) What is neither speech nor the other sound."""
        return self.noisy - self.speech - self.other

    @property
    def is_noisy(self) -> bool:
        """Whether there is anything beside what should stay; less than 80 dB under it is the file's rounding."""
        beside = np.square(self.noisy - self.speech, dtype=np.float64).sum()
        return bool(beside > 1e-8 * np.square(self.speech, dtype=np.float64).sum())

    def marked(self) -> NDArray[np.bool_]:
        """(n,) Whether the kind sounds."""
        if not self.spans:
            return np.ones(len(self.noisy), np.bool_)
        at_s = np.arange(len(self.noisy)) / self.sample_rate
        inside = np.zeros(len(self.noisy), np.bool_)
        for start_s, end_s in self.spans:
            inside |= (at_s >= start_s) & (at_s < end_s)
        return inside


def mixtures(folder: Path) -> list[Mixture]:
    """Those that manifest.csv lists: `name, kind, spans`, and columns for people."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [_mixture(folder, row) for row in csv.DictReader(file)]


def _mixture(folder: Path, row: dict[str, str]) -> Mixture:
    name = row["name"]
    noisy, rate = soundfile.read(folder / f"{name}.noisy.flac", dtype="float32")
    speech, other = (_part(folder / f"{name}.{part}.flac", noisy) for part in ("speech", "other"))
    return Mixture(name, row["kind"], int(rate), noisy, speech, other, spans(row["spans"]))


def _part(path: Path, noisy: Signal) -> Signal:
    """Silence where there is no file."""
    if not path.exists():
        return np.zeros_like(noisy)
    part: Signal = soundfile.read(path, dtype="float32")[0]
    if part.shape != noisy.shape:
        raise ValueError(f"{path} is not as long as its mixture.")
    return part


def spans(text: str) -> Spans:
    """From and to in s, as the manifest has them: `1.50-2.25 4.00-4.50` → ((1.5, 2.25), (4.0, 4.5))."""
    ends = (span.split("-") for span in text.split())
    return tuple((float(start), float(end)) for start, end in ends)
