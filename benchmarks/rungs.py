"""What each rung of the numba runtime costs: start, first request, later requests, memory, cache on disk.

    python -m benchmarks.rungs [--seconds 10]

Each rung runs in a process of its own: import, then the same stereo recording of 48 kHz enhanced four times.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]

CHILD = """
import json, resource, sys, time
began = time.perf_counter()
import runtime_setup
if sys.argv[1] == "in memory":
    import runtime.ladder
    runtime.ladder._writable = lambda environ: ("memory", None, "as the benchmark asks", [])
import numpy as np
from pipeline import Audio, enhance
import librosa
librosa.util.localmax(np.arange(9.0))
librosa.zero_crossings(np.ones(9))
librosa.key_to_degrees('C:maj')
rng = np.random.default_rng(0)
n = int(float(sys.argv[2]) * 48000)
syllables = np.repeat(rng.random(n // 7200 + 1) > 0.4, 7200)[:n]
x = (rng.standard_normal((2, n)) * (0.003 + 0.1 * syllables)).astype(np.float32)
times = []
for _ in range(4):
    start = time.perf_counter()
    enhance(Audio(x, 48000))
    times.append(time.perf_counter() - start)
print(json.dumps({
    "mode": runtime_setup.status().mode,
    "first": time.perf_counter() - began - sum(times[1:]),
    "later": times[1:],
    "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "compilations": runtime_setup.compilations(),
}))
"""


class Cost(NamedTuple):
    """mode : the rung that was taken; first, later : seconds of the requests; rss : peak memory, MB."""

    mode: str
    first: float
    later: list[float]
    rss: float
    compilations: int


def run(rung: str, seconds: float, **environment: str) -> Cost:
    """One child process on one rung."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    answer = subprocess.run(
        [sys.executable, "-c", CHILD, rung, str(seconds)],
        cwd=ROOT, env={**kept, **environment}, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return Cost(**json.loads(answer.stdout.splitlines()[-1]))


def size_mb(directory: Path) -> float:
    return sum(p.stat().st_size for p in directory.rglob("*") if p.is_file()) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the recording")
    seconds = parser.parse_args().seconds
    print("| rung | first request s | later requests s | × real time | peak memory MB | compilations | cache MB |")
    print("| --- | --: | --: | --: | --: | --: | --: |")
    with tempfile.TemporaryDirectory() as scratch:
        cache, baked, empty = (Path(scratch, name) for name in ("cache", "baked", "empty"))
        bake = [sys.executable, "runtime_setup.py", "--bake", str(baked)]
        subprocess.run(bake, cwd=ROOT, capture_output=True, check=True)
        for name, on_disk, environment in (
            ("compiled, cache empty", cache, {"NUMBA_CACHE_DIR": str(cache)}),
            ("compiled, cache warm", cache, {"NUMBA_CACHE_DIR": str(cache)}),
            ("baked into the image", baked, {"NUMBA_BAKED_CACHE_DIR": str(baked), "XDG_CACHE_HOME": str(empty)}),
            ("in memory", None, {}),
            ("interpreted", None, {"NUMBA_DISABLE_JIT": "1"}),
        ):
            r = run(name, seconds, **environment)
            later = statistics.median(r.later)
            disk = f"{size_mb(on_disk):.1f}" if on_disk else "–"
            print(
                f"| {name} | {r.first:.1f} | {later:.3f} | {seconds / later:.0f} | {r.rss:.0f} |"
                f" {r.compilations} | {disk} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
