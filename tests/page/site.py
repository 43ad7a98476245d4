"""A small server in place of the app: the page's files, and recordings as the app would describe them."""

from __future__ import annotations

import io
import json
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.audio import Samples
from pipeline.loudness.meter import loudness
from pipeline.stream.stage import split
from service.media.listening import FRAME_SAMPLES, SAMPLE_RATE
from tests.service.media.written import write_listening

PAGE = Path(__file__).parents[2] / "assets" / "page"
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".html": "text/html"}
TILE_PX, HEIGHT_PX, MIN_HZ, MAX_HZ = 512, 160, 40.0, 24_000.0
LEVELS = [0.01, 0.04, 0.16, 0.64, 2.56]
BREAK_HZ = 1000.0

# What of Gradio's theme the player looks at; `web/theme.py` has the values.
BLANK = """<!doctype html><html lang="en"><head><title>Player</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><style>
body { margin: 0; padding: 16px; background: var(--body-background-fill); color: var(--body-text-color);
  font-family: system-ui, sans-serif;
  --body-background-fill: #f6f7f8; --body-text-color: #1f2937; --body-text-color-subdued: #5b6672;
  --block-background-fill: #ffffff; --block-border-color: #e3e7ea; --button-secondary-border-color: #d5dade;
  --checkbox-label-background-fill: #f1f3f5; --color-accent: #0f766e; }
body.dark { --body-background-fill: #0f1317; --body-text-color: #f1f5f9; --body-text-color-subdued: #96a1ad;
  --block-background-fill: #151a20; --block-border-color: #252c34; --button-secondary-border-color: #323a43;
  --checkbox-label-background-fill: #1d242b; }
main { max-width: 1072px; margin: auto; }
</style></head><body><main></main></body></html>"""


@dataclass(frozen=True)
class Recording:
    """Three tracks (channels, n) at 48 kHz, their copies, and what the app would say of them.

    repeats : the files are as many times as long, without being so in memory
    """

    name: str
    tracks: dict[str, Samples]
    files: dict[str, bytes]
    media: dict[str, Any]
    repeats: int = 1


