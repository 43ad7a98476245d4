"""From an upload to what a task makes of it: keep it, wait for a turn, work."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import pipeline
import runtime_setup
from pipeline import warm_up
from pipeline.errors import AudioError
from pipeline.files.limits import STRANGERS, Limits
from service.line.admission import OURSELVES, Ticket, Visit
from service.line.attention import attended, until_heard
from service.operation.tally import Entry
from service.site import Site
from service.work import STEP_S, Handle, Progress, Work

T = TypeVar("T")
Weighed = Callable[[float], None]
# In bytes written for a byte of samples as float32: the result, as deep as the recording, what was removed, and the
# recording itself to be listened to are kept; the samples wait in a temporary file meanwhile.
KEPT_OF_SAMPLES, DISK_FOR_SAMPLES = 2.25, 3.25
LEAST_BITS_PER_S = 16_000.0  # of sound whose file does not say how long it is: speech by telephone


def until_turn(ticket: Ticket) -> Iterator[Progress]:
    """While others are before this request, or the warm-up still runs: who comes early waits, and is not failed."""
    while before := ticket.before():
        said = "Waiting: 1 recording is before yours."
        if before > 1:
            said = f"Waiting: {before} recordings are before yours."
        yield Progress(0.0, said, before)
        time.sleep(STEP_S)
    while runtime_setup.warm_up_status()["state"] == "running" and not warm_up.kernels_ready.is_set():
        yield Progress(0.0, "Preparing the engine (first start)…")
        runtime_setup.wait_until_ready(STEP_S)


def served(
    site: Site,
    source: Path,
    task: Callable[[Handle], T],
    visit: Visit = OURSELVES,
    *,
    what: str = "analyze",
    writes: bool = False,
    track: int | None = None,
    stretch: tuple[float, float] | None = None,
    weighed: Weighed = lambda _: None,
) -> Generator[Progress, None, T]:
    """From an upload to what `task` makes of it, for the page and for programs alike: keep it, wait in the queue, work.

    Yields how far it is. Whoever closes the generator (a visitor cancelled, or left) stops the work. What it held, its
    place in the line too, is free again once the work has really stopped. Raises what fails.

    what : the task is called in log and metrics
    writes : `task` writes an enhanced recording, for which there must be room
    track, stretch : which sound track of the upload is meant, and which part
    weighed : told how many bytes of samples it is, once somebody has looked
    """

    def look(handle: Handle) -> float:
        return claimed_bytes(site, source, handle, track, stretch)

    with site.drain.working(), site.tally.entry(what) as entry:
        yield from until_heard(site, visit)
        work = _served(site, source, (look, task), visit, weighed, entry, writes=writes)
        return (yield from attended(work, visit))


def _served(
    site: Site,
    source: Path,
    tasks: tuple[Callable[[Handle], float], Callable[[Handle], T]],
    visit: Visit,
    weighed: Weighed,
    entry: Entry,
    *,
    writes: bool,
) -> Generator[Progress, None, T]:
    site.storage.ledger.check_room(visit.visitor)
    running: Work[Any] | None = None
    held = ExitStack()
    try:
        held.enter_context(site.storage.keeping(source))
        ticket = held.enter_context(site.queue.ticket(visit.visitor))
        running = look = Work(tasks[0])
        yield from look.progress()
        entry.sound_s = look.sound_s
        ticket.weigh(look.result())
        weighed(look.result())
        if writes:
            site.make_room(DISK_FOR_SAMPLES * look.result())
            held.enter_context(site.storage.ledger.reserved(visit.visitor, KEPT_OF_SAMPLES * look.result()))
        yield from until_turn(ticket)
        entry.turn()
        running = work = Work(tasks[1])
        yield from work.progress()
        entry.sound_s = work.sound_s or entry.sound_s
        return work.result()
    finally:
        if running is None:
            held.close()
        else:
            running.when_stopped(held.close)


def strangers() -> Limits:
    """The limits for whatever was uploaded."""
    return Limits.from_environment(STRANGERS)


def claimed_bytes(
    site: Site,
    source: Path,
    handle: Handle,
    track: int | None = None,
    stretch: tuple[float, float] | None = None,
) -> float:
    """What the recording's samples fill, as far as its file says; raises what cannot be read at all."""
    from pipeline.files.decode import Recording

    limits = strangers()
    with site.looking:
        try:
            recording = Recording(source, limits, handle.cancelled, track=track, stretch=stretch)
        except AudioError as fault:
            discard_useless(site, source, fault)
            raise
    handle.sound_s = seconds = recording.claimed_s
    if seconds is None:
        seconds = source.stat().st_size * 8 / LEAST_BITS_PER_S
    return min(limits.max_decoded_bytes, 4.0 * seconds * recording.sample_rate * recording.channels)


def cancelled() -> pipeline.Cancelled:
    """Made anew each time: an exception that is raised keeps the frames that it went through."""
    return pipeline.Cancelled("The enhancement was cancelled.")


def go_on(handle: Handle) -> None:
    """Raises Cancelled where nobody wants the work any more."""
    if handle.cancelled():
        raise cancelled()


def discard_useless(site: Site, source: Path, fault: BaseException) -> None:
    """Remove an upload that turned out not to be a recording."""
    if isinstance(fault, AudioError) and site.storage.owns(source):
        site.storage.discard(source)
