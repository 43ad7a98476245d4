"""From the start of the program to the first answer, beside a bare `import gradio`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.concurrency import app


def show(runs: int) -> None:
    """One line for each run, in turn, and the median of their ratios."""
    ratios = []
    print("\n| `import gradio`, s | until `/health` answers, s | ratio |\n|--:|--:|--:|")
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import gradio"], check=True)
        bare, ours = time.perf_counter() - began, _until_health()
        ratios.append(ours / bare)
        print(f"| {bare:.2f} | {ours:.2f} | {ratios[-1]:.2f} |")
    print(f"\nIn the median {median(ratios):.2f} times as long.")


def _until_health() -> float:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with app(Path(folder), "/health", DRAIN_S="0"):
            return time.perf_counter() - began
