"""Many visitors at once: whether all are served, how fast together, and how soon the app says meanwhile that it lives.

    python -m benchmarks.concurrency RECORDING [--visitors 20] [--seconds 30] [--requests 0]

Starts the app on a free port, with a line and shares that let all of them in. Every visitor has an address of their own
(`X-Forwarded-For`), and sends the same clip at the same time in one request that does it all (`POST /api/enhance`).
First one visitor is timed alone, on one core, for the comparison. With `--requests`, so many short ones follow, and the
memory is read before and after.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx
import numpy as np
import soundfile

import runtime_setup

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 600.0
EVERY_S = 0.05  # between two questions whether it lives


@contextmanager
def app(folder: Path, **environment: str) -> Iterator[tuple[str, int]]:
    """Address and process id of a running app that is warm."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ours = {"PORT": str(port), "HOST": "127.0.0.1", "PROXY_HOPS": "1", "GRADIO_TEMP_DIR": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, ROOT / "app.py"], env=os.environ | ours | environment, stderr=log)
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE_S
    try:
        while True:
            try:
                if httpx.get(f"{url}/ready", timeout=5).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            if time.monotonic() > deadline:
                raise SystemExit((folder / "log").read_text())
            time.sleep(0.2)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(60)


def enhanced_s(url: str, visitor: int, clip: bytes) -> float:
    """Seconds from the request to the whole answer."""
    began = time.perf_counter()
    headers = {"X-Forwarded-For": f"10.0.{visitor // 250}.{visitor % 250 + 1}"}
    files = {"file": ("clip.flac", clip)}
    answer = httpx.post(f"{url}/api/enhance", files=files, headers=headers, timeout=PATIENCE_S)
    if answer.status_code != 200:
        raise SystemExit(f"{answer.status_code}: {answer.text[:500]}")
    return time.perf_counter() - began


def asked_s(url: str, over: threading.Event) -> list[float]:
    """How long each answer of `/health` took, until it is over."""
    took = []
    with httpx.Client(timeout=60) as client:
        while not over.wait(EVERY_S):
            began = time.perf_counter()
            client.get(f"{url}/health").raise_for_status()
            took.append(time.perf_counter() - began)
    return took


def memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def clip_of(recording: Path, seconds: float, folder: Path) -> bytes:
    """So many seconds of it, over and over, as FLAC."""
    x, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    wanted = round(seconds * rate)
    x = np.tile(x, (-(-wanted // len(x)), 1))[:wanted]
    path = folder / "clip.flac"
    soundfile.write(path, x, rate)
    return path.read_bytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--requests", type=int, default=0)
    options = parser.parse_args()
    cores, count = runtime_setup.cores(), options.visitors
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip, short = clip_of(options.recording, options.seconds, folder), clip_of(options.recording, 2.0, folder)
        with app(folder, THREADS="1") as (url, _):
            alone = median(enhanced_s(url, k, clip) for k in range(4))
        with app(folder, QUEUE_SIZE=str(2 * count), WORKERS=str(cores)) as (url, pid):
            over, before = threading.Event(), memory_mb(pid)
            with ThreadPoolExecutor(count + 1) as pool:
                answers = pool.submit(asked_s, url, over)
                began = time.perf_counter()
                took = list(pool.map(lambda k: enhanced_s(url, k, clip), range(count)))
                together = time.perf_counter() - began
                over.set()
                health = np.sort(answers.result())
            after = memory_mb(pid)
            for k in range(options.requests):
                enhanced_s(url, k % 200, short)
            last = memory_mb(pid)
    speed, single = count * options.seconds / together, options.seconds / alone
    print(f"{count} visitors with {options.seconds:g} s each, {cores} cores: all served in {together:.1f} s")
    print(f"one alone, one core: {alone:.2f} s, {single:.0f} x real time")
    print(f"together: {speed:.0f} x real time = {speed / (cores * single):.2f} x cores x single speed")
    print(f"longest wait of one: {max(took):.1f} s; /health p50 {1e3 * np.percentile(health, 50):.0f} ms, ", end="")
    print(f"p99 {1e3 * np.percentile(health, 99):.0f} ms of {health.size}")
    print(f"memory: {before:.0f} MB before, {after:.0f} after, {last:.0f} after {options.requests} short ones more")


if __name__ == "__main__":
    main()
