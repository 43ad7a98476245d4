"""Uses the app as a visitor's program would, with the standard library alone, from inside its network namespace.

Waits for `/health` to be ready, wants nothing to have been compiled by then, and enhances a
second of noisy tone.

usage: python -m scripts.container.client       by the image's own Python, beside the running app; PORT as for it
"""

from __future__ import annotations

import io
import json
import math
import os
import random
import struct
import time
import urllib.error
import urllib.request
import wave
from typing import Any

BASE = f"http://127.0.0.1:{os.environ.get('PORT', '7860')}"
RATE = 48_000
READY_WITHIN_S = 120


def call(path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
    """The body of the answer; an error status raises."""
    request = urllib.request.Request(BASE + path, data=body, headers={"Content-Type": kind})
    with urllib.request.urlopen(request, timeout=120) as answer:
        content: bytes = answer.read()
        return content


def wait_until_ready() -> float:
    """Seconds until `ready`, from now."""
    began, first = time.monotonic(), True
    while (passed := time.monotonic() - began) < READY_WITHIN_S:
        try:
            health = json.loads(call("/health"))
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
            continue
        if first:
            print(f"client: /health answers after {passed:.1f} s: {health['status']}")
            first = False
        if health["ready"]:
            return passed
        time.sleep(0.2)
    raise SystemExit(f"not ready after {READY_WITHIN_S} s: {call('/api/diagnostics').decode()}")


def recording() -> bytes:
    """One second of a tone in noise, 16 bit, mono."""
    noise = random.Random(0)
    samples = (int(6000 * math.sin(2 * math.pi * 220 * n / RATE) + noise.gauss(0, 800)) for n in range(RATE))
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return target.getvalue()


def upload(content: bytes) -> str:
    """Where the app put it."""
    head = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="talk.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    )
    answer = call("/gradio_api/upload", head + content + b"\r\n--x--\r\n", "multipart/form-data; boundary=x")
    path: str = json.loads(answer)[0]
    return path


def enhance(path: str) -> list[Any]:
    """The endpoint's answer: the file, the report."""
    order = {"file": {"path": path, "meta": {"_type": "gradio.FileData"}}, "preset": "podcast"}
    event = json.loads(call("/gradio_api/call/v2/enhance", json.dumps(order).encode()))["event_id"]
    events = call(f"/gradio_api/call/enhance/{event}").decode().split("\n\n")
    last = dict(line.split(": ", 1) for line in [e for e in events if e.strip()][-1].splitlines())
    if last["event"] != "complete":
        raise SystemExit(f"enhance: {last}")
    answer: list[Any] = json.loads(last["data"])
    return answer


def compilations() -> int:
    """How many functions the process has compiled so far."""
    diagnostics = json.loads(call("/api/diagnostics"))
    print(f"client: {diagnostics['libraries']['numba']}")
    print(f"client: warm-up {diagnostics['warm_up']}")
    return int(diagnostics["warm_up"]["compilations"])


def main() -> None:
    """Every step, or an exception."""
    print(f"client: ready after {wait_until_ready():.1f} s")
    if compiled := compilations():
        raise SystemExit(f"{compiled} functions were compiled; the baked cache should have held them")
    began = time.monotonic()
    result, report = enhance(upload(recording()))
    content = call("/gradio_api/file=" + urllib.request.pathname2url(result["path"]))
    print(f"client: enhanced in {time.monotonic() - began:.1f} s")
    with wave.open(io.BytesIO(content)) as file:
        shape = (file.getnchannels(), file.getframerate(), file.getnframes())
    if shape != (1, RATE, RATE):
        raise SystemExit(f"channels, rate and length changed to {shape}")
    if not report:
        raise SystemExit("the report is empty")


if __name__ == "__main__":
    main()
