"""The route that hands out files: uploads, results, examples; to whoever knows their name."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from service.site import Site
from service.storage import refused_path

from .refusals import RequestError, answer

# What a browser may show in its place. Everything else it only stores, whatever it is called: a page among the uploads
# would run in our name.
SHOWN = {
    ".wav": "audio/wav", ".flac": "audio/flac", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".opus": "audio/ogg",
    ".m4a": "audio/mp4", ".aac": "audio/aac", ".webm": "audio/webm", ".png": "image/png",
    ".mp4": "video/mp4", ".mov": "video/quicktime",
}  # fmt: skip
STORED = "application/octet-stream"


async def download(site: Site, request: Request) -> Response:
    """GET and HEAD of a file. `request.path_params["path"]` : its name, as the upload or the result gave it."""
    path = str(request.path_params["path"])
    refused = refused_path()
    try:
        found = Path(path).stat() if site.may_open(path) else None
    except OSError:  # removed since
        found = None
    if found is None:
        return answer(RequestError(404, refused.message, suggestion=refused.suggestion))
    kind = SHOWN.get(Path(path).suffix.lower())
    return FileResponse(
        path, media_type=kind or STORED, filename=Path(path).name, stat_result=found,
        content_disposition_type="inline" if kind else "attachment",
        headers={"Cache-Control": "private, max-age=3600", "Content-Security-Policy": "sandbox"},
    )  # fmt: skip
