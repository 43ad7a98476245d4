"""From the start of the program to the first answer, beside a bare `import gradio`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 120.0


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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {**os.environ, "PORT": str(port), "HOST": "127.0.0.1", "DRAIN_S": "0"}
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        while time.perf_counter() - began < PATIENCE_S and server.poll() is None:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                break
            time.sleep(0.01)
        took = time.perf_counter() - began
        server.terminate()
    return took
