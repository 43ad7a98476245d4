"""Makes the mixtures that kinds.csv lists from the repositories that their recordings come from.

    python -m benchmarks.kinds.listed REPOSITORIES OUT

REPOSITORIES : as for `benchmarks.quality.second_set`.
OUT : what `benchmarks.kinds` reads; what is in it is written over.

A mixture: the parts of the speech at one level, `seconds` long. The other recording is a second talker, or what
should go, from the beginning to the end; or a laugh or breaths after the speech, which stay. `other_db` : its level
against the speech, where each is active. `noise_db` : of pink noise, against the speech; none where it is empty.
"""

from __future__ import annotations

import csv
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from scipy import fft

from benchmarks.quality.sources import Row, active, command, joined, levelled, mean_power, mono, parts, repeated, rows
from training.data.voices import whispered

from .mixtures import Signal

LISTED = Path(__file__).parents[1] / "kinds.csv"
AFTER = ("laughter", "breaths")  # they come after the speech, and stay
GAP_S = 0.4  # around them
PEAK = 0.5
HISS_FROM_HZ = 100.0


class Made(NamedTuple):
    """speech, other, rest (n,) : what should stay, the other sound, a light noise; spans : as the manifest has them"""

    speech: Signal
    other: Signal
    rest: Signal
    spans: str = ""


def make(repositories: Path, out: Path, listed: Path = LISTED) -> None:
    """All mixtures and their manifest."""
    out.mkdir(parents=True, exist_ok=True)
    table = rows(listed)
    spans = [_written(out, row["name"], mixture(repositories, row), int(row["sample_rate"])) for row in table]
    with (out / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["spans", *table[0]], lineterminator="\n")
        writer.writeheader()
        writer.writerows({"spans": span, **row} for span, row in zip(spans, table, strict=True))


def mixture(repositories: Path, row: Row) -> Made:
    """One line of the list."""
    rate, chance = int(row["sample_rate"]), np.random.default_rng(zlib.crc32(row["name"].encode()))
    speech = _sound(repositories, row["speech"], row["speech_path"], rate)[: round(float(row["seconds"]) * rate)]
    if row["kind"] == "whisper":
        speech = levelled(whispered(speech, rate, chance), rate)
    other, spans = np.zeros_like(speech), ""
    if row["other"]:
        gain = np.float32(10 ** (float(row["other_db"]) / 20))
        sound = _sound(repositories, row["other"], row["other_path"], rate)
        if row["kind"] in AFTER:
            speech, spans = _then(speech, levelled(sound, rate) * gain, rate)
            other = np.zeros_like(speech)
        else:
            other = levelled(repeated(sound, len(speech), rate), rate) * gain
    rest = _hiss(speech, rate, float(row["noise_db"]), chance) if row["noise_db"] else np.zeros_like(speech)
    return Made(speech, mono(other), rest, spans)


def _sound(repositories: Path, repository: str, paths: str, rate: int) -> Signal:
    """Its parts at one level, with pauses between them."""
    return joined(parts(repositories, repository, paths, rate), rate)[0]


def _then(speech: Signal, more: Signal, rate: int) -> tuple[Signal, str]:
    """More after the speech, and from when to when it sounds."""
    gap = np.zeros(round(GAP_S * rate), np.float32)
    begin = len(speech) + len(gap)
    whole = np.concatenate([speech, gap, more, gap])
    return whole, f"{begin / rate:.2f}-{(begin + len(more)) / rate:.2f}"


def _hiss(speech: Signal, rate: int, level_db: float, chance: np.random.Generator) -> Signal:
    """Pink noise, as loud against the active speech."""
    spectrum = fft.rfft(chance.standard_normal(len(speech)))
    frequency = np.arange(len(spectrum)) * rate / len(speech)
    hiss = fft.irfft(spectrum / np.sqrt(np.maximum(frequency, HISS_FROM_HZ)), len(speech))
    wanted = mean_power(speech, active(speech, rate)) * 10 ** (level_db / 10)
    return mono(hiss * np.sqrt(wanted / np.mean(np.square(hiss))))


def _written(out: Path, name: str, made: Made, rate: int) -> str:
    noisy = made.speech + made.other + made.rest
    gain = np.float32(PEAK / np.abs(noisy).max())
    for part, x in {"noisy": noisy, "speech": made.speech, "other": made.other}.items():
        path = out / f"{name}.{part}.flac"
        path.unlink(missing_ok=True)
        if x.any():
            soundfile.write(path, x * gain, rate, "PCM_24")
    return made.spans


def main(arguments: list[str] | None = None) -> None:
    command("benchmarks.kinds.listed", __doc__, make, arguments)


if __name__ == "__main__":
    main()
