"""How often what is said of a recording is wrong: words on clean speech, and the grade of the noise.

    python -m benchmarks.measures FOLDER…     (each with pairs/clean, pairs/noisy and manifest.csv)

Clean speech should be called none of these words; the noisy files are counted by their true ratio, from the pair. Those
with a room are left out of that: what the room adds is in the difference, too, and is no noise.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np

import runtime_setup

WORDS = ("clipped", "clicking", "humming", "reverberant", "quiet", "separate_microphones")
EDGES_DB = (0.0, 5.0, 10.0, 15.0, 20.0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.measures", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    folders = parser.parse_args().folders
    runtime_setup.configure()
    clean = [path for folder in folders for path in sorted((folder / "pairs" / "clean").iterdir())]
    noisy = [path for folder in folders for path in _without_room(folder)]
    sys.stdout.write(f"{len(clean)} clean, {len(noisy)} noisy without a room\n\n{_words(clean)}\n\n{_grades(noisy)}\n")
    return 0


def _without_room(folder: Path) -> list[Path]:
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        roomy = {Path(row["file"]).stem for row in csv.DictReader(file) if row["rir"]}
    return [path for path in sorted((folder / "pairs" / "noisy").iterdir()) if path.stem not in roomy]


def _words(clean: list[Path]) -> str:
    from pipeline import analyze, load

    found: Counter[str] = Counter()
    for path in clean:
        measures = analyze(load(path))
        found.update(word for word in WORDS if getattr(measures, word))
        found[f"noise: {measures.noise}"] += 1
    lines = (
        f"| {word} | {found[word]} | {100 * found[word] / len(clean):.0f} % |" for word in sorted({*found, *WORDS})
    )
    return "\n".join(["| said of clean speech | files | share |", "| --- | --: | --: |", *lines])


def _grades(noisy: list[Path]) -> str:
    from pipeline import analyze, load

    rows: dict[int, Counter[str | None]] = {}
    for path in noisy:
        audio, clean = load(path), load(path.parents[1] / "clean" / path.name)
        speech, rest = clean.samples, audio.samples - clean.samples
        snr_db = 10 * np.log10(np.square(speech).mean() / max(float(np.square(rest).mean()), 1e-20))
        rows.setdefault(int(np.searchsorted(EDGES_DB, snr_db)), Counter())[analyze(audio).noise] += 1
    grades = ("very noisy", "noisy", "some", "low")
    edges = (
        "below 0",
        *(f"{low:g} to {high:g}" for low, high in pairwise(EDGES_DB)),
        "above 20",
    )
    lines = [
        f"| {edges[row]} | " + " | ".join(str(rows[row][grade]) for grade in grades) + " |" for row in sorted(rows)
    ]
    head = f"| true ratio, dB | {' | '.join(grades)} |"
    return "\n".join([head, "| --- | --: | --: | --: | --: |", *lines])


if __name__ == "__main__":
    sys.exit(main())
