"""Makes the second evaluation set from the repositories that its recordings come from.

    python -m benchmarks.quality.second_set REPOSITORIES OUT

REPOSITORIES : a folder with one folder `owner+name` for each repository named in second_set.csv, checked out at the
commit that stands behind its @; of a Debian package, `debian+name`, what is in it (`sources.py`).
OUT : `pairs/clean`, `pairs/noisy`, `real` and `manifest.csv`, as `benchmarks.quality` reads them.

A pair: the parts of the speech (` + ` between their paths) at equal level with a pause between them; a room, if any,
as loud as the dry speech and with its direct sound at the same sample; noise at the SNR, over the stretches where
somebody speaks; the whole with its peak at the level told. With `silence` the pauses are digital silence in both files.
"""

from __future__ import annotations

import csv
import json
import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from benchmarks.peers import Mono
from benchmarks.quality.sources import (
    Row,
    active,
    command,
    joined,
    mean_power,
    mono,
    parts,
    place,
    read,
    repeated,
    rows,
)

LISTED = Path(__file__).parents[1] / "second_set.csv"
KEYS_A_SECOND = 5.0


def make(repositories: Path, out: Path, listed: Path = LISTED) -> None:
    """The whole set, its folders made anew."""
    table = rows(listed)
    for folder in ("pairs/clean", "pairs/noisy", "real"):
        shutil.rmtree(out / folder, ignore_errors=True)
        (out / folder).mkdir(parents=True)
    for row in table:
        rate = int(row["sample_rate"])
        if row["kind"] == "pair":
            clean, noisy = pair(repositories, row)
            _write(out / "pairs" / "clean" / f"{row['name']}.wav", clean, rate)
            _write(out / "pairs" / "noisy" / f"{row['name']}.wav", noisy, rate)
        else:
            _write(out / "real" / f"{row['name']}.wav", _speech(repositories, row)[0], rate)
    _manifest(out / "manifest.csv", table)


def pair(repositories: Path, row: Row) -> tuple[Mono, Mono]:
    """The dry speech, and the recording."""
    rate = int(row["sample_rate"])
    dry, pauses = _speech(repositories, row)
    spoken = _roomed(dry, _room(repositories, row, rate)) if row["room_path"] else dry
    noisy = spoken
    if row["noise_path"]:
        noisy = _mixed(spoken, _noise(repositories, row, rate, len(dry)), float(row["snr_db"]), rate)
    if row["silence"]:
        dry, noisy = dry * ~pauses, noisy * ~pauses
    gain = 10 ** (float(row["peak_db"]) / 20) / max(float(np.abs(noisy).max()), float(np.abs(dry).max()))
    return mono(dry * gain), mono(noisy * gain)


def _speech(repositories: Path, row: Row) -> tuple[Mono, NDArray[np.bool_]]:
    """From `speech_start` on, `seconds` long; and where its pauses are."""
    rate = int(row["sample_rate"])
    found = parts(repositories, row["speech"], row["speech_path"], rate)
    x, pauses = (found[0], np.zeros(len(found[0]), np.bool_)) if row["kind"] == "real" else joined(found, rate)
    begin = round(float(row["speech_start"]) * rate)
    stretch = slice(begin, begin + round(float(row["seconds"]) * rate))
    return x[stretch], pauses[stretch]


def _mixed(speech: Mono, noise: Mono, snr_db: float, rate: int) -> Mono:
    loud = active(speech, rate)
    gain = np.sqrt(mean_power(speech, loud) / mean_power(noise, loud) / 10 ** (snr_db / 10))
    return mono(speech + gain * noise)


def _roomed(dry: Mono, response: Mono) -> Mono:
    """As loud as without the room."""
    wet = fftconvolve(dry, response)[: len(dry)]
    return mono(wet * np.sqrt(np.mean(np.square(dry)) / np.mean(np.square(wet))))


def _room(repositories: Path, row: Row, rate: int) -> Mono:
    """From the direct sound on, which is taken for the loudest sample."""
    response = read(place(repositories, row["room"], row["room_path"]), rate)
    return response[int(np.argmax(np.abs(response))) :]


def _noise(repositories: Path, row: Row, rate: int, length: int) -> Mono:
    """Again from its beginning, where it ends too early."""
    path = place(repositories, row["noise"], row["noise_path"])
    keys = path.with_name("config.json")
    if row["noise_type"] == "keyboard" and keys.exists():
        return _typing(read(path, rate), json.loads(keys.read_text("utf-8"))["defines"], row["name"], rate, length)
    return repeated(read(path, rate)[round(float(row["noise_start"]) * rate) :], length, rate)


def _typing(sound: Mono, keys: Mapping[str, tuple[float, float] | None], name: str, rate: int, length: int) -> Mono:
    """Random keys with random gaps, the same for the same name; `keys`: from when and how long, in ms."""
    chance = np.random.default_rng(zlib.crc32(name.encode()))
    known = [key for key in keys.values() if key]
    out = np.zeros(length + 4 * rate, np.float32)
    begin = 0.0
    while begin < length:
        start, long = (round(ms / 1000 * rate) for ms in known[int(chance.integers(len(known)))])
        stroke = sound[start : start + long][: 2 * rate]
        out[int(begin) : int(begin) + len(stroke)] += stroke * np.float32(10 ** (chance.normal(0.0, 2.0) / 20))
        begin += rate * float(chance.gamma(4.0, 1 / KEYS_A_SECOND / 4.0))
        if chance.random() < 0.05:
            begin += rate * float(chance.uniform(0.3, 1.0))
    return out[:length]


def _write(path: Path, x: Mono, rate: int) -> None:
    soundfile.write(path, x, rate, "PCM_24")


def _manifest(path: Path, table: list[Row]) -> None:
    """The list, with the columns `file` and `rir`."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["file", "rir", *table[0]], lineterminator="\n")
        writer.writeheader()
        for row in table:
            where = "pairs/*" if row["kind"] == "pair" else "real"
            writer.writerow({"file": f"{where}/{row['name']}.wav", "rir": Path(row["room_path"]).stem, **row})


def main(arguments: list[str] | None = None) -> None:
    command("benchmarks.quality.second_set", __doc__, make, arguments)


if __name__ == "__main__":
    main()
