"""Work that nobody listens to takes no place, and ends."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import TypeVar

from pipeline.errors import EnhancementError
from service.site import Site
from service.work import STEP_S, Progress, mapped

from .admission import Visit

T = TypeVar("T")

PATIENCE_S = 10.0  # between asking and listening, and while a connection is lost and made again


class UnheardError(EnhancementError):
    """Nobody listened to the work that was asked for."""

    status = 408

    def __init__(self) -> None:
        super().__init__(
            "Nobody listened to this work, so it was ended.",
            suggestion="Read the stream of events until the result is there (gradio_client does).",
        )


def until_heard(site: Site, visit: Visit) -> Generator[Progress, None, None]:
    """Wait until somebody listens. Raises UnheardError, and TooManyError if too many wait for that."""
    if visit.listening():
        return
    deadline = time.monotonic() + PATIENCE_S
    with site.unheard.one(visit.visitor):
        while not visit.listening():
            if time.monotonic() > deadline:
                raise UnheardError
            yield Progress(0.0, "")
            time.sleep(STEP_S)


def attended(work: Generator[Progress, None, T], visit: Visit) -> Generator[Progress, None, T]:
    """`work`, which ends when nobody has listened for a while. Raises UnheardError."""
    last = time.monotonic()

    def watched(now: Progress) -> Progress:
        nonlocal last
        if visit.listening():
            last = time.monotonic()
        elif time.monotonic() - last > PATIENCE_S:
            raise UnheardError
        return now

    return (yield from mapped(work, watched))
