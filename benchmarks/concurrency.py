"""Many visitors at once: whether all are served, how fast together, and how soon the app says meanwhile that it lives.

    python -m benchmarks.concurrency RECORDING [--visitors 20] [--seconds 30]
    python -m benchmarks.concurrency RECORDING --visitors 0 --requests 1000

Starts the app on a free port, with a line and shares that let all of them in. Every visitor has an address of their own
(`X-Forwarded-For`), and sends the same clip at the same time in one request that does it all (`POST /api/enhance`).
First one visitor is timed alone, on one core, for the comparison.

With `--requests`, so many clips of 2 s follow, one after the other, and for every hundred of them what the app takes is
told: memory of it and its children, threads, descriptors. They come by three ways in turn: the one request; a job as a
program orders it, which is forgotten at its end; a job as the page orders it, which is listened to, and stays until its
files expire.
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
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import httpx
import numpy as np
import soundfile

import runtime_setup

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 600.0
LOOK_S = 0.01  # between two looks whether it has started
EVERY_S = 0.05  # between two questions whether it lives
ROW, SHORT_S = 100, 2.0  # requests of a row; seconds of their clip
LIFETIME_S = 60  # what is left behind is to expire while requests go on


@contextmanager
def app(folder: Path, door: str = "/ready", **environment: str) -> Iterator[tuple[str, int]]:
    """Address and process id of a running app whose door answers 200: at "/ready", once it is warm."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ours = {"PORT": str(port), "HOST": "127.0.0.1", "PROXY_HOPS": "1", "GRADIO_TEMP_DIR": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, ROOT / "app.py"], env=os.environ | ours | environment, stderr=log)
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + PATIENCE_S
    try:
        with httpx.Client(timeout=5) as client:
            while not _answers(client, url + door):
                if time.monotonic() > deadline:
                    raise SystemExit((folder / "log").read_text())
                time.sleep(LOOK_S)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait(60)


def _answers(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).status_code == 200
    except httpx.TransportError:
        return False


def enhanced_s(url: str, visitor: int, clip: bytes) -> float:
    """Seconds from the request to the whole answer."""
    began = time.perf_counter()
    files = {"file": ("clip.flac", clip)}
    answer = httpx.post(f"{url}/api/enhance", files=files, headers=_address(visitor), timeout=PATIENCE_S)
    if answer.status_code != 200:
        raise SystemExit(f"{answer.status_code}: {answer.text[:500]}")
    return time.perf_counter() - began


def _address(visitor: int) -> dict[str, str]:
    return {"X-Forwarded-For": f"10.0.{visitor // 250}.{visitor % 250 + 1}"}


def asked_s(url: str, over: threading.Event) -> list[float]:
    """How long each answer of `/health` took, until it is over."""
    took = []
    with httpx.Client(timeout=60) as client:
        while not over.wait(EVERY_S):
            began = time.perf_counter()
            client.get(f"{url}/health").raise_for_status()
            took.append(time.perf_counter() - began)
    return took


class Footprint(NamedTuple):
    """rss_mb : of the app's own process; pss_mb : of it and its children, what is shared counted once"""

    rss_mb: float
    pss_mb: float
    threads: int
    descriptors: int


def footprint(pid: int) -> Footprint:
    place, pss_kb = Path(f"/proc/{pid}"), 0
    for one in (pid, *_below(pid)):
        with suppress(FileNotFoundError, ProcessLookupError):  # decoders come and go
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii", errors="replace")
            pss_kb += int(rollup.split("Pss:")[1].split()[0])
    status = (place / "status").read_text(encoding="ascii", errors="replace")
    rss_kb = int(status.split("VmRSS:")[1].split()[0])
    threads, descriptors = (len(list((place / name).iterdir())) for name in ("task", "fd"))
    return Footprint(rss_kb / 1024, pss_kb / 1024, threads, descriptors)


