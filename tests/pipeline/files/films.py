"""Videos made for the tests: a picture flashes, and a click sounds, at the same time."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

FPS, RATE, SIZE, AT_S = 25, 48_000, 32, 2.2
DARK, BRIGHT = 16, 255


class Seen(NamedTuple):
    """When the brightest picture is shown, and when the loudest sample sounds; kinds : of the tracks, in order"""

    flash_s: float
    click_s: float
    kinds: list[tuple[str, str]]


def film(
    path: Path, *, late_s: float = 0.0, lasts_s: float = 2.6, at_s: float = AT_S, sounds: int = 1,
    pictures: str = "libx264", sound: str = "aac",
) -> Path:  # fmt: skip
    """late_s : when the sound track begins; the last of several `sounds` has the click, the others a hum"""
    with av.open(str(path), "w") as out:
        video = out.add_stream(pictures, rate=FPS, width=SIZE, height=SIZE)
        video.pix_fmt = "yuvj420p" if pictures == "mjpeg" else "yuv420p"
        if pictures == "libx264":
            video.options = {"bf": "2", "g": "25"}  # pictures come in another order than they are shown
        tracks: list[Any] = [out.add_stream(sound, rate=RATE, layout="mono") for _ in range(sounds)]
        packets = [*_pictures(video, round(lasts_s * FPS), round(at_s * FPS))]
        for number, track in enumerate(tracks, 1):
            x = np.random.default_rng(number).standard_normal(round((lasts_s - late_s) * RATE)) * 0.01
            if number == sounds:
                start = round((at_s - late_s) * RATE)
                x[start : start + 24] = 0.9
            packets += _sound(track, x.astype(np.float32), round(late_s * RATE))
        for packet in sorted(packets, key=lambda one: one.dts * one.time_base):
            out.mux(packet)
    return path


def _pictures(stream: Any, count: int, flash: int) -> Iterator[Any]:
    for number in range(count):
        x = np.full((SIZE, SIZE, 3), BRIGHT if number == flash else DARK, np.uint8)
        frame = av.VideoFrame.from_ndarray(x, "rgb24")
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _sound(stream: Any, x: np.ndarray, start: int) -> Iterator[Any]:
    for at in range(0, len(x), 960):
        frame = av.AudioFrame.from_ndarray(x[np.newaxis, at : at + 960], "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, start + at, Fraction(1, RATE)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def cut(path: Path, seconds: float) -> Path:
    """Have the edit lists of an MP4 begin so much later: what lies before is in the file, and is not shown."""
    data = bytearray(path.read_bytes())
    at = -1
    while (at := data.find(b"elst", at + 1)) > 0:
        (entries,) = struct.unpack_from(">I", data, at + 8)
        last = at + 12 + 12 * (entries - 1)
        (scale,) = struct.unpack_from(">I", data, data.find(b"mdhd", at) + 16)
        (start,) = struct.unpack_from(">i", data, last + 4)
        struct.pack_into(">i", data, last + 4, start + round(seconds * scale))
    path.write_bytes(data)
    return path


def seen(path: Path, sound: int = 0) -> Seen:
    """What a player shows. sound : which sound track"""
    with av.open(str(path)) as source:
        kinds = [(stream.type, stream.codec_context.codec.canonical_name) for stream in source.streams]
        lights = [(frame.to_ndarray(format="gray").mean(), frame.time or 0.0) for frame in source.decode(video=0)]
    with av.open(str(path)) as source:
        peaks = []
        for frame in source.decode(audio=sound):
            x = np.abs(frame.to_ndarray().astype(np.float64)).reshape(-1)
            peaks.append((x.max(), (frame.time or 0.0) + int(x.argmax()) / frame.sample_rate))
    return Seen(max(lights)[1], max(peaks)[1], kinds)
