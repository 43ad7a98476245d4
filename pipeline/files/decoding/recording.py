"""A recording in a file, or several that lie one behind the other, as blocks; and what is to be said of it."""

from __future__ import annotations

from contextlib import closing
from typing import BinaryIO, NamedTuple

import av
from av.error import FFmpegError

from ..decoded import Block, Blocks
from ..tags import foreign
from ..tags.metadata import NOTHING, Metadata
from ..watch import Watch, WatchedFile, too_much
from . import claims
from .demuxers import has_clock
from .facts import facts
from .lying_sizes import Sizes, sizes
from .opened import Opened, opened
from .packets import FOUND_ANYWHERE, Unreadable, convincing, frames
from .parts import Part, parts
from .placed import Timeline, placed
from .told import Told


class Task(NamedTuple):
    """What is to be read. start : in the file; demuxer : "" to have FFmpeg look; after_s, track : as in `decoders`"""

    file: BinaryIO
    watch: Watch
    start: int
    demuxer: str
    after_s: float = 0.0
    track: int | None = None


def recording(task: Task, remark: str = "") -> Blocks:
    """All that is in the file. remark : what is known already. Raises Unreadable if nothing can be read of it."""
    told, last = Told(), None
    told.say(remark)
    whole = WatchedFile(task.file, task.watch, task.start)
    found = parts(whole, task.demuxer)
    for number, part in enumerate(found, 1):
        is_only = len(found) == 1
        try:
            with closing(_part(task, whole, part, told, is_only)) as blocks:
                for block in blocks:
                    yield block if last is None else block._replace(facts=None, about=None)
                    last = block
        except Unreadable:
            if last is None or is_only:
                raise
            told.say(f"Recording {number} of {len(found)} in the file could not be read.")
        told.say(part.remark)
    if last is None:
        return
    if len(found) > 1:
        told.say(f"{len(found)} recordings lie one behind the other in the file; they were joined.")
    yield Block(last.sample_rate, last.samples[:, :0], last.claimed_s, None, told.sentences())


def _part(task: Task, whole: WatchedFile, part: Part, told: Told, is_only: bool) -> Blocks:
    """One recording. Raises Unreadable."""
    view = whole.part(part.start, part.stop)
    stated = sizes(view)
    if stated and stated.patches:
        view = whole.part(part.start, part.stop, stated.patches)
    try:
        with opened(view, task.demuxer, task.watch, task.track) as found:
            known, claimed_s = facts(found.source, found.stream), claims.claimed_s(found)
            if len(known.tracks) > 1:
                told.say(f"Of {len(known.tracks)} sound tracks, {known.tracks[known.track - 1]} was taken.")
            is_timed = has_clock(found.demuxer, known.stored.codec)
            starts_s = None if task.after_s else _starts_s(found)  # the film has begun long before
            about: Metadata | None = None
            timeline, began_s = Timeline(told, starts_s, is_timed=is_timed), told.at_s
            timeline.gaps_are_losses = found.demuxer in ("flac", "ogg")
            promised_s = claims.promised_s(found, view)
            read = frames(view, found, task.watch, task.after_s)
            if not task.demuxer and found.demuxer in FOUND_ANYWHERE:
                read = convincing(read)
            for block in placed(read, timeline):
                about = _about(found, starts_s) if about is None else about
                yield block._replace(claimed_s=claimed_s if is_only else None, facts=known, about=about)
            if not task.after_s and not part.remark:
                lasted_s = told.at_s - began_s
                if found.demuxer.startswith("mov"):  # it says how much sound there is, not when it ends
                    lasted_s -= timeline.lead_s
                _tell_end(told, lasted_s, stated, promised_s, claims.End(found, is_damaged=timeline.ends_in_damage))
    except MemoryError:
        raise too_much("memory", "FFmpeg") from None
    except (FFmpegError, OSError, ValueError, IndexError, ArithmeticError) as error:
        task.watch.check()
        raise Unreadable(f"FFmpeg: {getattr(error, 'strerror', '') or type(error).__name__}") from None


def _tell_end(told: Told, lasted_s: float, stated: Sizes | None, promised_s: float | None, end: claims.End) -> None:
    """stated : by sizes in bytes, which is surer than promised_s"""
    if stated is None:
        end.tell(told, lasted_s, promised_s)
    elif stated.stated is None:
        told.say("The header does not say how long the recording is; it was read to the end of the file.")
    else:
        end.tell(told, lasted_s, lasted_s * stated.stated / max(1, stated.read), is_exact=True)
        if stated.left_out:
            told.say(f"{stated.left_out} bytes behind the recording are no sound and were left out.")


def _about(found: Opened, starts_s: float | None) -> Metadata:
    """Known as soon as the first sound is: covers come before it. What takes too much memory is nothing."""
    source, stream = found.source, found.stream
    if starts_s is None:
        starts_s = float((stream.start_time or 0) * (stream.time_base or 0))
    try:
        return foreign.metadata(source, stream, found.pictures.found, starts_s)
    except MemoryError:
        return NOTHING


def _starts_s(found: Opened) -> float | None:
    """The time stamp of the film's beginning, None where there is nothing but this sound."""
    source = found.source
    if found.demuxer.startswith("mov"):
        return 0.0
    if len(source.streams) == 1 or source.start_time is None:
        return None
    return float(source.start_time / av.time_base)
