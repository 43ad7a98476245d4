"""How the enhancement sounds, beside other systems, on a folder of recordings.

    python -m benchmarks.quality DATA [--systems neural,rnnoise] [--every 5] [--jobs 2] [--json FILE]
    python -m benchmarks.quality DATA --command 'deepfilternet3=some-program {in} {out}'

DATA : `pairs/clean` and `pairs/noisy` (wav or flac, same names) and `real` (no reference); any of them may be missing.
Columns whose metric is not installed, and systems that are not, are left out, with a line that says so. SI-SDR is the
mean over pairs without a room, as recordings.csv tells them. RTF: CPU seconds per second of sound, one core.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from benchmarks import metrics
from benchmarks.metrics import tables
from benchmarks.peers import OURS, PEERS, Mono, NotInstalledError, System, command

LISTED = Path(__file__).with_name("recordings.csv")
Scores = metrics.Scores


class Sound(NamedTuple):
    """Mono samples (n,) and their rate."""

    samples: Mono
    rate: int


class Recording(NamedTuple):
    """clean : None where there is no reference; dry : a pair without a room."""

    name: str
    noisy: Path
    clean: Path | None = None
    dry: bool = True


class Outcome(NamedTuple):
    """What a system made of every recording, and the processor's seconds per second of sound."""

    sounds: dict[str, Sound]
    rtf: float


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


def recordings(data: Path, every: int = 1) -> list[Recording]:
    """Every `every`-th pair and every `every`-th recording without a reference, by name."""
    known = listed()
    rooms = {name for name, row in known.items() if row["room"]}
    clean = {path.stem: path for path in _audio(data / "pairs" / "clean")}
    noisy = {path.stem: path for path in _audio(data / "pairs" / "noisy")}
    if alone := sorted(clean.keys() ^ noisy.keys()):
        raise SystemExit(f"Without a partner in {data / 'pairs'}: {', '.join(alone)}")
    pairs = [Recording(name, noisy[name], clean[name], name not in rooms) for name in sorted(clean)]
    real = [Recording(path.stem, path) for path in _audio(data / "real")]
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


def processed(system: System, found: list[Recording]) -> Outcome:
    """Every recording through a system, one after the other, after one that does not count."""
    first = read(found[0].noisy)
    system(first.samples.copy(), first.rate)
    sounds, seconds, cpu = {}, 0.0, 0.0
    for recording in found:
        x = read(recording.noisy)
        seconds += len(x.samples) / x.rate
        began = _cpu_s()
        y, rate = system(x.samples, x.rate)
        cpu += _cpu_s() - began
        sounds[recording.name] = Sound(np.nan_to_num(np.asarray(y, np.float32)), rate)
    return Outcome(sounds, cpu / seconds)


def _cpu_s() -> float:
    """Of this process and of the programs it has run."""
    return sum(os.times()[:4])


def lag_s(recording: Recording, y: Sound) -> tuple[int, float]:
    """The recording's rate, and by how many seconds the system is late."""
    assert recording.clean is not None
    reference = read(recording.clean)
    at = metrics.RATE
    late = metrics.delay(
        metrics.resampled(reference.samples, reference.rate, at), metrics.resampled(y.samples, y.rate, at), at
    )
    return reference.rate, late / at


def score(recording: Recording, y: Sound, delay_s: float) -> Scores:
    if recording.clean is None:
        return {f"real_{name}": value for name, value in metrics.of_recording(y.samples, y.rate).items()}
    reference = read(recording.clean)
    return metrics.of_pair(reference.samples, reference.rate, y.samples, y.rate, delay_s, recording.dry)


def scores(found: list[Recording], outcome: Outcome, pool: ProcessPoolExecutor) -> dict[str, Scores]:
    """By recording. One constant delay per system and rate, the median over pairs, is taken out."""
    pairs = [r for r in found if r.clean is not None]
    lags: dict[int, list[float]] = {}
    for rate, late in pool.map(lag_s, pairs, [outcome.sounds[r.name] for r in pairs]):
        lags.setdefault(rate, []).append(late)
    delays = {rate: float(np.median(values)) for rate, values in lags.items()}
    shifts = [delays[soundfile.info(r.clean).samplerate] if r.clean else 0.0 for r in found]
    rows = pool.map(score, found, [outcome.sounds[r.name] for r in found], shifts)
    return {recording.name: row for recording, row in zip(found, rows, strict=True)}


def chosen(names: Iterable[str], commands: Iterable[str]) -> dict[str, System]:
    """The systems that can run here; of the others, a line."""
    makers = {**OURS, **PEERS}
    systems = {}
    for name, make in [(n, makers[n]) for n in names] + [_command(text) for text in commands]:
        try:
            systems[name] = make()
        except (NotInstalledError, ImportError, OSError) as fault:
            print(f"{name} is left out: {fault}.", file=sys.stderr)
    return systems


def _command(text: str) -> tuple[str, Callable[[], System]]:
    name, _, line = text.partition("=")
    return name, lambda: command(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--systems", default=",".join({**OURS, **PEERS}), help="comma separated")
    parser.add_argument("--command", action="append", default=[], metavar="NAME=LINE", help="a program, {in} and {out}")
    parser.add_argument("--every", type=int, default=1, help="take every n-th recording")
    parser.add_argument("--jobs", type=int, default=1, help="processes for the metrics")
    parser.add_argument("--json", type=Path, help="write the scores of every recording here")
    options = parser.parse_args()
    for package, columns in metrics.MISSING.items():
        if not metrics.available(package):
            print(f"{columns}: left out, the package {package} is not installed.", file=sys.stderr)
    found = recordings(options.data, options.every)
    if not found:
        raise SystemExit(f"No recordings in {options.data}.")
    print(described(found), flush=True)
    names = [name for name in options.systems.split(",") if name]
    if unknown := set(names) - {*OURS, *PEERS}:
        parser.error(f"no such system: {', '.join(sorted(unknown))}")
    results: dict[str, dict[str, Scores]] = {}
    means: dict[str, Scores] = {}
    with ProcessPoolExecutor(options.jobs) as pool:
        for name, system in chosen(names, options.command).items():
            began = time.perf_counter()
            outcome = processed(system, found)
            results[name] = scores(found, outcome, pool)
            means[name] = {**metrics.mean(results[name].values()), "rtf": outcome.rtf}
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    print("\n" + tables.table(means, (*tables.PAIRS, *tables.REAL, *tables.COST)))
    for title, dry in (("without a room", True), ("with a room", False)):
        kind = [r.name for r in found if r.clean is not None and r.dry is dry]
        if kind:
            of_kind = {name: metrics.mean(rows[n] for n in kind) for name, rows in results.items()}
            print(f"\n{len(kind)} pairs {title}:\n\n" + tables.table(of_kind, tables.ROOM))
    if options.json:
        options.json.write_text(json.dumps({"means": means, "recordings": results}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
