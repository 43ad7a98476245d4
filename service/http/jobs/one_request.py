"""One request that does it all: a form with a recording goes in, the enhanced file comes out.

What the form's fields say is checked as `POST /api/jobs` checks it. Nothing stays: neither the upload nor the result.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from pipeline.errors import SettingsError
from pipeline.files.formats import Encoding
from pipeline.parameter import Kind, Range, Switch, kinds, shown
from pipeline.settings import parameters
from service.http.downloads import SHOWN, STORED
from service.http.multipart import FilesOfForm
from service.http.refusals import RequestError
from service.http.uploads import received
from service.jobs import EXTRAS, Outcome, as_told
from service.line.admission import Visit
from service.media import archive
from service.registry import extras
from service.registry.registry import Registry
from service.site import Site

from .orders import flag, order
from .results import attached
from .waiting import Held, waited

HOW = "curl -F file=@talk.wav -F preset=podcast …/api/enhance -o talk.clean.wav"
REPORT_HEADER, MOST_REPORT_BYTES = "X-Speech-Report", 6 * 1024
# What is left out first of a report that is too long for a header.
LEFT_OUT = ("content", "advice", "settings", "heard", "remarks", "notes", "done", "before", "after", "verdict")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)
SWITCHED = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}
PIECE_BYTES = 256 * 1024
NOT_HERE = {"file", "settings", "listens", "stretch", "like"}  # of what `order` knows


@dataclass(frozen=True)
class EnhanceRoute:
    """Of one site."""

    site: Site
    registry: Registry

    def routes(self) -> list[BaseRoute]:
        return [Route("/api/enhance", self.enhance, methods=["POST"])]

    async def enhance(self, request: Request) -> Response:
        """POST a form: `file`, and any of `preset`, the settings, `output_format`, `subtype`, `bitrate_kbps`, `track`,
        `removed`, `as_video`, `preview`. Answers the enhanced file."""
        told_apart = _way(request.query_params.get("report", ""))
        visitor = str(request.scope.get("visitor", ""))
        with ExitStack() as stack:
            form = await received(self.site, request)
            for path in form.files:
                stack.callback(self.site.storage.discard, path)
            asked, wanted = _asked(form)
            visit = Visit(visitor)
            job = self.registry.start(as_told(order(self.site, asked, visit), wanted))
            stack.callback(self.registry.forget, job)
            file, made = await waited(request, extras.wanted(self.site, self.registry, job, visit))
            stack.enter_context(self.site.storage.keeping(made.folder))
            files = [file, made.removed] if wanted["removed"] else [file]
            response = _parts(made, files) if told_apart else _zip(made, files) if files[1:] else _plain(made, *files)
            return Held(response, stack.pop_all().close)


def _way(text: str) -> bool:
    """Whether the report is to be a part of its own. Raises SettingsError."""
    if text not in ("", "header", "multipart"):
        raise SettingsError(f"report must be header or multipart, not {shown(text)}.")
    return text == "multipart"


def _asked(form: FilesOfForm) -> tuple[dict[str, Any], dict[str, bool]]:
    """What `order` takes, and which of EXTRAS is wanted. Raises RequestError and SettingsError."""
    if len(form.files) != 1 or form.names != ["file"]:
        raise RequestError(400, "One recording is sent, as a file in the field `file`.", suggestion=HOW)
    told = {name: text.strip() for name, text in form.fields.items() if text.strip() not in ("", "null")}
    if wrong := told.keys() & NOT_HERE:
        raise SettingsError(f"{shown(min(wrong))} is not known here.", suggestion=HOW)
    wanted = {name: flag(name, _value(Switch("", ""), told.pop(name, "false"))) for name in EXTRAS}
    known: Mapping[str, Kind] = parameters()
    asked: dict[str, Any] = {name: text for name, text in told.items() if name not in known}
    for name, kind in {**kinds(Encoding), "track": Range(0, 0, 0, "", "", "")}.items():
        if name in asked:
            asked[name] = _value(kind, asked[name])
    settings = {name: _value(known[name], text) for name, text in told.items() if name in known}
    return {**asked, "settings": settings, "file": str(form.files[0])}, wanted


def _value(kind: Kind, text: str) -> float | bool | str:
    """The text as what it is to be; as it is where it is none: whoever checks it says so."""
    if isinstance(kind, Range):
        return float(text) if NUMBER.fullmatch(text) else text
    if isinstance(kind, Switch):
        return SWITCHED.get(text.lower(), text)
    return text


def _plain(made: Outcome, path: Path) -> Response:
    """The file alone."""
    response = attached(path)
    response.headers[REPORT_HEADER] = in_header(made.report.as_dict())
    response.headers["Cache-Control"] = "no-store"
    return response


def _zip(made: Outcome, files: list[Path]) -> Response:
    headers = {
        REPORT_HEADER: in_header(made.report.as_dict()), "Cache-Control": "no-store",
        "Content-Disposition": 'attachment; filename="enhanced.zip"',
    }  # fmt: skip
    data = archive.zipped([(path.name, path) for path in files])
    return StreamingResponse(data, headers=headers, media_type="application/zip")


def _parts(made: Outcome, files: list[Path]) -> Response:
    """The report, then the files (RFC 2046, multipart/mixed)."""
    boundary = secrets.token_hex(16)
    report = json.dumps(made.report.as_dict()).encode()

    def sent() -> Iterator[bytes]:
        yield _head(boundary, "application/json", "report.json") + report
        for path in files:
            yield b"\r\n" + _head(boundary, SHOWN.get(path.suffix, STORED), path.name)
            with path.open("rb") as file:
                while piece := file.read(PIECE_BYTES):
                    yield piece
        yield f"\r\n--{boundary}--\r\n".encode()

    kind = f"multipart/mixed; boundary={boundary}"
    return StreamingResponse(sent(), headers={"Cache-Control": "no-store"}, media_type=kind)


def _head(boundary: str, kind: str, name: str) -> bytes:
    """name : of ours, so without quotes"""
    return (
        f"--{boundary}\r\nContent-Type: {kind}\r\n"
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    ).encode()  # fmt: skip


def in_header(report: dict[str, Any]) -> str:
    """The report as a header holds it: ASCII, one line, not too long."""
    left = dict(report)
    for name in (*LEFT_OUT, ""):
        text = json.dumps(left, separators=(",", ":"))
        if len(text) <= MOST_REPORT_BYTES:
            break
        left.pop(name, None)
    return text
