"""What the denoisers cost: real-time factor and peak memory.

    python -m benchmarks.speed [--seconds 60]

Every row runs in a process of its own, after one warm-up, on noise in blocks of two seconds; the last rows double the
duration to show that memory does not grow with it, and take the NumPy versions of the kernels.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

CHILD = """
import json, resource, sys, time
method, (rate, channels, seconds) = sys.argv[1], map(int, sys.argv[2:])
import numpy as np
from pipeline.settings import Denoise, Dereverb
from pipeline.stages.denoise.choice import denoiser
from pipeline.stream.stage import chained, run
block = np.random.default_rng(0).standard_normal((channels, 2 * rate)).astype(np.float32) * np.float32(0.1)
def passed(count):
    stages = denoiser(Denoise(method=method), Dereverb(), rate, channels).stages
    for _ in run(chained(stages), (block for _ in range(count))):
        pass
passed(2)
began = time.process_time()
passed(seconds // 2)
cpu = time.process_time() - began
print(json.dumps({"rtf": cpu / seconds, "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def measured(method: str, rate: int, channels: int, seconds: int, interpreted: bool) -> dict[str, float]:
    """Real-time factor (CPU seconds per second of sound) and peak memory (MB) of one run."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    environ = {**os.environ, **threads, "PYTHONPATH": str(ROOT)}
    if interpreted:
        environ["NUMBA_DISABLE_JIT"] = "1"
    command = [sys.executable, "-c", CHILD, method, str(rate), str(channels), str(seconds)]
    output = subprocess.run(command, env=environ, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    result: dict[str, float] = json.loads(output.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    seconds = parser.parse_args().seconds
    rows = [(rate, channels, seconds, False) for rate in (16_000, 48_000, 96_000) for channels in (1, 2)]
    rows += [(48_000, 1, 2 * seconds, False), (48_000, 1, seconds, True)]
    print(
        "| denoiser | rate Hz | channels | seconds | kernels | RTF, one core | peak MB |\n|---|--:|--:|--:|---|--:|--:|"
    )
    for method, (rate, channels, length, interpreted) in product(("neural", "spectral"), rows):
        cost = measured(method, rate, channels, length, interpreted)
        name = f"{method} | {rate} | {channels} | {length} | {'NumPy' if interpreted else 'numba'}"
        print(f"| {name} | {cost['rtf']:.4f} | {cost['rss']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
