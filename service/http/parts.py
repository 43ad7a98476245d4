"""The page's own scripts, styles and words: files of `assets/page`, and nothing else."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response
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
        content = path.read_bytes()
        packs = path.suffix != ".png" and "gzip" in request.headers.get("accept-encoding", "")
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}{"-gzip" * packs}"'
        headers = {"Cache-Control": "no-cache", "ETag": tag, "Vary": "Accept-Encoding"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        if packs:
            content, headers = _packed(content), {**headers, "Content-Encoding": "gzip"}
        return Response(content, media_type=KINDS[path.suffix], headers=headers)

    return Route("/page/{name:path}", part, methods=["GET", "HEAD"])


@lru_cache(maxsize=256)
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)
