"""How the enhancement sounds, next to other systems, on a folder of recordings.

    python benchmarks/quality.py BENCH DATA --python METRICS_PYTHON [--systems noisy,webrtc_ns2]

BENCH holds `bench.py`, which runs systems over the same files and scores them (PESQ, STOI, DNSMOS, bandwidth, cost).
DATA holds `pairs/clean`, `pairs/noisy` (same names) and `real` (no reference). METRICS_PYTHON is an interpreter with
the metrics' packages; ours run in the interpreter that runs this script. The functions below are what the bench calls.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import runtime_setup  # noqa: E402

runtime_setup.configure()

Mono = NDArray[np.float32]


def neural(x: Mono, sample_rate: int) -> Mono:
    """The neural denoiser alone, at its default strength. x (n,)."""
    return _denoised(x, sample_rate, "neural")


def spectral(x: Mono, sample_rate: int) -> Mono:
    """The spectral denoiser alone, at its default strength. x (n,)."""
    return _denoised(x, sample_rate, "spectral")


def neural_dry(x: Mono, sample_rate: int) -> Mono:
    """The neural denoiser with the dereverberation of the lecture hall. x (n,)."""
    return _denoised(x, sample_rate, "neural", 12.0)


def _denoised(x: Mono, sample_rate: int, method: str, dereverb_db: float = 0.0) -> Mono:
    from pipeline.settings import Denoise, Dereverb
    from pipeline.stages.denoise.choice import denoiser
    from pipeline.stream.stage import chained, run_whole

    chosen = denoiser(Denoise(method=method), Dereverb(dereverb_db), sample_rate, 1)
    if chosen.name != method:
        raise RuntimeError(f"The {method} denoiser cannot be used: {chosen.notes}")
    y: Mono = run_whole(chained(chosen.stages), x[np.newaxis])[0]
    return y


def default_chain(x: Mono, sample_rate: int) -> Mono:
    """Everything that `Settings()` does, loudness included. x (n,)."""
    from pipeline import Audio, Settings, enhance

    y: Mono = enhance(Audio(x, sample_rate), Settings()).audio.samples[0]
    return y


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--python", required=True, help="interpreter with the metrics' packages")
    parser.add_argument("--systems", default="noisy", help="others to run, comma separated")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "quality")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    command = [
        options.python, options.bench / "bench.py",
        "--pairs", options.data / "pairs", "--real", options.data / "real", "--systems", options.systems,
        "--plugin", "neural=py:benchmarks.quality:neural",
        "--plugin", "neural_dry=py:benchmarks.quality:neural_dry",
        "--plugin", "spectral=py:benchmarks.quality:spectral",
        "--plugin", "default_chain=py:benchmarks.quality:default_chain",
        "--pythonpath", ROOT, "--plugin-python", sys.executable, "--jobs", options.jobs, "--wavs", options.out / "wavs",
        "--out", options.out / "results.json", "--table", options.out / "table.md", "--versus", "noisy", "--merge",
    ]  # fmt: skip
    return subprocess.run([str(part) for part in command], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
