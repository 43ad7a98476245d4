"""The JSON routes, GET and HEAD: `/health`, `/api/diagnostics`; and what an upload gets when nothing can be stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from .faults import as_answer
from .health import diagnostics, health
from .site import Site
from .storage import NoStorageError

METHODS = ["GET", "HEAD"]
FRESH = {"Cache-Control": "no-store"}


async def answer_fault(_: Request, fault: Exception) -> Response:
    """What a request gets that is refused before it becomes work."""
    answer = as_answer(fault)
    return JSONResponse(answer, int(answer["status"]))


def routes(site: Site) -> list[BaseRoute]:
    """In front of Gradio's own."""

    async def answer_health(_: Request) -> Response:
        return JSONResponse(health(site), headers=FRESH)

    async def answer_diagnostics(_: Request) -> Response:
        return JSONResponse(await run_in_threadpool(diagnostics, site), headers=FRESH)

    async def answer_upload(_: Request) -> Response:
        return await answer_fault(_, NoStorageError())

    def route(path: str, endpoint: Callable[[Request], Awaitable[Response]], methods: list[str]) -> Route:
        return Route(path, endpoint, methods=methods)

    found: list[BaseRoute] = [
        route("/health", answer_health, METHODS),
        route("/api/diagnostics", answer_diagnostics, METHODS),
    ]
    if not site.storage.usable:
        found.append(route("/gradio_api/upload", answer_upload, ["POST"]))
    return found
