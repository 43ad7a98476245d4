"""From a folder of recordings with a manifest to flat arrays of samples that can be cut anywhere without decoding."""

from __future__ import annotations

import csv
import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from .corpus import Entry
from .evaluation import evaluated

RATES = (16_000, 48_000)
FULL_BAND_HZ = 10_000  # recordings that reach higher are also kept at 48 kHz
HELD_OUT_PERCENT = 4  # speakers and noises that training never hears

BLOCK = 4800

Pcm = NDArray[np.int16]


def prepare(data: Path, out: Path, subset_mb: float | None = None) -> None:
    """Decode what `data`/manifest.csv lists into `out`: per kind and rate one int16 array, and an index.

    With subset_mb, copy a subset of the compressed files of at most so many MB instead (to be sent to another machine
    and prepared there). Raises ValueError where something is listed of which evaluation sets are made.
    """
    with (data / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    if spoilt := evaluated(rows):
        raise ValueError(f"Evaluation needs {len(spoilt)} of these recordings, take them out: {', '.join(spoilt[:20])}")
    out.mkdir(parents=True, exist_ok=True)
    if subset_mb is not None:
        _copy_subset(data, rows, out, subset_mb * 1e6)
        return
    for kind in ("speech", "noise", "rir"):
        for rate in RATES:
            print(f"{kind} at {rate} Hz", flush=True)
            chosen = [row for row in rows if row["kind"] == kind and _wanted(row, rate)]
            _pack(data, chosen, out / f"{kind}{rate // 1000}", rate)


def held_out(row: dict[str, str]) -> bool:
    """Whether a recording is kept for validation: all of a speaker or of a noise, or nothing."""
    who = row["corpus"] + (row["speaker"] or row["file"])
    return row["kind"] != "rir" and crc32(who.encode()) % 100 < HELD_OUT_PERCENT


def _wanted(row: dict[str, str], rate: int) -> bool:
    if row["kind"] == "rir" or rate == RATES[0]:
        return True
    return int(row["native_rate"]) > RATES[0] and float(row["bandwidth_hz"]) > FULL_BAND_HZ


def _pack(data: Path, rows: list[dict[str, str]], out: Path, rate: int) -> None:
    with ProcessPoolExecutor() as pool:
        decoded = list(pool.map(_decode, [data / row["file"] for row in rows], [rate] * len(rows), chunksize=8))
    starts = np.concatenate(([0], np.cumsum([len(x) for x in decoded]))).tolist()
    samples = np.concatenate(decoded) if decoded else np.zeros(0, np.int16)
    np.save(out.with_suffix(".npy"), samples)
    index: list[Entry] = [
        {
            "start": start,
            "stop": stop,
            "corpus": row["corpus"],
            "bandwidth_hz": float(row["bandwidth_hz"] or 0),
            "held_out": held_out(row),
        }
        for row, start, stop in zip(rows, starts, starts[1:], strict=False)
    ]
    out.with_suffix(".json").write_text(json.dumps(index))


def _decode(path: Path, rate: int) -> Pcm:
    import soundfile
    from scipy.signal import resample_poly

    pieces = []
    with soundfile.SoundFile(path) as file:
        native = file.samplerate
        try:
            while len(piece := file.read(BLOCK, dtype="float32", always_2d=True)):
                pieces.append(piece[:, 0])
        except soundfile.LibsndfileError as error:  # some Opus files end in what libsndfile takes for damage
            print(f"{path.name}: {error} after {len(pieces) * BLOCK / native:.1f} s, which are kept")
    x = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    ratio = Fraction(rate, native)
    y = x if native == rate else resample_poly(x, ratio.numerator, ratio.denominator)
    samples: Pcm = np.clip(np.rint(y * 32767), -32768, 32767).astype(np.int16)
    return samples


def _copy_subset(data: Path, rows: list[dict[str, str]], out: Path, limit: float) -> None:
    """Rooms first, then speech and noise in the order of a hash, two bytes of speech to one of noise."""
    spent = {"speech": 0.0, "noise": 0.0, "rir": 0.0}
    share = {"speech": 0.6, "noise": 0.3, "rir": 0.1}
    kept = []
    for row in sorted(rows, key=lambda row: crc32(row["file"].encode())):
        size = (data / row["file"]).stat().st_size
        if spent[row["kind"]] + size <= share[row["kind"]] * limit:
            spent[row["kind"]] += size
            kept.append(row)
            target = out / row["file"]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(data / row["file"], target)
    with (out / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(kept)
