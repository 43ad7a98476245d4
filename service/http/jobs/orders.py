"""The routes of jobs: begin, look, cancel. See `service.registry`."""

from __future__ import annotations

import json
import math
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from pipeline.errors import SettingsError
from pipeline.files.formats import OUTPUT_NAMES, Encoding
from pipeline.files.stored import MOST_TRACKS
from pipeline.parameter import kinds, shown
from pipeline.settings import Settings
from service import jobs
from service.faults import as_answer
from service.http.refusals import RequestError
from service.line.admission import Visit
from service.media.examples import PREFIX, Example, examples
from service.registry.job import Job, State
from service.registry.registry import Registry
from service.site import Site

if TYPE_CHECKING:
    from pipeline.measures.report import Report

FRESH = {"Cache-Control": "no-store"}
MOST_NAME = 300  # letters
LONGEST_STRETCH_S = 60.0
FLAC_FRAME = 4096  # samples, as libsndfile writes them
KEYS = {"file", "preset", "settings", "output_format", "track", "stretch", "listens", "like", "name", *kinds(Encoding)}


@dataclass(frozen=True)
class JobRoutes:
    """Of one site."""

    site: Site
    registry: Registry

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/jobs", self.begin, methods=["POST"]),
            Route("/api/jobs/{token}", self.look, methods=["GET"]),
            Route("/api/jobs/{token}", self.end, methods=["DELETE"]),
        ]

    async def begin(self, request: Request) -> Response:
        """POST: begin what is ordered. 202 and the token."""
        asked = _asked(await request.body())
        visit = Visit(str(request.scope.get("visitor", "")))
        job = await run_in_threadpool(lambda: self.registry.start(self._order(asked, visit)))
        return JSONResponse({"job": job.token}, 202, FRESH)

    def _order(self, asked: dict[str, Any], visit: Visit) -> jobs.Order:
        """like : a job, whose recording is meant once more; without a file"""
        told = {name: value for name, value in asked.items() if value is not None}
        if "like" not in told:
            return order(self.site, told, visit)
        if "file" in told:
            raise SettingsError("Either file or like says which recording is meant, not both.")
        like = str(told.pop("like"))
        if like in examples():
            return order(self.site, {**told, "file": str(examples()[like].media.tracks["before"].copy.path)}, visit)
        earlier = self.registry.get(like)
        again = {"name": earlier.order.name, **told, "file": str(earlier.order.source)}
        found = replace(order(self.site, again, visit), track=earlier.order.track)
        outcome = earlier.now().outcome
        if found.stretch is None or outcome is None or outcome.media is None:
            return found
        # Of our own copy: there a stretch can begin at a sample.
        return replace(
            found, source=outcome.media.tracks["before"].copy.path, track=None, stretch=on_grid(found.stretch, outcome)
        )

    async def look(self, request: Request) -> Response:
        """GET: how the job stands."""
        if (example := examples().get(str(request.path_params["token"]))) is not None:
            return JSONResponse(_told_example(example), headers=FRESH)
        job = self.registry.get(str(request.path_params["token"]))
        return JSONResponse(self.told(job), headers=FRESH)

    async def end(self, request: Request) -> Response:
        """DELETE: cancel it, or forget it with its files once it has ended."""
        job = self.registry.get(str(request.path_params["token"]))
        if job.ended.is_set():
            await run_in_threadpool(self.registry.forget, job)
            return JSONResponse({"job": job.token, "state": "forgotten"}, headers=FRESH)
        job.cancel()
        return JSONResponse(self.told(job), headers=FRESH)

    def told(self, job: Job) -> dict[str, Any]:
        """The job as whoever knows its token may see it."""
        now, order = job.now(), job.order
        return {
            "job": job.token,
            "name": job.name,
            "created": job.created_s,
            "expires": None if math.isinf(job.ended_s) else job.ended_s + self.site.config.file_lifetime_s,
            "state": str(now.state),
            "stage": now.progress.text,
            "fraction": round(now.progress.fraction, 4),
            "left_s": _rounded(now.left_s),
            "before": now.progress.before,
            "wait_s": _rounded(self.registry.wait_s(job)),
            "settings": order.settings.flat(),
            "output_format": order.output_format,
            "track": order.track,
            "stretch": order.stretch,
            "error": None if now.error is None else as_answer(now.error),
            "media": _media(job),
            "result": None if now.outcome is None or now.state is not State.DONE else _result(now.outcome),
        }