@dataclass
class Site:
    """url : with a slash at its end. asked : path and query of each request, with the bytes that were sent for it.

    hinder : called with each path before it is answered; may wait. True hangs up, a number is a status.
    uploads : name and length of each file that was sent, in order
    refusal : what is answered in place of its path, with the status
    """

    url: str = ""
    recordings: dict[str, Recording] = field(default_factory=dict)
    asked: list[tuple[str, int]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    hinder: Callable[[str], bool | int] = lambda path: False
    uploads: list[tuple[str, int]] = field(default_factory=list)
    refusal: tuple[int, str] | None = None

    def add(self, recording: Recording) -> dict[str, Any]:
        self.recordings[recording.name] = recording
        return recording.media

    def sent(self, part: str = "") -> int:
        """Bytes of all answers whose address has `part`."""
        return sum(size for path, size in self.asked if part in path)


def recorded(name: str, tracks: dict[str, Samples], repeats: int = 1, **more: float) -> Recording:
    """`repeats` : the length must be whole frames."""
    files: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for track, x in tracks.items():
            if same := [other for other in files if tracks[other] is x]:
                files[track] = files[same[0]]
                continue
            path = Path(folder, track)
            made = write_listening(split(x, 50_000), SAMPLE_RATE, len(x), path)
            data = path.read_bytes()
            files[track] = data[: made.samples // FRAME_SAMPLES * made.frame_bytes] if repeats > 1 else data
    x = tracks["before"]
    lufs = {track: loudness(samples, SAMPLE_RATE) for track, samples in tracks.items()}
    media = {
        "duration_s": repeats * x.shape[1] / SAMPLE_RATE, "channels": len(x), "sample_rate": SAMPLE_RATE,
        "tracks": {
            track: {"url": f"media/{name}/{track}.mp3", "lufs": lufs[track], "bytes": repeats * len(data)}
            for track, data in files.items()
        },
        "frame_samples": FRAME_SAMPLES, "frame_bytes": made.frame_bytes, "lead_samples": made.lead_samples,
        "peaks": {"url": f"media/{name}/peaks", "per_s": 100},
        "spectrogram": {
            "url": f"media/{name}/spectrogram", "tile_px": TILE_PX, "height_px": HEIGHT_PX, "levels": LEVELS,
            "min_hz": MIN_HZ, "max_hz": MAX_HZ,
        },
        **more,
    }  # fmt: skip
    return Recording(name, tracks, files, media, repeats)


def peaks(recording: Recording, track: str, start_s: float, stop_s: float, points: int) -> bytes:
    """int8 pairs, full scale = 127, of the louder channel."""
    x = recording.tracks[track]
    edges = np.linspace(start_s * SAMPLE_RATE, stop_s * SAMPLE_RATE, points + 1).astype(np.int64)
    found = np.zeros((points, 2))
    for k, a in enumerate(edges[:-1]):
        n = min(max(edges[k + 1] - a, 1), x.shape[1])  # of a repeated one no more than a round
        if recording.repeats == 1:
            part = x[:, a : a + n]
        else:
            part = x if n == x.shape[1] else x.take(np.arange(a, a + n), axis=1, mode="wrap")
        if part.size:
            found[k] = part.min(), part.max()
    return np.rint(np.clip(found * 127, -127, 127)).astype(np.int8).tobytes()


def mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's scale: linear below 1 kHz, logarithmic above."""
    return np.where(hz < BREAK_HZ, hz * 3 / 200, 15 + 27 * np.log(np.maximum(hz, 1) / BREAK_HZ) / np.log(6.4))


@cache
def mel_bank(length: int) -> NDArray[np.float64]:
    """(HEIGHT_PX, bins): triangles, evenly spaced in mel from MIN_HZ to MAX_HZ."""
    at = mel(np.fft.rfftfreq(length, 1 / SAMPLE_RATE))
    low, high = mel(np.array([MIN_HZ, MAX_HZ]))
    centres = np.linspace(low, high, HEIGHT_PX + 2)[1:-1]
    return np.maximum(0.0, 1 - np.abs(at[None] - centres[:, None]) / (centres[1] - centres[0]))


def tile(recording: Recording, track: str, level: int, index: int) -> bytes:
    x = recording.tracks[track].mean(axis=0)
    length, hop = 2048, LEVELS[level] * SAMPLE_RATE
    columns = min(TILE_PX, int(np.ceil(len(x) / hop)) - index * TILE_PX)
    at = ((index * TILE_PX + np.arange(columns) + 0.5) * hop).astype(int)[:, None] + np.arange(length)[None]
    padded = np.pad(x, length)
    power = np.abs(np.fft.rfft(padded[at + length // 2] * np.hanning(length))) ** 2 @ mel_bank(length).T
    db = 10 * np.log10(np.maximum(power, 1e-9)) - 34.0
    grey = np.rint(np.clip((db + 75) / 75, 0, 1) * 255).astype(np.uint8).T[::-1]
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "PNG")
    return out.getvalue()


class Handler(BaseHTTPRequestHandler):
    """Of one `Site`."""

    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        hindered = self.site.hinder(self.path)
        if hindered is True:
            self.close_connection = True
            self.connection.close()
            return
        if hindered:
            return self._send(b"", "text/plain", status=int(hindered))
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        match address.path.strip("/").split("/"):
            case [""]:
                self._send(BLANK.encode(), "text/html")
            case ["page", *rest]:
                path = PAGE.joinpath(*rest)
                self._send(path.read_bytes(), TYPES[path.suffix]) if path.is_file() else self._send(b"", "", 404)
            case ["media", name, "peaks"]:
                start, stop, points = float(query["start_s"]), float(query["stop_s"]), int(query["points"])
                found = peaks(self.site.recordings[name], query["track"], start, stop, points)
                self._send(found, "application/octet-stream")
            case ["media", name, "spectrogram", track, level, png]:
                index = int(png.removesuffix(".png"))
                self._send(tile(self.site.recordings[name], track, int(level), index), "image/png")
            case ["media", name, file]:
                self._send_part(self.site.recordings[name], file.removesuffix(".mp3"))
            case _:
                self._send(b"", "text/plain", 404)

    def do_POST(self) -> None:
        """Takes files as the app does; nothing is kept but their names and lengths."""
        hindered, length = self.site.hinder(self.path), int(self.headers["Content-Length"])
        if hindered is True:
            self.close_connection = True
            return
        body = self.rfile.read(length)
        if len(body) < length:  # stopped
            self.close_connection = True
            return
        if self.site.refusal or hindered:
            status, text = self.site.refusal or (int(hindered), "")
            return self._send(text.encode(), "application/json", status)
        found = re.match(rb'(--\S+)\r\n[^\n]*filename="([^"]*)".*?\r\n\r\n', body, re.DOTALL)
        assert found
        size = length - found.end() - len(found[1]) - len(b"\r\n--\r\n")
        self.site.uploads.append((found[2].decode(), size))
        self._send(json.dumps([f"/files/{len(self.site.uploads)}"]).encode(), "application/json")

    def _send_part(self, recording: Recording, track: str) -> None:
        data = recording.files[track]
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not asked:
            return self._send(data * recording.repeats, "audio/mpeg")
        first, end = int(asked[1]), min(int(asked[2]) + 1, len(data) * recording.repeats)
        turns = data * ((end - first) // len(data) + 2)
        part = turns[first % len(data) : first % len(data) + end - first]
        self._send(part, "audio/mpeg", 206, f"bytes {first}-{end - 1}/{len(data) * recording.repeats}")

    def _send(self, data: bytes, kind: str, status: int = 200, part: str = "") -> None:
        self.site.asked.append((self.path, len(data)))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        if part:
            self.send_header("Content-Range", part)
        self.end_headers()
        try:
            self.wfile.write(data)
        except OSError:  # nobody waits for it any more
            self.close_connection = True


class Server(ThreadingHTTPServer):
    """Serves one site."""

    daemon_threads = True

    def __init__(self) -> None:
        self.site = Site()
        super().__init__(("127.0.0.1", 0), type("SiteHandler", (Handler,), {"site": self.site}))
        self.site.url = f"http://127.0.0.1:{self.server_address[1]}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no fault of the server."""
        fault = sys.exception()
        if not isinstance(fault, ConnectionError):
            self.site.faults.append(repr(fault))


def as_js(value: object) -> str:
    return json.dumps(value)
