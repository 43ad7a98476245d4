"""Whether a clean recording comes out unharmed: PESQ of clean speech against itself, for every preset.

    python -m benchmarks.harm CLEAN [--every 3] [--presets auto,podcast]

CLEAN is a folder of recordings without noise. The loudness is left as it was, so that no limiter counts; everything
else is as in the preset, the leveler included. Needs the package `pesq` (requirements.txt beside this file). The most
that PESQ-WB gives is 4.64, for what is unchanged.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import metrics
from pipeline import PRESETS, Settings, enhance, load
from pipeline.settings import Loudness


def score(path: Path, settings: Settings) -> float:
    """PESQ of a recording against itself."""
    audio = load(path)
    result = enhance(audio, replace(settings, loudness=Loudness(False))).audio
    clean, out = (metrics.resampled(x[0], audio.sample_rate, metrics.RATE) for x in (audio.samples, result.samples))
    return metrics.pesq_wb(clean, out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clean", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every n-th recording")
    parser.add_argument("--presets", default=",".join(PRESETS), help="comma separated")
    options = parser.parse_args()
    if not metrics.available("pesq"):
        raise SystemExit("The package pesq is not installed: pip install -r benchmarks/requirements.txt")
    paths = sorted(path for path in options.clean.iterdir() if path.suffix in (".wav", ".flac"))[:: options.every]
    print(f"{len(paths)} recordings\n\n| preset | PESQ-WB, mean | worst | of |\n|---|--:|--:|---|")
    for name in options.presets.split(","):
        found = [score(path, PRESETS[name]) for path in paths]
        worst = int(np.nanargmin(found))
        print(f"| {name} | {np.nanmean(found):.2f} | {found[worst]:.2f} | {paths[worst].stem} |", flush=True)


if __name__ == "__main__":
    main()
