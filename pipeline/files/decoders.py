"""From an open file to blocks of samples: who reads it, where it begins, and all the recordings that it holds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from pipeline.errors import AudioError

from .decoded import Blocks, damaged, gathered
from .decoding import container
from .decoding.packets import FOUND_ANYWHERE, Unreadable
from .decoding.parts import lacks_index
from .decoding.recording import Task, recording
from .formats import KNOWN
from .watch import Watch, WatchedFile, read_at

MOST_TAGS = 16  # before the sound, one behind the other
JUNK = 1 << 20  # bytes before a recording begins
# Beginnings that no junk has by chance.
_BEGINNINGS = re.compile(
    rb"fLaC[\x00\x80]\x00\x00\x22|OggS\x00\x02|(?:RIFF|RF64|RIFX)....WAVE|FORM....AIF[FC]"
    rb"|\x00\x00\x00.ftyp|\x1a\x45\xdf\xa3[\x01-\xa3]|#!AMR|\x30\x26\xb2\x75\x8e\x66\xcf\x11|caff\x00\x01"
    rb"|riff\x2e\x91\xcf\x11|RIFF....AVI |wvpk....[\x02-\x10]\x04|TTA1\x01\x00|FLV\x01[\x01\x04\x05]\x00"
    rb"|Creative Voice File\x1a|\.snd\x00\x00",
    re.DOTALL,
)


class _Beginning(NamedTuple):
    """Where a recording begins, and who may read it, "" where FFmpeg is to look. is_sure : not by chance"""

    start: int
    demuxer: str
    is_sure: bool = True
    junk: int = 0  # bytes before it


def blocks(file: BinaryIO, watch: Watch, after_s: float = 0.0, track: int | None = None) -> Blocks:
    """The recording in `file`, block by block. Rate and channels may change on the way; the last block may be empty,
    for its remarks' sake.

    after_s : only what lies after so many seconds, found without decoding what is before; to ask whether a recording
        is as long as it says. Neither header nor last page is believed: the packets are counted.
    track : the number of the sound track; the file's own choice if None, or if there is no such track

    Raises AudioError if it holds no sound, is protected or mostly damaged, and what `watch` raises.
    """
    check(file)
    watch.step()
    reason, has_sound = "", False
    for beginning in _beginnings(file, WatchedFile(file, watch)):
        task = Task(file, watch, beginning.start, beginning.demuxer, after_s, track)
        try:
            for block in watch.over(gathered(recording(task, _junk(beginning)))):
                has_sound = True
                yield block
            return
        except Unreadable as finding:
            watch.check()
            reason = reason or (str(finding) if beginning.is_sure or has_sound else "")
        if has_sound:
            break
        if beginning.demuxer == "mov" and lacks_index(WatchedFile(file, watch, beginning.start)):
            raise without_index()
    raise damaged(reason) if reason else not_a_recording()


def check(file: BinaryIO) -> None:
    """Raises AudioError for what is something else by its first bytes: a picture, a text, a playlist."""
    if what := container.other_kind(read_at(file, container.HEAD, 0)):
        raise not_a_recording(what)


def begins_like_one(file: BinaryIO) -> bool:
    """Whether the first bytes tell which container it is. Raises AudioError for what is something else."""
    check(file)
    head, start = _behind_tags(file)
    return bool(container.demuxer(read_at(file, container.HEAD, 0), head if start else b""))


def not_a_recording(what: str = "") -> AudioError:
    message = f"This is {what}, not a recording." if what else "This is not a recording that can be read."
    return AudioError(message, suggestion=f"Choose a file in {KNOWN}.")


def without_index() -> AudioError:
    return AudioError(
        "The file is incomplete: its index cannot be found, and nothing else says where the sound is.",
        details="no moov",
        suggestion="It was cut off, or its recorder was not stopped: copy it again, or choose another file.",
    )


def _beginnings(file: BinaryIO, whole: WatchedFile) -> Iterator[_Beginning]:
    """Where to try, the likeliest first."""
    head, start = _behind_tags(file)
    first = read_at(file, container.HEAD, 0)
    named = container.demuxer(first, head if start else b"")
    if named:
        yield _Beginning(start, named)
    later = [start + match.start() for match in _BEGINNINGS.finditer(whole.peek(JUNK, start)) if match.start()]
    if not named and not later:
        yield _Beginning(start, "", is_sure=False)
    for at in later[:4] if not named or named in FOUND_ANYWHERE else []:
        if found := container.demuxer(whole.peek(container.HEAD, at)):
            yield _Beginning(at, found, is_sure=False, junk=at - start)
    if named or later:
        yield _Beginning(start, "", is_sure=False)


def _behind_tags(file: BinaryIO) -> tuple[bytes, int]:
    """What follows the ID3 tags, which may hold pictures of any size, and where."""
    size, start = os.fstat(file.fileno()).st_size, 0
    head = read_at(file, container.HEAD, 0)
    for _ in range(MOST_TAGS):
        length = container.id3_length(head)
        if not length:
            break
        if start + length >= size:
            start += container.ID3_HEADER  # it lies; sound may follow soon
            break
        start += length
        head = read_at(file, container.HEAD, start)
    return head, start


def _junk(beginning: _Beginning) -> str:
    return f"{beginning.junk} bytes before the recording are no sound and were skipped." if beginning.junk else ""
