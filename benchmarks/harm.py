"""Whether a clean recording comes out unharmed: PESQ of clean speech against itself, for every preset.

    python benchmarks/harm.py CLEAN --python METRICS_PYTHON [--every 3] [--presets auto,podcast]

CLEAN is a folder of recordings without noise. The loudness is left as it was, so that no limiter counts; everything
else is as in the preset, the leveler included. METRICS_PYTHON is an interpreter with `pesq`, `soxr` and NumPy; maybe
this one. The most that PESQ-WB gives is 4.64, for what is unchanged.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import runtime_setup  # noqa: E402

runtime_setup.configure()

if TYPE_CHECKING:
    from pipeline.settings import Settings

SCORES = """
import sys, numpy as np, soxr
from pesq import pesq
for path in sys.argv[1:]:
    with np.load(path) as pair:
        clean, out = (soxr.resample(pair[k], int(pair["rate"]), 16_000) for k in ("clean", "out"))
    print(pesq(16_000, clean, out, "wb"))
"""


def scores(paths: list[Path], settings: Settings, python: str) -> list[float]:
    """PESQ of each recording against itself."""
    from pipeline import enhance, load
    from pipeline.settings import Loudness

    settings = replace(settings, loudness=Loudness(False))
    with tempfile.TemporaryDirectory() as folder:
        pairs = []
        for path in paths:
            audio = load(path)
            out = enhance(audio, settings).audio.samples[0]
            pairs.append(str(Path(folder) / f"{path.stem}.npz"))
            np.savez(pairs[-1], clean=audio.samples[0], out=out, rate=audio.sample_rate)
        command = [python, "-W", "ignore", "-c", SCORES, *pairs]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [float(line) for line in said.split()]


def main() -> None:
    from pipeline import PRESETS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clean", type=Path)
    parser.add_argument("--python", default=sys.executable, help="interpreter with the metric's packages")
    parser.add_argument("--every", type=int, default=1, help="take every n-th recording")
    parser.add_argument("--presets", default=",".join(PRESETS), help="comma separated")
    options = parser.parse_args()
    paths = sorted(options.clean.iterdir())[:: options.every]
    print(f"{len(paths)} recordings\n\n| preset | PESQ-WB, mean | worst | of |\n|---|--:|--:|---|")
    for name in options.presets.split(","):
        found = scores(paths, PRESETS[name], options.python)
        worst = int(np.argmin(found))
        print(f"| {name} | {np.mean(found):.2f} | {found[worst]:.2f} | {paths[worst].stem} |", flush=True)


if __name__ == "__main__":
    main()
