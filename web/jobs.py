"""What a request does, in its thread: load, enhance, save. Used by the page and by the API."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pipeline
import runtime_setup
from pipeline import warm_up
from pipeline.errors import AudioError, SettingsError
from pipeline.formats import form_of
from pipeline.settings import PRESETS, Settings

from .doors import refused_path
from .site import Site
from .storage import safe_stem
from .turns import Ticket
from .work import STEP_S, Handle, Progress

FORMATS = ("wav", "flac", "mp3", "ogg", "opus")
PLAYABLE = {".wav", ".mp3", ".flac", ".ogg", ".oga", ".opus", ".m4a", ".webm", ".mp4"}
"""What every current browser plays; anything else is shown to it as FLAC."""


@dataclass(frozen=True)
class Order:
    """What is wanted: the file, the settings, the format of the result."""

    source: Path
    settings: Settings
    output_format: str = "wav"

    def __post_init__(self) -> None:
        if self.output_format not in FORMATS:
            raise SettingsError(
                f"The output format {self.output_format!r:.20} is not known.",
                suggestion=f"Use one of {', '.join(FORMATS)}.",
            )


@dataclass(frozen=True)
class Outcome:
    """The recording before and after, as files to play and as samples to draw."""

    folder: Path
    before: Path
    after: Path
    report: Any
    original: Any
    enhanced: Any


def until_turn(ticket: Ticket) -> Iterator[Progress]:
    """While others are before this request, or the warm-up still runs: who comes early waits, and is not failed."""
    while before := ticket.before():
        recordings = "recording is" if before == 1 else "recordings are"
        yield Progress(0.0, f"Waiting: {before} {recordings} before yours.")
        time.sleep(STEP_S)
    while runtime_setup.warm_up_status()["state"] == "running" and not warm_up.kernels_ready.is_set():
        yield Progress(0.0, "Preparing the engine (first start)…")
        runtime_setup.wait_until_ready(STEP_S)


def preset(name: object) -> Settings:
    """Raises SettingsError for a name that is not a preset."""
    if not isinstance(name, str) or name not in PRESETS:
        raise SettingsError(f"Unknown preset: {name!r:.40}.", suggestion=f"Use one of {', '.join(PRESETS)}.")
    return PRESETS[name]


def uploaded(site: Site, path: object) -> Path:
    """The file, if it is one that this server was given. Raises AudioError."""
    if not isinstance(path, str) or not site.may_open(path):
        raise refused_path()
    return Path(path)


def enhance(handle: Handle, site: Site, order: Order) -> Outcome:
    """Load, enhance, save. What was written is removed again when this fails or is cancelled; so is a file that is
    no recording, for nobody can use it."""
    folder = site.storage.new_folder()
    try:
        handle.report(0.01, "Reading the recording")
        original = pipeline.load(order.source)
        form_of(f".{order.output_format}", original)  # a format that cannot hold it is told before the work
        result = pipeline.enhance(
            original, order.settings, progress=handle.between(0.05, 0.93), cancelled=handle.cancelled
        )
        handle.report(0.94, "Saving")
        after = folder / f"{safe_stem(order.source.name)}.clean.{order.output_format}"
        pipeline.save(after, result.audio)
        before = order.source
        if before.suffix.lower() not in PLAYABLE:
            before = folder / f"{safe_stem(order.source.name)}.original.flac"
            pipeline.save(before, original)
        if handle.cancelled():
            raise pipeline.Cancelled("The enhancement was cancelled.")
    except BaseException as fault:
        shutil.rmtree(folder, ignore_errors=True)
        discard_useless(site, order.source, fault)
        raise
    return Outcome(folder, before, after, result.report, original, result.audio)


def analyze(site: Site, source: Path) -> dict[str, Any]:
    """The measures of a recording."""
    try:
        return pipeline.analyze(pipeline.load(source)).as_dict()
    except AudioError as fault:
        discard_useless(site, source, fault)
        raise


def discard_useless(site: Site, source: Path, fault: BaseException) -> None:
    """Remove an upload that turned out not to be a recording."""
    if isinstance(fault, AudioError) and site.storage.owns(source):
        source.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            source.parent.rmdir()