def order(site: Site, told: dict[str, Any], visit: Visit) -> jobs.Order:
    """What a request asks for; what is left out is left out of `told`. Raises SettingsError and AudioError."""
    if unknown := sorted(set(told) - KEYS):
        raise SettingsError(f"{shown(unknown[0])} is not known.", suggestion=f"There are {', '.join(sorted(KEYS))}.")
    given = told.get("settings", {})
    if not isinstance(given, dict):
        raise SettingsError("settings must be an object: a value for each parameter that is not the preset's.")
    known = {name: value for name, value in given.items() if value is not None}
    form = told.get("output_format", OUTPUT_NAMES[0])
    return jobs.Order(
        jobs.uploaded(site, told.get("file")),
        Settings.from_flat(known, base=jobs.preset(told.get("preset", "default"))),
        form if isinstance(form, str) else shown(form),
        Encoding(**{name: told[name] for name in kinds(Encoding) if name in told}),
        visit,
        track_number(told.get("track")),
        _stretch(told.get("stretch")),
        told.get("listens") is True,
        _name(told.get("name")),
    )


def _name(value: Any) -> str | None:
    """What the visitor calls the recording. Raises SettingsError."""
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > MOST_NAME:
        raise SettingsError(f"name must be a text of at most {MOST_NAME} letters.")
    return "".join(letter for letter in value if unicodedata.category(letter)[0] != "C") or None


def track_number(value: Any) -> int | None:
    """0 and null mean the file's own choice. Raises SettingsError."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1 or value < 0:
        raise SettingsError(f"track must be a whole number, 0 or more, not {shown(value)}.")
    return min(int(value), MOST_TRACKS + 1) or None


def flag(name: str, value: Any) -> bool:
    """Null means false. Raises SettingsError."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise SettingsError(f"{name} must be true or false, not {shown(value)}.")
    return value


def _stretch(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    numbers = value if isinstance(value, list) else []
    if len(numbers) != 2 or not all(type(one) in (int, float) and math.isfinite(one) for one in numbers):
        raise SettingsError("stretch must be [start, length], in seconds.")
    start_s, length_s = map(float, numbers)
    if start_s < 0 or not 0.1 <= length_s <= LONGEST_STRETCH_S:
        raise SettingsError(f"A stretch starts at 0 s or later and lasts 0.1 to {LONGEST_STRETCH_S:.0f} s.")
    return start_s, length_s


def _told_example(example: Example) -> dict[str, Any]:
    """As a finished job, which nobody need cancel and which does not expire."""
    token = f"{PREFIX}{example.name}"
    after = example.media.tracks["after"].copy.path
    result = {**example.told["result"], "name": f"{example.name}.clean.flac", "bytes": after.stat().st_size}
    nothing = {"error": None, "stretch": None, "track": None, "expires": None, "left_s": None, "wait_s": None}
    now = {"job": token, "state": "done", "stage": "Done", "fraction": 1.0, "before": 0, "created": 0.0}
    return {**nothing, **now, **example.told, "result": result, "media": example.media.told(f"api/jobs/{token}")}


def _media(job: Job) -> dict[str, Any] | None:
    """Addresses are relative to the page."""
    outcome = job.now().outcome
    return None if outcome is None or outcome.media is None else outcome.media.told(f"api/jobs/{job.token}")


def on_grid(stretch: tuple[float, float], outcome: jobs.Outcome) -> tuple[float, float]:
    """Where FLAC's frames begin, which is where decoding can."""
    rate = outcome.report.before.sample_rate
    return int(stretch[0] * rate) // FLAC_FRAME * FLAC_FRAME / rate, stretch[1]


def _result(outcome: jobs.Outcome) -> dict[str, Any]:
    return {
        "name": outcome.name_of(outcome.after),
        "file": str(outcome.after),
        "removed": str(outcome.removed),
        "bytes": outcome.after.stat().st_size if outcome.after.exists() else 0,
        "video": bool(outcome.video),
        **summary(outcome.report),
    }


def summary(report: Report) -> dict[str, Any]:
    """What was done, in words and numbers."""
    return {
        "verdict": report.verdict,
        "parts": report.changes,
        "said": list(report.sentences()),
        "rows": report.rows(),
        "report": report.as_dict(),
    }


def _asked(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as fault:
        raise RequestError(400, "The request is no JSON.") from fault
    if not isinstance(found, dict):
        raise RequestError(400, "The request is no JSON object.")
    return found


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
