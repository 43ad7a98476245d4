"""What a request does, in its thread: load, enhance, save. Used by the page and by the API."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pipeline
import runtime_setup
from pipeline import warm_up
from pipeline.errors import AudioError, SettingsError
from pipeline.files.formats import OUTPUT_NAMES, PLAYABLE, AudioShape, Encoding
from pipeline.files.limits import STRANGERS, Limits
from pipeline.parameter import shown
from pipeline.presets import PRESETS
from pipeline.settings import Settings

from . import spectrograms
from .line.admission import OURSELVES, Ticket, Visit
from .line.attention import attended, until_heard
from .room import check_disk
from .site import Site
from .storage import refused_path, safe_stem
from .work import STEP_S, Handle, Progress, Work

if TYPE_CHECKING:
    from pipeline import Report
    from pipeline.stream.source import Source


T = TypeVar("T")
Weighed = Callable[[float], None]
# In bytes written for a byte of samples as float32: the result, as deep as the recording, and what was removed are
# kept; the samples wait in a temporary file meanwhile.
KEPT_OF_SAMPLES, DISK_FOR_SAMPLES = 1.75, 2.75
LEAST_BITS_PER_S = 16_000.0  # of sound whose file does not say how long it is: speech by telephone


@dataclass(frozen=True)
class Order:
    """What is wanted: the file, the settings, the format of the result and how it is encoded; who wants it; which sound
    track of the file is meant, None for the usual one; and which part of it, (start, length) in seconds, None for all.
    """

    source: Path
    settings: Settings
    output_format: str = "wav"
    encoding: Encoding = field(default_factory=Encoding)
    visit: Visit = field(default_factory=Visit)
    track: int | None = None
    stretch: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.output_format not in OUTPUT_NAMES:
            raise SettingsError(
                f"The output format {shown(self.output_format)} is not known.",
                suggestion=f"Use one of {', '.join(OUTPUT_NAMES)}.",
            )


@dataclass(frozen=True)
class Outcome:
    """The recording before and after and what was removed, as files to play; `source` is what was uploaded."""

    folder: Path
    before: Path
    after: Path
    removed: Path
    report: Report
    source: Path
    track: int | None = None


def until_turn(ticket: Ticket) -> Iterator[Progress]:
    """While others are before this request, or the warm-up still runs: who comes early waits, and is not failed."""
    while before := ticket.before():
        recordings = "recording is" if before == 1 else "recordings are"
        yield Progress(0.0, f"Waiting: {before} {recordings} before yours.", before)
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
    writes: bool = False,
    track: int | None = None,
    stretch: tuple[float, float] | None = None,
    weighed: Weighed = lambda _: None,
) -> Generator[Progress, None, T]:
    """From an upload to what `task` makes of it, for the page and for programs alike: keep it, wait in the queue, work.

    Yields how far it is. Whoever closes the generator (a visitor cancelled, or left) stops the work. What it held, its
    place in the line too, is free again once the work has really stopped. Raises what fails.

    writes : `task` writes an enhanced recording, for which there must be room
    track, stretch : which sound track of the upload is meant, and which part
    weighed : told how many bytes of samples it is, once somebody has looked
    """
    yield from until_heard(site, visit)

    def look(handle: Handle) -> float:
        return claimed_bytes(site, source, handle, track, stretch)

    return (yield from attended(_served(site, source, (look, task), visit, weighed, writes=writes), visit))


def _served(
    site: Site,
    source: Path,
    tasks: tuple[Callable[[Handle], float], Callable[[Handle], T]],
    visit: Visit,
    weighed: Weighed,
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
        ticket.weigh(look.result())
        weighed(look.result())
        if writes:
            check_disk(site.storage.root, DISK_FOR_SAMPLES * look.result())
            held.enter_context(site.storage.ledger.reserved(visit.visitor, KEPT_OF_SAMPLES * look.result()))
        yield from until_turn(ticket)
        running = work = Work(tasks[1])
        yield from work.progress()
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
    seconds = recording.claimed_s
    if seconds is None:
        seconds = source.stat().st_size * 8 / LEAST_BITS_PER_S
    return min(limits.max_decoded_bytes, 4.0 * seconds * recording.sample_rate * recording.channels)


def serve_one(site: Site, order: Order, weighed: Weighed = lambda _: None) -> Generator[Progress, None, Outcome]:
    """The enhancement that was ordered; as `served`."""
    return served(
        site, order.source, lambda handle: enhance(handle, site, order), order.visit,
        writes=True, track=order.track, stretch=order.stretch, weighed=weighed,
    )  # fmt: skip


def cancelled() -> pipeline.Cancelled:
    """Made anew each time: an exception that is raised keeps the frames that it went through."""
    return pipeline.Cancelled("The enhancement was cancelled.")


def preset(name: object) -> Settings:
    """Raises SettingsError for a name that is not a preset."""
    if not isinstance(name, str) or name not in PRESETS:
        raise SettingsError(f"Unknown preset: {shown(name)}.", suggestion=f"Use one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def uploaded(site: Site, path: object) -> Path:
    """The file, if it is one that this server was given. Raises AudioError."""
    if not isinstance(path, str) or not site.may_open(path):
        raise refused_path()
    return Path(path)


def enhance(handle: Handle, site: Site, order: Order) -> Outcome:
    """From file to file. What was written is removed again when this fails or is cancelled; so is a file that is
    no recording, for nobody can use it."""
    from pipeline.files.decode import Recording

    folder, stem = site.storage.new_folder(), safe_stem(order.source.name)
    after, removed = folder / f"{stem}.clean.{order.output_format}", folder / f"{stem}.removed.flac"
    try:
        handle.report(0.01, "Reading the recording")
        limits = strangers()
        original = Recording(order.source, limits, handle.cancelled, track=order.track, stretch=order.stretch)
        with site.storage.keeping(folder):
            report = pipeline.enhance_file(
                order.source, after, order.settings, subtype=order.encoding.subtype,
                bitrate_kbps=order.encoding.bitrate_kbps, removed=removed, temporary=folder,
                limits=limits, track=order.track, stretch=order.stretch, progress=handle.between(0.02, 0.96),
                cancelled=handle.cancelled,
            )  # fmt: skip
        before = order.source
        is_part = order.track is not None or order.stretch is not None  # players take the whole, and the usual track
        if before.suffix.lower() not in PLAYABLE or is_part:
            handle.report(0.97, "Saving")
            before = folder / f"{stem}.original.flac"
            _copied(original, before, handle)
        if handle.cancelled():
            raise cancelled()
        for path in folder.iterdir():
            site.storage.give(path, order.visit.visitor)
    except BaseException as fault:
        shutil.rmtree(folder, ignore_errors=True)
        discard_useless(site, order.source, fault)
        raise
    return Outcome(folder, before, after, removed, report, order.source, order.track)


def draw(site: Site, outcome: Outcome, style: spectrograms.PictureStyle, visit: Visit) -> tuple[str, str]:
    """Spectrograms of the recording before and after, as files."""
    from pipeline.files.decode import Recording

    measured = outcome.report.before
    samples = round(measured.duration_s * measured.sample_rate)
    before = Recording(outcome.source, strangers(), track=outcome.track)
    with site.storage.keeping(outcome.source), site.storage.keeping(outcome.folder):
        drawn = spectrograms.draw_pair(before, Recording(outcome.after), samples, outcome.folder, style)
        for path in drawn:
            site.storage.give(Path(path), visit.visitor)
    return drawn


def _copied(original: Source, target: Path, handle: Handle) -> None:
    """The recording in a format that browsers play."""
    from pipeline.files.encode import Writer

    with Writer(target, AudioShape(original.sample_rate, original.channels, 0)) as writer:
        for block in original.blocks():
            if handle.cancelled():
                raise cancelled()
            writer.write(block)


def analyze(handle: Handle, site: Site, source: Path) -> dict[str, Any]:
    """The measures of a recording."""
    from pipeline.files.decode import Recording
    from pipeline.measures.analysis import analyze_blocks

    def go_on() -> None:
        if handle.cancelled():
            raise pipeline.Cancelled("The analysis was cancelled.")

    handle.report(0.0, "Measuring the recording")
    try:
        recording = Recording(source, strangers(), handle.cancelled)
        found = analyze_blocks(recording.blocks(), recording.sample_rate, recording.channels, go_on)
        return found.as_dict() | {"remarks": list(recording.remarks)}
    except AudioError as fault:
        discard_useless(site, source, fault)
        raise


def discard_useless(site: Site, source: Path, fault: BaseException) -> None:
    """Remove an upload that turned out not to be a recording."""
    if isinstance(fault, AudioError) and site.storage.owns(source):
        site.storage.discard(source)
