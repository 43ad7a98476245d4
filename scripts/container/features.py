"""Uses what an image's app can do besides the one request of client.py, so that nothing of it is missing in the image:
every format in and out, a video, pictures, the page with its scripts, the command line, the doctor.

usage: python -m scripts.container.features APP       by the image's own Python, beside the running app; PORT as for it
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.container.client import call, recording, upload

FORMATS = ("wav", "flac", "mp3", "ogg", "opus", "m4a")
WITHIN_S = 120
NOTHING: Mapping[str, str] = {}
# No such repository, and no network: what matters is that the library that would fetch it is there.
OTHER_WEIGHTS = {"DENOISER_REPO": f"nobody/nothing@{'0' * 40}"}


def form(name: str, content: bytes, **fields: str) -> bytes:
    """For one request to /api/enhance, with "x" between the parts."""
    parts = [f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n' for key, text in fields.items()]
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return "".join(parts).encode() + head.encode() + content + b"\r\n--x--\r\n"


def enhanced(name: str, content: bytes, **fields: str) -> bytes:
    """What one request makes of it."""
    return call("/api/enhance", form(name, content, **fields), "multipart/form-data; boundary=x")


def film() -> bytes:
    """Half a second of pictures, with a tone."""
    import av
    import numpy as np

    target = io.BytesIO()
    with av.open(target, "w", format="matroska") as out:
        pictures, sound = out.add_stream("mpeg4", rate=10), out.add_stream("aac", rate=48_000, layout="mono")
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        for _ in range(5):
            out.mux(pictures.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")))
        wave = (0.3 * np.sin(np.arange(24_576) * 0.03)).astype(np.float32)
        for at in range(0, len(wave), 1024):
            frame = av.AudioFrame.from_ndarray(wave[None, at : at + 1024], "flt", "mono")
            frame.sample_rate, frame.pts = 48_000, at
            out.mux(sound.encode(frame))
        out.mux(pictures.encode(None))
        out.mux(sound.encode(None))
    return target.getvalue()


def formats() -> None:
    """Each is written, and read again."""
    for kind in FORMATS:
        made = enhanced("talk.wav", recording(), output_format=kind)
        again = enhanced(f"talk.{kind}", made, denoise_method="spectral", preview="true")
        if not (len(made) > 1000 and again.startswith(b"RIFF")):
            raise SystemExit(f"{kind}: {len(made)} and {len(again)} bytes")
    with_pictures = enhanced("talk.mkv", film(), as_video="true")
    if b"matroska" not in with_pictures[:100]:
        raise SystemExit(f"no video: {with_pictures[:100]!r}")


def job() -> None:
    """What the page shows of one."""
    order = {"file": upload(recording()), "preset": "podcast", "listens": True}
    token, deadline = json.loads(call("/api/jobs", json.dumps(order).encode()))["job"], time.monotonic() + WITHIN_S
    state: dict[str, Any] = {}
    while state.get("state") != "done":
        if state.get("state") in {"failed", "cancelled"} or time.monotonic() > deadline:
            raise SystemExit(f"job: {state}")
        time.sleep(0.1)
        state = json.loads(call(f"/api/jobs/{token}"))
    for part, beginning in (
        ("picture?lang=de", b"\x89PNG"), ("picture?dark=1", b"\x89PNG"), ("spectrogram/after/0/0.png", b"\x89PNG"),
        ("removed", b"fLaC"), ("download?amount=50&format=flac", b"fLaC"), ("after.mp3", b"\xff"), ("peaks", b""),
    ):  # fmt: skip
        if not (answer := call(f"/api/jobs/{token}/{part}")).startswith(beginning) or not answer:
            raise SystemExit(f"{part}: {answer[:100]!r}")


def page() -> None:
    """The page, and all of ours and of Gradio's that it loads, one file leading to the next."""
    waiting = ["/", "/config", "/gradio_api/info", "/gradio_api/openapi.json"]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        text = call(path).decode(errors="replace")
        found = re.findall(r'(?:src|href)="(?:\./|/)?((?:assets|static|page|theme)[^"?]*)', text)
        if path.endswith(".js"):  # what is loaded at once; components that the page does not have are loaded by nobody
            here = path.rpartition("/")[0]
            found += [f"{here}/{name}" for name in re.findall(r'from ?"\./([\w.-]+\.js)"', text)]
        new = {"/" + name.lstrip("/") for name in found} - seen
        seen |= new
        waiting += sorted(new)
    print(f"features: the page and {len(seen)} files and answers of it")


def programs(app: Path) -> None:
    """The command line and the doctor, in processes of their own."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:  # the only place that can be written
        folder, os.environ["TMPDIR"] = Path(name), name
        for kind in ("wav", "mp3"):
            (folder / f"one.{kind}").write_bytes(enhanced("talk.wav", recording(), output_format=kind))
        run(app, "-m", "pipeline", str(folder), "-o", str(folder / "out"), "--format", "m4a", "--jobs", "2")
        said = run(app, "-m", "pipeline", str(folder / "one.wav"), "-o", str(folder / "other.wav"), more=OTHER_WEIGHTS)
        if "nobody/nothing" not in said or "No module" in said:
            raise SystemExit(f"other weights: {said}")
        doctor(app, {"numba works", "librosa works", "enhancement works"})
        address = f"http://127.0.0.1:{os.environ.get('PORT', '7860')}"
        doctor(app, {"reachable", "healthy", "ready", "versions"}, "--url", address)


def doctor(app: Path, well: set[str], *options: str) -> None:
    """What must be well. It finds fault with a tree that nobody can write and a disk of 64 MB, and rightly so."""
    said = run(app, "runtime_setup.py", *options, statuses=(0, 1))
    if missing := well - set(re.findall(r"^ok +(.*?):", said, re.MULTILINE)):
        raise SystemExit(f"the doctor misses {missing}: {said}")


def run(app: Path, *arguments: str, statuses: tuple[int, ...] = (0,), more: Mapping[str, str] = NOTHING) -> str:
    """What it says; it must end with one of the statuses. more : variables of its environment"""
    began = time.monotonic()
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=app, env=os.environ | more, capture_output=True, text=True, check=False)
    print(f"features: {' '.join(arguments[:2])}: {time.monotonic() - began:.1f} s")
    if done.returncode not in statuses:
        raise SystemExit(f"{arguments}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def main() -> None:
    """Every step, or an exception."""
    began = time.monotonic()
    for step in (formats, job, page, lambda: programs(Path(sys.argv[1]))):
        try:
            step()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{error.url}: {error} {error.read()[:500]!r}") from error
    print(f"features: all in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
