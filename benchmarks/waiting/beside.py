"""The default enhancement beside our denoiser alone and other people's, in turn in one process."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks import peers


def show(recording: Path, runs: int) -> None:
    """A table of real-time factors: processor seconds of a second of sound."""
    from pipeline import enhance_file, load

    audio = load(recording)
    mono = audio.samples[0]
    with tempfile.TemporaryDirectory() as folder:
        works: dict[str, Callable[[], object]] = {
            "default enhancement, file to file": lambda: enhance_file(recording, Path(folder, "out.wav"))
        }
        for name, make in {
            "our denoiser alone": peers.neural,
            "RNNoise": peers.rnnoise,
            "noisereduce, stationary": peers.noisereduce_stationary,
        }.items():
            try:
                system = make()
            except peers.NotInstalledError as why:
                print(f"{name}: {why}")
                continue
            works[name] = lambda system=system: system(mono, audio.sample_rate)  # type: ignore[misc]
        took: dict[str, list[float]] = {name: [] for name in works}
        for run in range(runs + 1):  # the first compiles
            for name, work in works.items():
                began = time.process_time()
                work()
                if run:
                    took[name].append((time.process_time() - began) / audio.duration_s)
    ours = median(took["default enhancement, file to file"])
    print("\n| system | RTF, one core | default enhancement, times this |\n|---|--:|--:|")
    for name, each in took.items():
        print(f"| {name} | {median(each):.4f} | {ours / median(each):.2f} |")