def _below(pid: int) -> list[int]:
    """Its children, and theirs."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            for child in (task / "children").read_text(encoding="ascii").split():
                found += [int(child), *_below(int(child))]
    return found


def clip_of(recording: Path, seconds: float, folder: Path) -> Path:
    """So many seconds of it, over and over, as FLAC."""
    x, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    wanted = round(seconds * rate)
    x = np.tile(x, (-(-wanted // len(x)), 1))[:wanted]
    path = folder / "clip.flac"
    soundfile.write(path, x, rate)
    return path


def ordered(url: str, visitor: int, clip: bytes, *, listens: bool) -> None:
    """A job, followed to its end and downloaded. listens : as the page does; else it is forgotten then"""
    with httpx.Client(base_url=url, headers=_address(visitor), timeout=PATIENCE_S) as client:
        file = client.post("/gradio_api/upload", files={"files": ("clip.flac", clip)}).raise_for_status().json()[0]
        order = {"file": file, "listens": listens}
        job = f"/api/jobs/{client.post('/api/jobs', json=order).raise_for_status().json()['job']}"
        while (state := client.get(job).raise_for_status().json())["state"] in ("waiting", "running"):
            time.sleep(0.02)
        if state["state"] != "done":
            raise SystemExit(state)
        client.get(f"{job}/download").raise_for_status()
        if listens:
            client.get(f"{job}/peaks").raise_for_status()
        else:
            client.delete(job).raise_for_status()


def soak(url: str, pid: int, clip: bytes, count: int) -> None:
    """So many clips, one after the other, and after every hundred a row of what the app takes."""
    ways: tuple[Callable[[str, int, bytes], object], ...] = (
        enhanced_s, partial(ordered, listens=False), partial(ordered, listens=True),
    )  # fmt: skip
    print("| requests | PSS MB, with children | RSS MB | threads | descriptors | `/health` p50 ms | p99 ms |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    for done in range(0, count + 1, ROW):
        over = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            answers = pool.submit(asked_s, url, over)
            for k in range(max(0, done - ROW), done):
                ways[k % len(ways)](url, k % 200, clip)
            if not done:
                time.sleep(20 * EVERY_S)
            over.set()
            p50, p99 = 1e3 * np.percentile(answers.result(), (50, 99))
        now = footprint(pid)
        print(f"| {done} | {now.pss_mb:.0f} | {now.rss_mb:.0f} | {now.threads} | {now.descriptors} ", end="")
        print(f"| {p50:.0f} | {p99:.0f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--requests", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.visitors:
            clip = clip_of(options.recording, options.seconds, folder).read_bytes()
            together(folder, clip, options.visitors, options.seconds)
        if options.requests:
            clip = clip_of(options.recording, SHORT_S, folder).read_bytes()
            with app(folder, FILE_LIFETIME_S=str(LIFETIME_S)) as (url, pid):
                soak(url, pid, clip, options.requests)


def together(folder: Path, clip: bytes, count: int, seconds: float) -> None:
    """One visitor alone, then all of them at once."""
    cores = runtime_setup.cores()
    with app(folder, THREADS="1") as (url, _):
        alone = median(enhanced_s(url, k, clip) for k in range(4))
    with app(folder, QUEUE_SIZE=str(2 * count), WORKERS=str(cores)) as (url, pid):
        over, before = threading.Event(), footprint(pid).rss_mb
        with ThreadPoolExecutor(count + 1) as pool:
            answers = pool.submit(asked_s, url, over)
            began = time.perf_counter()
            took = list(pool.map(lambda k: enhanced_s(url, k, clip), range(count)))
            all_s = time.perf_counter() - began
            over.set()
            health = np.sort(answers.result())
        after = footprint(pid).rss_mb
    speed, single = count * seconds / all_s, seconds / alone
    print(f"{count} visitors with {seconds:g} s each, {cores} cores: all served in {all_s:.1f} s")
    print(f"one alone, one core: {alone:.2f} s, {single:.0f} x real time")
    print(f"together: {speed:.0f} x real time = {speed / (cores * single):.2f} x cores x single speed")
    print(f"longest wait of one: {max(took):.1f} s; /health p50 {1e3 * np.percentile(health, 50):.0f} ms, ", end="")
    print(f"p99 {1e3 * np.percentile(health, 99):.0f} ms of {health.size}")
    print(f"memory: {before:.0f} MB before, {after:.0f} after")


if __name__ == "__main__":
    main()
