"""Our routes: what the site says of itself, jobs, and files in and out. They stand in front of Gradio's."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from service.health import diagnostics, health, readiness
from service.operation import metrics
from service.registry.registry import Registry
from service.site import Site

from . import examples, parts
from .downloads import download
from .jobs.listening import MediaRoutes
from .jobs.one_request import EnhanceRoute
from .jobs.orders import JobRoutes
from .jobs.results import ResultRoutes
from .refusals import RequestError
from .uploads import Progress, upload, upload_progress

METHODS = ["GET", "HEAD"]
FRESH = {"Cache-Control": "no-store"}


def routes(site: Site, registry: Registry) -> list[BaseRoute]:
    """For the application that serves `site`."""
    progress = Progress()

    async def answer_health(_: Request) -> Response:
        return JSONResponse(health(site), headers=FRESH)

    async def answer_ready(_: Request) -> Response:
        found = readiness(site)
        return JSONResponse(found, 200 if found["ready"] else 503, FRESH)

    async def answer_metrics(request: Request) -> Response:
        if not site.config.metrics:
            raise RequestError(404, "This server shows no metrics.", suggestion="Whoever runs it can set METRICS=1.")
        body, kind = await run_in_threadpool(metrics.shown, site, request.headers.get("accept", ""))
        return Response(body, headers={**FRESH, "Content-Type": kind})

    looking = asyncio.Lock()

    async def answer_diagnostics(_: Request) -> Response:
        async with looking:  # one at a time: it reads and writes on the disk
            return JSONResponse(await run_in_threadpool(diagnostics, site), headers=FRESH)

    async def answer_upload(request: Request) -> Response:
        return await upload(site, progress, request)

    async def answer_upload_progress(request: Request) -> Response:
        return await upload_progress(progress, request)

    async def answer_download(request: Request) -> Response:
        return await download(site, request)

    return [
        Route("/health", answer_health, methods=METHODS),
        Route("/ready", answer_ready, methods=METHODS),
        Route("/metrics", answer_metrics, methods=METHODS),
        Route("/api/diagnostics", answer_diagnostics, methods=METHODS),
        Route("/gradio_api/upload", answer_upload, methods=["POST"]),
        Route("/gradio_api/upload_progress", answer_upload_progress, methods=["GET"]),
        Route("/gradio_api/file={path:path}", answer_download, methods=METHODS),
        *JobRoutes(site, registry).routes(),
        *MediaRoutes(registry).routes(),
        *ResultRoutes(site, registry).routes(),
        *EnhanceRoute(site, registry).routes(),
        examples.route(),
        parts.route(),
    ]
