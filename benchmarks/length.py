"""What an enhancement from file to file costs against the length of the recording: memory, time, room on the disk.

    python -m benchmarks.length FOLDER [--minutes 2 10 30 120] [--preset NAME]

FOLDER : mono speech recordings (wav, flac); they are strung together, a second voice in the right channel, until the
length is reached. 48 kHz stereo, 16 bit. Every length runs in a process of its own, whose peak memory is read.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
RATE = 48_000

CHILD = """
import json, resource, sys, time
import pipeline
from pipeline.files.limits import LOCAL
source, target, preset = sys.argv[1:]
began, cpu = time.perf_counter(), time.process_time()
pipeline.enhance_file(
    source, target, pipeline.PRESETS[preset], limits=LOCAL, temporary=target.rsplit("/", 1)[0]
)
print(json.dumps({
    "wall": time.perf_counter() - began,
    "cpu": time.process_time() - cpu,
    "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def voices(folder: Path) -> Iterator[NDArray[np.float32]]:
    """The recordings (n,) at `RATE`, over and over."""
    files = sorted(path for path in folder.iterdir() if path.suffix in (".wav", ".flac"))
    if not files:
        raise SystemExit(f"No recordings in {folder}.")
    for path in cycle(files):
        x, rate = soundfile.read(path, dtype="float32", always_2d=True)
        yield soxr.resample(x[:, 0], rate, RATE)


def write(path: Path, folder: Path, samples: int) -> None:
    """A stereo recording of `samples` samples: each voice by half in the other channel, 3 seconds later."""
    late = np.zeros(3 * RATE, np.float32)
    with soundfile.SoundFile(path, "w", RATE, 2, "PCM_16") as sound:
        for voice in voices(folder):
            delayed = np.concatenate((late, voice))
            right, late = delayed[: voice.size], delayed[voice.size :]
            both = np.stack((voice + 0.5 * right, right + 0.5 * voice), axis=1)[: samples - sound.tell()]
            sound.write(np.clip(0.6 * both, -1, 1))
            if sound.tell() >= samples:
                return


def measured(source: Path, target: Path, preset: str) -> dict[str, float]:
    """Seconds of the clock and of the processor, and peak memory (MB) of one enhancement."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    environ = {**os.environ, **threads, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CHILD, str(source), str(target), preset]
    output = subprocess.run(command, env=environ, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    result: dict[str, float] = json.loads(output.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, nargs="+", default=[2, 10, 30, 120])
    parser.add_argument("--preset", default="default")
    options = parser.parse_args()
    print("| preset | minutes | seconds | CPU seconds | × real time (CPU) | peak MB |\n|---|--:|--:|--:|--:|--:|")
    for minutes in options.minutes:
        with tempfile.TemporaryDirectory() as scratch:
            source, target = Path(scratch, "talk.wav"), Path(scratch, "clean.wav")
            samples = round(60 * minutes * RATE)
            write(source, options.folder, samples)
            cost = measured(source, target, options.preset)
            if soundfile.info(target).frames != samples:
                raise SystemExit("The result is not as long as the recording.")
        times = f"{cost['wall']:.0f} | {cost['cpu']:.0f} | {60 * minutes / cost['cpu']:.0f}"
        print(f"| {options.preset} | {minutes:g} | {times} | {cost['rss']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
