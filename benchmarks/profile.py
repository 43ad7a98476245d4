"""Where the time of an enhancement goes: processor seconds for a minute of sound, part by part, beside a floor.

    python -m benchmarks.profile RECORDING [--runs 3]

One thread, default settings, after one run that compiles; the median of the runs. Each part is timed in its place, so
that it finds the caches as it does in real work. The floor is what a part must do at the least, at the speed at which
this machine multiplies matrices, transforms and copies: nobody gets there, but it shows what is worth looking at.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from pipeline.stream import line

REST = "reading, mixing, writing, the rest"


class Floor(NamedTuple):
    """For a second of sound in one channel at 48 kHz. products : multiply-adds in matrices; ffts : (number, length);
    samples : how often every sample is touched by something that cannot be a matrix product."""

    products: float = 0.0
    ffts: tuple[tuple[float, int], ...] = ()
    samples: float = 0.0


# By the beginning of a part's name. The network's multiply-adds are those of docs/model-card.md, shared by its layers.
FLOORS = {
    "denoise.layer": Floor(products=294e6 / 6),
    "denoise.in": Floor(ffts=((62.5, 1536),), samples=2),
    "denoise.out": Floor(ffts=((62.5, 1536),), samples=2),
    "LoudnessMeter": Floor(samples=10),
    "PeakMeter": Floor(samples=2),
    "FramePowers": Floor(samples=1),
    "BandMeter": Floor(ffts=((7.8, 4096),), samples=1),
    "ClippingMeter": Floor(samples=6),
    "ClickMeter": Floor(products=48_000 * 2 * 32 + 50 * 33 * 1920),
    "DecayMeter": Floor(ffts=((62.5, 1536),), samples=1),
    "HumMeter": Floor(ffts=((4.0, 24_000),), samples=2),
    "ContentMeter": Floor(ffts=((31.25, 3072),), samples=1),
    "stages.rumble": Floor(ffts=((2.2, 54_000),), samples=2),
    "loudness.limiter": Floor(samples=6),
}


def profiled(source: Path) -> dict[str, float]:
    """Processor seconds of one enhancement by the name of its parts."""
    from pipeline import enhance_file

    spent: defaultdict[str, float] = defaultdict(float)

    def timed(parts: tuple[line.Part, ...], items: Iterable[Any]) -> Iterator[Any]:
        states = [part.start() for part in parts]
        for item in items:
            for k, part in enumerate(parts):
                began = time.process_time()
                item, states[k] = part.step(item, states[k])  # noqa: PLW2901
                spent[part.name or REST] += time.process_time() - began
            yield item

    plain, line._one_by_one = line._one_by_one, timed
    try:
        with tempfile.TemporaryDirectory() as folder:
            began = time.process_time()
            enhance_file(source, Path(folder, "out.wav"))
            spent[REST] += time.process_time() - began - sum(spent.values())
    finally:
        line._one_by_one = plain
    return spent


class Machine(NamedTuple):
    """Seconds for a multiply-add in a matrix product, for a point of an FFT per log2 of its length, for a sample."""

    product_s: float
    fft_s: float
    sample_s: float

    @classmethod
    def measured(cls) -> Machine:
        from scipy.fft import rfft

        a, x = np.ones((512, 512), np.float32), np.ones((64, 4096), np.float32)
        fft_s = _quickest(lambda: rfft(x)) / (x.size * np.log2(x.shape[1]))
        return cls(_quickest(lambda: a @ a) / 512**3, fft_s, _quickest(lambda: np.multiply(x, x, out=x)) / x.size)

    def least_s(self, floor: Floor) -> float:
        """For a minute of sound."""
        points = sum(number * length * np.log2(length) for number, length in floor.ffts)
        second = floor.products * self.product_s + points * self.fft_s + 48_000 * floor.samples * self.sample_s
        return float(60 * second)


def _quickest(work: Any) -> float:
    took = []
    for _ in range(20):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took)


def _floor(name: str) -> Floor | None:
    return next((floor for start, floor in FLOORS.items() if name.startswith(start)), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    os.environ.update(dict.fromkeys(("THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    from pipeline import load

    audio = load(options.recording)
    minutes = audio.duration_s / 60
    profiled(options.recording)  # compiles
    runs = [profiled(options.recording) for _ in range(options.runs)]
    machine = Machine.measured()
    spent = {name: median(run[name] for run in runs) / minutes for name in runs[0]}
    whole = sum(spent.values())
    network = sum(s for name, s in spent.items() if name.startswith("denoise."))
    print("| part | s per minute | share | floor |\n|---|--:|--:|--:|")
    for name, seconds in sorted(spent.items(), key=lambda one: -one[1]):
        floor = _floor(name)
        least = "" if floor is None else f"{machine.least_s(floor):.4f}"
        print(f"| {name} | {seconds:.4f} | {100 * seconds / whole:.0f} % | {least} |")
    print(f"| **all** | {whole:.3f} | | |\n")
    print(f"RTF {whole / 60:.4f}; the denoiser alone {network / 60:.4f}; the rest {(whole - network) / 60:.4f}")
    print(f"{audio.channels} channel(s), {audio.sample_rate} Hz, {60 * minutes:.0f} s")


if __name__ == "__main__":
    main()
