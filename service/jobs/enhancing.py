"""A recording enhanced: its task, and what of it is kept to be listened to."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

import pipeline
from pipeline.errors import SettingsError
from pipeline.files.limits import OURS
from service import kept
from service.names import safe_stem, title
from service.site import Site
from service.work import Handle, Progress

from .order import Order, Outcome
from .serving import Weighed, discard_useless, go_on, served, strangers

if TYPE_CHECKING:
    from pipeline.cache.work import RecordingCache
    from pipeline.files.decode import Recording
    from service.media.copies import CopyMaker, Media, Track


def serve_one(site: Site, order: Order, weighed: Weighed = lambda _: None) -> Generator[Progress, None, Outcome]:
    """The enhancement that was ordered; as `served`."""
    return served(
        site, order.source, lambda handle: enhance(handle, site, order), order.visit,
        what="enhance", writes=True, track=order.track, stretch=order.stretch, weighed=weighed,
    )  # fmt: skip


def enhance(handle: Handle, site: Site, order: Order) -> Outcome:
    """From file to file. What was written is removed again when this fails or is cancelled; so is a file that is
    no recording, for nobody can use it."""
    from pipeline.files.decode import Recording

    folder, named = site.storage.new_folder(), order.name or order.source.name
    stem = safe_stem(named)
    after, removed = folder / f"{stem}.clean.{order.output_format}", folder / f"{stem}.removed.flac"
    try:
        handle.report(0.01, "Reading the recording")
        limits = strangers()
        original = Recording(order.source, limits, handle.cancelled, track=order.track, stretch=order.stretch)
        video = _video(original, order)
        if order.as_video and not video:
            raise SettingsError(
                "There is no video here: the recording is sound alone.", suggestion="Leave as_video out, or false."
            )
        with site.storage.keeping(folder):
            work = _kept(handle, site, order)
            report = pipeline.enhance_file(
                order.source, after, order.settings, subtype=order.encoding.subtype,
                bitrate_kbps=order.encoding.bitrate_kbps, removed=removed, temporary=folder,
                limits=limits, track=order.track, stretch=order.stretch, cache=work,
                progress=handle.between(0.02, 0.8 if order.listens else 0.96), cancelled=handle.cancelled,
            )  # fmt: skip
            handle.sound_s = report.before.duration_s
            made = Outcome(folder, after, removed, report, order.source, stem, title(named), order.track, video=video)
            if order.listens:
                made = replace(made, media=_heard(handle, original, made, work))
        go_on(handle)
        for path in folder.iterdir():
            site.storage.give(path, order.visit.visitor)
    except BaseException as fault:
        shutil.rmtree(folder, ignore_errors=True)
        discard_useless(site, order.source, fault)
        raise
    return made


def _video(original: Recording, order: Order) -> str:
    """The kind of video that it is part of, "" if of none that can be written."""
    from pipeline.files.isolated import remuxing

    container = original.stored.container
    if not original.has_video or order.stretch is not None or not remuxing.can_be_written(container):
        return ""
    return remuxing.suffix_of(order.source, container)


def _kept(handle: Handle, site: Site, order: Order) -> RecordingCache | None:
    """Where work on this recording is kept; None where none is."""
    of = (order.visit.visitor, order.track, order.stretch)
    return kept.recording(site.cache, order.source, of, order.stretch is None, lambda: go_on(handle))


def _heard(handle: Handle, original: Recording, made: Outcome, work: RecordingCache | None) -> Media:
    """All that the player needs."""
    from pipeline.files.decode import Recording
    from service.media.copies import CopyMaker, Media
    from service.media.seekable import SUFFIXES, SeekableFile

    handle.report(0.8, "Preparing the player")
    before, done = made.report.before, 0
    samples = round(before.duration_s * before.sample_rate)

    def on_block(count: int) -> None:
        nonlocal done
        go_on(handle)
        done += count
        handle.report(0.8 + 0.19 * min(1.0, done / (3 * samples)), "Preparing the player")

    maker = CopyMaker(made.folder, samples, on_block)
    after = made.after if made.after.suffix in SUFFIXES else None
    sound = Recording(made.after, OURS) if after is None else SeekableFile(after)
    tracks = {
        "before": _before(maker, original, made, work),
        "after": maker.track("after", sound, after, made.report.after.lufs),
        "removed": maker.track("removed", SeekableFile(made.removed), made.removed, None),
    }
    return Media(before.duration_s, before.sample_rate, before.channels, tracks)


def _before(maker: CopyMaker, original: Recording, made: Outcome, work: RecordingCache | None) -> Track:
    """The recording itself: as it was made for an earlier result, if there is one."""
    from pipeline.cache.work import WorkCache

    with WorkCache(work) as cache:
        known: Track | None = cache.value("before")
        track = known and known.linked(made.folder)
        if track is None:
            track = maker.track("before", original, None, made.report.before.lufs)
        cache.keep("before", track)
        return track
