"""The routes of what a finished job gives to listen to and to look at: copies, outlines, spectrograms."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from service.http.refusals import RequestError
from service.media import tiles
from service.media.copies import Media, Track
from service.media.examples import examples
from service.media.on_demand import MOST_FRAMES, Copy
from service.media.peaks import MOST_POINTS, outline
from service.registry.registry import Registry

T = TypeVar("T")
N = TypeVar("N", int, float)
AT_ONCE = 2
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
KEPT_FOR = {"Cache-Control": "private, max-age=3600, immutable"}  # a token's sound never changes


@dataclass(frozen=True)
class MediaRoutes:
    """Of one site. places : for what has to be made now; beside the work, so few"""

    registry: Registry
    places: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(AT_ONCE))

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/jobs/{token}/{track}.mp3", self.listen, methods=["GET", "HEAD"]),
            Route("/api/jobs/{token}/peaks", self.peaks, methods=["GET"]),
            Route("/api/jobs/{token}/spectrogram/{track}/{level:int}/{index:int}.png", self.tile, methods=["GET"]),
        ]

    async def listen(self, request: Request) -> Response:
        """GET: a part of a track's listening copy, at most 12 s at once; it is encoded now."""
        copy = self._track(request).copy
        start, stop = _range(request.headers.get("range", ""), copy)
        headers = {**KEPT_FOR, "Accept-Ranges": "bytes", "Content-Range": f"bytes {start}-{stop - 1}/{copy.size}"}
        if request.method == "HEAD":
            return Response(
                media_type="audio/mpeg", headers={"Accept-Ranges": "bytes", "Content-Length": str(copy.size)}
            )
        data = await self._made(request, lambda: copy.read(start, stop))
        return Response(data, 206, headers, "audio/mpeg")

    async def peaks(self, request: Request) -> Response:
        """GET: the outline of a stretch of a track."""
        media, asked = self._media(request), request.query_params
        track = _named(media, asked.get("track", "before"))
        start_s = _number(asked.get("start_s", "0"), float, 0.0, 1e6)
        stop_s = _number(asked.get("stop_s", str(media.duration_s)), float, start_s, 1e6)
        points = _number(asked.get("points", "800"), int, 1, MOST_POINTS)
        data = await self._made(request, lambda: outline(track.outline, start_s, stop_s, points))
        return Response(data, headers=KEPT_FOR, media_type="application/octet-stream")

    async def tile(self, request: Request) -> Response:
        """GET: a tile of a track's spectrogram."""
        media, track = self._media(request), self._track(request)
        level, index = int(request.path_params["level"]), int(request.path_params["index"])
        if level >= len(tiles.levels(media.duration_s)):
            raise RequestError(404, "The spectrogram has no such level.")
        drawn = await self._made(
            request, lambda: tiles.tile(track.copy, track.overview, media.duration_s, level, index)
        )
        if drawn is None:
            raise RequestError(404, "The spectrogram has no such tile.")
        return Response(drawn, headers=KEPT_FOR, media_type="image/png")

    async def _made(self, request: Request, make: Callable[[], T]) -> T:
        try:
            return await anyio.to_thread.run_sync(make, limiter=self.places)
        except Exception:
            self._media(request)  # says so if the job was forgotten meanwhile, and its files with it
            raise

    def _media(self, request: Request) -> Media:
        token = str(request.path_params["token"])
        if token in examples():
            return examples()[token].media
        outcome = self.registry.get(token).now().outcome
        if outcome is None or outcome.media is None or not outcome.folder.is_dir():
            raise RequestError(404, "There is nothing to listen to yet, or its files have expired.")
        return outcome.media

    def _track(self, request: Request) -> Track:
        return _named(self._media(request), str(request.path_params["track"]))


def _named(media: Media, name: str) -> Track:
    if name not in media.tracks:
        raise RequestError(404, "There is no such track.", suggestion=f"There are {', '.join(media.tracks)}.")
    return media.tracks[name]


def _range(text: str, copy: Copy) -> tuple[int, int]:
    """(start, stop) in bytes. Raises RequestError."""
    found = RANGE.fullmatch(text.strip())
    start, stop = 0, copy.size
    if found and (found[1] or found[2]):
        start = int(found[1]) if found[1] else max(0, copy.size - int(found[2]))
        stop = min(copy.size, int(found[2]) + 1) if found[1] and found[2] else copy.size
    if start >= stop:
        raise RequestError(416, "The range lies outside of the sound.")
    return start, min(stop, start + MOST_FRAMES * copy.frame_bytes)


def _number(text: str, kind: Callable[[str], N], least: float, most: float) -> N:
    try:
        value = kind(text)
    except ValueError:
        value = kind("-1")
    if not math.isfinite(value) or not least <= value <= most:
        raise RequestError(400, f"A number from {least:g} to {most:g} was expected.")
    return value
