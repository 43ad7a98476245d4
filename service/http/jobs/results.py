"""The routes that hand out what a finished job has made: the result, also mixed with the recording; what was removed;
the video with the new sound; a picture of both; several results as one file."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from pipeline.errors import SettingsError
from pipeline.files.formats import OUTPUT_NAMES
from pipeline.parameter import shown
from service import languages
from service.http.downloads import SHOWN, STORED
from service.http.refusals import RequestError
from service.jobs import Outcome
from service.line.admission import Visit
from service.media import amount, archive
from service.media.examples import examples
from service.registry import extras
from service.registry.job import Job, State
from service.registry.registry import Registry, UnknownJobError
from service.site import Site
from service.work import Handle

from .waiting import Held, waited

METHODS = ["GET", "HEAD"]
MOST_ZIPPED = 50
PERCENT = re.compile(r"[0-9]{1,3}")
HEADERS = {"Cache-Control": "private, max-age=3600", "Content-Security-Policy": "sandbox"}


@dataclass(frozen=True)
class ResultRoutes:
    """Of one site."""

    site: Site
    registry: Registry

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/jobs/{token}/download", self.download, methods=METHODS),
            Route("/api/jobs/{token}/removed", self.removed, methods=METHODS),
            Route("/api/jobs/{token}/video", self.video, methods=METHODS),
            Route("/api/jobs/{token}/picture", self.picture, methods=METHODS),
            Route("/api/zip", self.zip, methods=["GET"]),
        ]

    async def download(self, request: Request) -> Response:
        """GET: the result; with `amount` and `format`, mixed with the recording as it was, made now."""
        token = str(request.path_params["token"])
        if token in examples():
            return attached(examples()[token].media.tracks["after"].copy.path, f"{examples()[token].name}.clean.flac")
        job, made = self._done(token)
        percent = _percent(request.query_params.get("amount", ""))
        form = request.query_params.get("format") or made.after.suffix.removeprefix(".")
        if form not in OUTPUT_NAMES:
            raise SettingsError(
                f"The output format {shown(form)} is not known.", suggestion=f"Use one of {', '.join(OUTPUT_NAMES)}."
            )
        target = amount.place(made, percent, form)
        if target != made.after:
            work = extras.kept(
                self.site, job, target, lambda handle: amount.make(handle, job.order, made, percent, target),
                _visit(request), "mix",
            )  # fmt: skip
            await waited(request, work)
        name = made.after.with_suffix(f".{form}") if percent == amount.WHOLE else target
        return attached(target, made.name_of(name))

    async def removed(self, request: Request) -> Response:
        """GET: what was removed, as a file."""
        token = str(request.path_params["token"])
        if token in examples():
            return attached(examples()[token].media.tracks["removed"].copy.path)
        made = self._done(token)[1]
        return attached(made.removed, made.name_of(made.removed))

    async def video(self, request: Request) -> Response:
        """GET: the video that was uploaded, with the enhanced sound; made now."""
        job, made = self._done(str(request.path_params["token"]))
        target = await waited(request, extras.video(self.site, job, made, _visit(request)))
        if target is None:
            raise RequestError(404, "There is no video here: the recording is sound alone, or a part of one.")
        return attached(target, made.name_of(target))

    async def picture(self, request: Request) -> Response:
        """GET: the spectrograms before and after as one picture, in the page's language and colours; made now."""
        from service.media import picture

        job, made = self._done(str(request.path_params["token"]))
        language = languages.chosen(request.query_params.get("lang", ""))
        dark = request.query_params.get("dark") == "1"
        target = made.folder / f"{made.stem}.{language}{'.dark' * dark}.png"

        def draw(handle: Handle) -> None:
            picture.make(handle, job.order, made, target, language=language, dark=dark)

        await waited(request, extras.kept(self.site, job, target, draw, _visit(request), "picture"))
        return attached(target, f"{made.title}.png")

    async def zip(self, request: Request) -> Response:
        """GET: the results of several jobs, as one file."""
        tokens = list(dict.fromkeys(filter(None, request.query_params.get("jobs", "").split(","))))
        if not 1 <= len(tokens) <= MOST_ZIPPED:
            raise RequestError(400, f"jobs must name 1 to {MOST_ZIPPED} jobs, separated by commas.")
        results = [self._done(token)[1] for token in tokens]
        held = ExitStack()
        for made in results:
            held.enter_context(self.site.storage.keeping(made.folder))
        names = archive.distinct([made.name_of(made.after) for made in results])
        data = _unless_forgotten(list(zip(names, [made.after for made in results], strict=True)))
        held.callback(data.close)
        headers = HEADERS | {"Content-Disposition": 'attachment; filename="enhanced.zip"'}
        return Held(StreamingResponse(data, headers=headers, media_type="application/zip"), held.close)

    def _done(self, token: str) -> tuple[Job, Outcome]:
        """Raises RequestError and UnknownJobError."""
        job = self.registry.get(token)
        now = job.now()
        if now.state is not State.DONE or now.outcome is None:
            raise RequestError(404, "There is no result yet.", suggestion=f"GET /api/jobs/{token} says how it stands.")
        if not self.site.storage.owns(now.outcome.after):
            raise UnknownJobError
        return job, now.outcome


def _unless_forgotten(files: list[tuple[str, Path]]) -> Generator[bytes, None, None]:
    """A ZIP of the files. Half of one is no answer: where a job is forgotten meanwhile, the connection breaks off."""
    try:
        yield from archive.zipped(files)
    except FileNotFoundError:
        raise ConnectionResetError from None


def attached(path: Path, name: str = "") -> Response:
    """A file of ours, whole or the part of it that the request's Range names. name : to store it under"""
    try:
        found = path.stat()
    except OSError:
        raise UnknownJobError from None
    return FileResponse(
        path, media_type=SHOWN.get(path.suffix.lower(), STORED), filename=name or path.name, stat_result=found,
        headers=HEADERS,
    )  # fmt: skip


def _visit(request: Request) -> Visit:
    return Visit(str(request.scope.get("visitor", "")))


def _percent(text: str) -> int:
    """Raises SettingsError."""
    if not text:
        return amount.WHOLE
    if not PERCENT.fullmatch(text) or int(text) > amount.WHOLE:
        raise SettingsError(f"amount must be a whole number from 0 to {amount.WHOLE}, not {shown(text)}.")
    return int(text)
