"""The page's own scripts, styles and words: files of `assets/page`, and nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from service.site import ASSETS

from .refusals import RequestError

PAGE = ASSETS / "page"
KINDS = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


def route() -> Route:
    """GET of one of them. The browser asks each time whether it is still the same: an update is seen at once."""
    known = {path.relative_to(PAGE).as_posix(): path for path in PAGE.rglob("*") if path.suffix in KINDS}

    async def part(request: Request) -> Response:
        path = known.get(str(request.path_params["name"]))
        if path is None:
            raise RequestError(404, "The page has no such part.")
        tag = f'"{_digest(path)}"'
        headers = {"Cache-Control": "no-cache", "ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return FileResponse(path, media_type=KINDS[path.suffix], headers=headers)

    return Route("/page/{name:path}", part, methods=["GET", "HEAD"])


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
