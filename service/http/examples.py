"""The route that hands out the example recordings as they were before, for whoever tries the API."""

from __future__ import annotations

from functools import cache

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from service.site import EXAMPLES, examples

from .downloads import SHOWN
from .refusals import RequestError


@cache
def recordings() -> tuple[str, ...]:
    """Their names, the shortest first."""
    found = sorted((path.stat().st_size, path.stem) for path in examples() if path.suffix == ".flac")
    return tuple(name for _, name in found)


def address(name: str) -> str:
    """Of one of them, below the page's."""
    return f"/api/examples/{name}.flac"


def route() -> Route:
    """GET of one of them."""

    async def example(request: Request) -> Response:
        name = str(request.path_params["name"])
        if name not in recordings():
            raise RequestError(404, "There is no such example.", suggestion=f"There are {', '.join(recordings())}.")
        path = EXAMPLES / f"{name}.flac"
        return FileResponse(path, media_type=SHOWN[path.suffix], filename=path.name)

    return Route("/api/examples/{name}.flac", example, methods=["GET", "HEAD"])
