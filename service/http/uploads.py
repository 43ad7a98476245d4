"""The route that takes files, and the one that tells how far an upload is. Nothing stays of an upload that fails."""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from service.room import check_disk
from service.site import Site
from service.storage import NoStorageError

from .multipart import FilesOfForm, boundary_of
from .refusals import RequestError, answer

UPLOAD_ID = re.compile(r"[\w-]{1,64}")
REMEMBERED = 256  # uploads that are done
STEP_S, WAIT_S, HEARTBEAT_S = 0.1, 3.0, 15.0


class Progress:
    """Of uploads that have an id: what arrived since somebody last asked. Small ones are done before anybody does."""

    def __init__(self) -> None:
        self._running: dict[str, tuple[str, int]] = {}
        self._done: deque[str] = deque(maxlen=REMEMBERED)

    def begin(self, upload_id: str) -> None:
        self._running.setdefault(upload_id, ("", 0))

    def add(self, upload_id: str, name: str, size: int) -> None:
        if upload_id in self._running:
            self._running[upload_id] = name, self._running[upload_id][1] + size

    def end(self, upload_id: str) -> None:
        if self._running.pop(upload_id, None) is not None:
            self._done.append(upload_id)

    def runs(self, upload_id: str) -> bool:
        return upload_id in self._running

    def knows(self, upload_id: str) -> bool:
        return self.runs(upload_id) or upload_id in self._done

    def take(self, upload_id: str) -> tuple[str, int]:
        """Name and bytes since the last time; 0 bytes = nothing new."""
        name, size = self._running[upload_id]
        self._running[upload_id] = name, 0
        return name, size


async def upload(site: Site, progress: Progress, request: Request) -> Response:
    """POST of a form with files. Answers their names, to be used in calls."""
    upload_id = request.query_params.get("upload_id", "")
    with ExitStack() as kept:

        def begun() -> None:
            if UPLOAD_ID.fullmatch(upload_id):
                progress.begin(upload_id)
                kept.callback(progress.end, upload_id)

        entry = kept.enter_context(site.tally.entry("upload"))
        entry.turn()
        form = await received(site, request, begun, lambda name, size: progress.add(upload_id, name, size))
        entry.stored_bytes = sum(path.stat().st_size for path in form.files)
    return JSONResponse([str(path) for path in form.files])


async def received(
    site: Site,
    request: Request,
    begun: Callable[[], None] = lambda: None,
    arrived: Callable[[str, int], None] = lambda *_: None,
) -> FilesOfForm:
    """The form of a request, its files in the storage, as the visitor's.

    begun : called once there is room for it; arrived : told a file's name and how many bytes more of it are there
    """
    if not site.storage.usable:
        raise NoStorageError
    visitor = str(request.scope.get("visitor", ""))
    form = FilesOfForm(
        boundary_of(request.headers.get("content-type", "")),
        site.config.max_upload_bytes,
        lambda: site.storage.new_folder("in"),
        arrived,
    )
    await run_in_threadpool(_check_room, site, visitor, request.headers.get("content-length", ""))
    begun()
    try:
        await form.read(request.stream())
        for path in form.files:
            site.storage.ledger.check_room(visitor, path.stat().st_size)
            site.storage.give(path, visitor)
    except BaseException:
        for path in form.files:
            site.storage.discard(path)
        raise
    return form


def _check_room(site: Site, visitor: str, length: str) -> None:
    size = int(length) if length.isascii() and length.isdigit() else 0
    site.storage.ledger.check_room(visitor, size)
    check_disk(site.storage.root, size)


async def upload_progress(progress: Progress, request: Request) -> Response:
    """GET how far an upload is, as server-sent events in Gradio's words."""
    upload_id = request.query_params.get("upload_id", "")
    for _ in range(round(WAIT_S / STEP_S)):  # it may be asked for before the upload's own request is here
        if progress.knows(upload_id):
            return StreamingResponse(_events(progress, upload_id), media_type="text/event-stream")
        await asyncio.sleep(STEP_S)
    return answer(RequestError(404, "There is no such upload."))


async def _events(progress: Progress, upload_id: str) -> AsyncIterator[str]:
    quiet_s = 0.0
    while progress.runs(upload_id):
        name, size = progress.take(upload_id)
        if size:
            yield _event(msg="update", orig_name=name, chunk_size=size)
            quiet_s = 0.0
        elif quiet_s > HEARTBEAT_S:
            yield _event(msg="heartbeat")
            quiet_s = 0.0
        await asyncio.sleep(STEP_S)
        quiet_s += STEP_S
    yield _event(msg="done")


def _event(**message: str | int) -> str:
    return f"data: {json.dumps(message)}\n\n"
