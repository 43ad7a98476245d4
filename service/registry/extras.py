"""What is made of a job's result once somebody asks for it: in the line, as all work, and kept with the job's files."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

from pipeline.errors import EnhancementError
from service import jobs
from service.jobs import Outcome
from service.line.admission import Visit
from service.room import check_disk
from service.site import Site
from service.work import Handle, Progress

from .job import Job
from .registry import Registry, UnknownJobError


def wanted(site: Site, registry: Registry, job: Job, visit: Visit) -> Generator[Progress, None, tuple[Path, Outcome]]:
    """The file that was ordered, a video or a sound, and all that came of it; as `Registry.follow`."""
    made = yield from registry.follow(job)
    film = (yield from video(site, job, made, visit)) if job.order.as_video else None
    return film or made.after, made


def video(site: Site, job: Job, made: Outcome, visit: Visit) -> Generator[Progress, None, Path | None]:
    """The video that was uploaded, with the enhanced sound; None where there is none."""
    from service.media import video

    if (target := video.place(made)) is not None:
        size = job.order.source.stat().st_size if site.may_open(job.order.source) else 0
        yield from kept(
            site, job, target, lambda handle: video.make(handle, job.order, made, target), visit, "video", size
        )
    return target


def kept(
    site: Site,
    job: Job,
    target: Path,
    make: Callable[[Handle], None],
    visit: Visit,
    what: str,
    more_bytes: float = 0,
) -> Generator[Progress, None, None]:
    """See that `target` is there: made now, for whoever asks, unless somebody has asked for it before.

    what : it is called in log and metrics; more_bytes : that it takes beside the samples. Raises UnknownJobError if the
    job is forgotten meanwhile.
    """
    storage, order = site.storage, job.order

    def task(handle: Handle) -> None:
        if storage.owns(target):  # somebody else asked for it meanwhile
            return
        try:
            check_disk(storage.root, more_bytes)
            with storage.keeping(target.parent), storage.ledger.reserved(visit.visitor, more_bytes):
                make(handle)
                storage.give(target, visit.visitor)
        except (OSError, EnhancementError):
            if not target.parent.is_dir():  # the job was forgotten meanwhile
                raise UnknownJobError from None
            raise

    if not storage.owns(target):
        if not site.may_open(order.source):
            raise UnknownJobError
        yield from jobs.served(
            site, order.source, task, visit, what=what, writes=True, track=order.track, stretch=order.stretch
        )
