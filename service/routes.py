"""The JSON routes, GET and HEAD: `/health`, `/api/diagnostics`; and what an upload gets when nothing can be stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

import runtime_setup

from .faults import explain
from .site import Site
from .storage import ADVICE, NoStorageError

METHODS = ["GET", "HEAD"]
FRESH = {"Cache-Control": "no-store"}
RESTART = "Mend what the detail names and restart: weights are chosen once. Without DENOISER_REPO the app uses its own."


def health(site: Site) -> dict[str, Any]:
    """Cheap enough for an async route: no work, no lock."""
    found = runtime_setup.health()
    return found if site.storage.usable else {**found, "status": "degraded"}


def diagnostics(site: Site) -> dict[str, Any]:
    """Everything the checks find. Takes a moment: not for the event loop."""
    from pipeline.neural import chosen  # brings numba and SciPy, which the start must not wait for

    directories = site.storage.directories() if site.storage.usable else None
    denoiser = chosen.status()
    found = runtime_setup.diagnostics(directories=directories, denoiser=denoiser)
    more = [_storage_check(site), _denoiser_check(denoiser)]
    return {
        **found,
        "status": found["status"] if all(check["ok"] for check in more) else "degraded",
        "environment": {**found["environment"], "DENOISER_REPO": chosen.repository()},
        "checks": [*found["checks"], *more],
    }


def _storage_check(site: Site) -> dict[str, Any]:
    return {
        "name": "file storage",
        "ok": site.storage.usable,
        "detail": str(site.storage.root) if site.storage.usable else "no directory can be written",
        "suggestion": "" if site.storage.usable else ADVICE,
    }


def _denoiser_check(denoiser: dict[str, Any]) -> dict[str, Any]:
    seen = f"{denoiser['name']}, {denoiser['source']}" if denoiser["source"] else denoiser["state"]
    return {
        "name": "denoiser",
        "ok": not denoiser["warnings"],
        "detail": " ".join(denoiser["warnings"]) or seen,
        "suggestion": RESTART if denoiser["warnings"] else "",
    }


async def answer_fault(_: Request, fault: Exception) -> Response:
    """What a request gets that is refused before it becomes work."""
    error = explain(fault)
    return JSONResponse(error.as_dict(), error.status)


def routes(site: Site) -> list[BaseRoute]:
    """In front of Gradio's own."""

    async def answer_health(_: Request) -> Response:
        return JSONResponse(health(site), headers=FRESH)

    async def answer_diagnostics(_: Request) -> Response:
        return JSONResponse(await run_in_threadpool(diagnostics, site), headers=FRESH)

    async def answer_upload(_: Request) -> Response:
        refusal = NoStorageError()
        return JSONResponse(refusal.as_dict(), refusal.status)

    def route(path: str, endpoint: Callable[[Request], Awaitable[Response]], methods: list[str]) -> Route:
        return Route(path, endpoint, methods=methods)

    found: list[BaseRoute] = [
        route("/health", answer_health, METHODS),
        route("/api/diagnostics", answer_diagnostics, METHODS),
    ]
    if not site.storage.usable:
        found.append(route("/gradio_api/upload", answer_upload, ["POST"]))
    return found
