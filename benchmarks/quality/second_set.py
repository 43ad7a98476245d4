"""Makes the second evaluation set from the repositories that its recordings come from.

    python -m benchmarks.quality.second_set REPOSITORIES OUT

REPOSITORIES : a folder with one folder `owner+name` for each repository named in second_set.csv, checked out at the
commit that stands behind its @; of a Debian package, `debian+name`, what is in it.
OUT : `pairs/clean`, `pairs/noisy`, `real` and `manifest.csv`, as `benchmarks.quality` reads them.

A pair: the parts of the speech (` + ` between their paths) at equal level with a pause between them; a room, if any,
as loud as the dry speech and with its direct sound at the same sample; noise at the SNR, over the stretches where
somebody speaks; the whole with its peak at the level told. With `silence` the pauses are digital silence in both files.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from benchmarks.peers import Mono

LISTED = Path(__file__).parents[1] / "second_set.csv"
FRAME_S = 0.02
ACTIVE_DB = 30.0  # below the loudest frame
PAUSE_S = 0.3  # between parts of the speech
SEAM_S = 0.05  # where a noise is shorter than the recording and begins again
KEYS_A_SECOND = 5.0
Row = Mapping[str, str]


def rows(listed: Path = LISTED) -> list[Row]:
    with listed.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


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
    return _mono(dry * gain), _mono(noisy * gain)


def active(x: Mono, rate: int) -> NDArray[np.bool_]:
    """(n,) where somebody speaks: frames within 30 dB of the loudest."""
    size = round(FRAME_S * rate)
    power = np.square(np.resize(x, -(-len(x) // size) * size).astype(np.float64)).reshape(-1, size).mean(axis=1)
    loud: NDArray[np.bool_] = np.repeat(power > power.max() * 10 ** (-ACTIVE_DB / 10), size)
    return loud[: len(x)]


def _speech(repositories: Path, row: Row) -> tuple[Mono, NDArray[np.bool_]]:
    """From `speech_start` on, `seconds` long; and where its pauses are."""
    rate = int(row["sample_rate"])
    parts = [_read(_file(repositories, row["speech"], path), rate) for path in row["speech_path"].split(" + ")]
    if row["kind"] == "real":
        joined, pauses = parts[0], np.zeros(len(parts[0]), np.bool_)
    else:
        pause = np.zeros(round(PAUSE_S * rate), np.float32)
        pieces = [piece for part in parts for piece in (part * _level(part, rate), pause)][:-1]
        joined = np.concatenate(pieces)
        pauses = np.concatenate([np.full(len(piece), piece is pause) for piece in pieces])
    begin = round(float(row["speech_start"]) * rate)
    stretch = slice(begin, begin + round(float(row["seconds"]) * rate))
    return joined[stretch], pauses[stretch]


def _level(part: Mono, rate: int) -> np.float32:
    """What brings the speech in it to one level."""
    return np.float32(0.1 / np.sqrt(_power(part, active(part, rate))))


def _power(x: Mono, where: NDArray[np.bool_]) -> float:
    return float(np.mean(np.square(x[where].astype(np.float64))))


def _mixed(speech: Mono, noise: Mono, snr_db: float, rate: int) -> Mono:
    loud = active(speech, rate)
    gain = np.sqrt(_power(speech, loud) / _power(noise, loud) / 10 ** (snr_db / 10))
    return _mono(speech + gain * noise)


def _roomed(dry: Mono, response: Mono) -> Mono:
    """As loud as without the room."""
    wet = fftconvolve(dry, response)[: len(dry)]
    return _mono(wet * np.sqrt(np.mean(np.square(dry)) / np.mean(np.square(wet))))


def _room(repositories: Path, row: Row, rate: int) -> Mono:
    """From the direct sound on, which is taken for the loudest sample."""
    response = _read(_file(repositories, row["room"], row["room_path"]), rate)
    return response[int(np.argmax(np.abs(response))) :]


def _noise(repositories: Path, row: Row, rate: int, length: int) -> Mono:
    """Again from its beginning, where it ends too early."""
    path = _file(repositories, row["noise"], row["noise_path"])
    keys = path.with_name("config.json")
    if row["noise_type"] == "keyboard" and keys.exists():
        return _typing(_read(path, rate), json.loads(keys.read_text("utf-8"))["defines"], row["name"], rate, length)
    noise = _read(path, rate)[round(float(row["noise_start"]) * rate) :]
    return noise[:length] if len(noise) >= length else _repeated(noise, round(SEAM_S * rate), length)


def _repeated(noise: Mono, seam: int, length: int) -> Mono:
    fade = np.sin(np.linspace(0.0, np.pi / 2, seam, dtype=np.float32))
    noise = noise.copy()
    noise[:seam] *= fade
    noise[-seam:] *= fade[::-1]
    step = len(noise) - seam
    out = np.zeros(length + len(noise), np.float32)
    for begin in range(0, length, step):
        out[begin : begin + len(noise)] += noise
    return out[:length]


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


def _file(repositories: Path, repository: str, path: str) -> Path:
    return repositories / repository.partition("@")[0].replace("/", "+") / path


@lru_cache(maxsize=4)
def _read(path: Path, rate: int) -> Mono:
    """The first channel, at this rate."""
    x, native = _g722(path) if path.suffix == ".g722" else soundfile.read(path, dtype="float32", always_2d=True)
    return _mono(soxr.resample(x[:, 0], native, rate, "VHQ"))


def _g722(path: Path) -> tuple[NDArray[np.float32], int]:
    import av

    with av.open(path, format="g722") as file:
        frames = [frame.to_ndarray() for frame in file.decode(audio=0)]
    x = np.concatenate(frames, axis=1).T.astype(np.float32)
    return x / np.float32(32_768), 16_000


def _mono(x: Mono) -> Mono:
    return np.ascontiguousarray(x, np.float32)


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
    parser = argparse.ArgumentParser(
        "python -m benchmarks.quality.second_set",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("repositories", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args(arguments)
    make(options.repositories, options.out)


if __name__ == "__main__":
    main()
