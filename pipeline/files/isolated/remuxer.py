"""A video copied with another sound, in a process that has three descriptors and can open nothing else.

Pictures, subtitles and other sound tracks are copied packet by packet, and not decoded. The video's file may have been
made to take this process over, to loop, or to swell: it can write to its target alone, and up to a size; it has little
memory and processor time; and who started it may kill it.

Each packet keeps the time that it had, with the edit list's cuts: what is cut away at the beginning has times before 0,
and the muxer makes an edit list of that again. The sound's first sample belongs where `decoding.recording` has put it:
at the beginning of the film.
"""

from __future__ import annotations

import os
import pkgutil
import resource
from collections.abc import Iterator
from importlib import import_module
from typing import Any, BinaryIO

import av

from ..decoding.opened import container
from ..decoding.placed import MOST_SILENCE_S
from . import decoder

HEADROOM = 192 * 2**20  # bytes. Two hours need 60 MB for the tables of two files.
GRACE_S = 5
VIDEO_FD, SOUND_FD, TARGET_FD = 3, 4, 5
MUXERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
OPTIONS = {"fflags": "+bitexact"}
_UNTRUE = (
    "ENCODER",
    "DURATION",
    "BPS",
    "NUMBER_OF",
    "_STATISTICS",
    "MAJOR_BRAND",
    "MINOR_VERSION",
    "COMPATIBLE_BRANDS",
)
_OF_A_TRACK = ("language", "title", "handler_name")
_ATTACHED_PICTURE = 0x400


def main(demuxer: str, suffix: str, track: str, most_bytes: str, cpu_s: str, *fds: str) -> None:
    """demuxer, suffix : of the video and of the target; track : the number of the sound track that is replaced; fds :
    the open video, sound and target"""
    for found in pkgutil.walk_packages(av.__path__, "av."):  # PyAV imports the rest only when it is needed
        if not found.name.endswith("__main__"):
            import_module(found.name)
    _arrange([int(fd) for fd in fds])
    decoder.limit(HEADROOM)
    decoder.set_limit(resource.RLIMIT_NOFILE, TARGET_FD + 1)  # there is no number left for another file
    decoder.set_limit(resource.RLIMIT_FSIZE, int(most_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s) + GRACE_S))  # SIGXCPU, then SIGKILL
    with (
        os.fdopen(VIDEO_FD, "rb", buffering=0) as video,
        os.fdopen(SOUND_FD, "rb", buffering=0) as sound,
        os.fdopen(TARGET_FD, "w+b") as target,
    ):
        copy(video, sound, target, demuxer, suffix, int(track))


def _arrange(given: list[int]) -> None:
    """Give the descriptors the lowest numbers, and close all others."""
    beyond = max(*given, TARGET_FD) + 1
    for number, fd in enumerate(given):
        os.dup2(fd, beyond + number)
    for number, fd in enumerate((VIDEO_FD, SOUND_FD, TARGET_FD)):
        os.dup2(beyond + number, fd)
    os.closerange(TARGET_FD + 1, os.sysconf("SC_OPEN_MAX"))


def copy(video: BinaryIO, sound: BinaryIO, target: BinaryIO, demuxer: str, suffix: str, track: int) -> None:
    """Raises what PyAV raises, IndexError where there is no such track, ValueError for pictures that cannot be kept."""
    with (
        container(video, demuxer) as source,
        container(sound, "") as ours,
        av.open(target, "w", format=MUXERS[suffix], options=OPTIONS) as out,
    ):
        replaced, new = source.streams.audio[track - 1], ours.streams.audio[0]
        made = _streams(source, out, replaced, new)
        out.metadata.update(_still_true(source.metadata))
        if chapters := source.chapters():
            out.set_chapters(chapters)
        kept = [stream for stream in source.streams if stream.index in made and stream is not replaced]
        late = _Ahead(ours, new, _begins_s(source, replaced, demuxer), made[replaced.index])
        for packet in source.demux(kept):
            time_s = _time_s(packet)
            if time_s is None:
                continue
            for one in late.until(time_s):
                out.mux_one(one)
            packet.stream = made[packet.stream.index]
            out.mux_one(packet)
        for one in late.until(float("inf")):
            out.mux_one(one)


def _streams(source: Any, out: Any, replaced: Any, new: Any) -> dict[int, Any]:
    """Those of the target, by the index of the one that each is a copy of, in the same order."""
    made = {}
    for stream in source.streams:
        if stream is replaced:
            made[stream.index] = copied = out.add_stream_from_template(new, opaque=True)
            copied.metadata.update({k: v for k, v in stream.metadata.items() if k.lower() in _OF_A_TRACK})
        elif _is_kept(stream, out):
            made[stream.index] = copied = out.add_stream_from_template(stream, opaque=True)
            copied.metadata.update(_still_true(stream.metadata))
        elif stream.type == "video" and not int(stream.disposition) & _ATTACHED_PICTURE:
            raise ValueError("pictures of a kind that the container does not take")
        else:
            continue
        copied.disposition = stream.disposition
    return made


def _is_kept(stream: Any, out: Any) -> bool:
    """Whether the target takes it. Tracks of data are not kept: cameras' own, which no other muxer writes."""
    if stream.type not in ("video", "audio", "subtitle") or stream.codec_context is None:
        return False
    if int(stream.disposition) & _ATTACHED_PICTURE:
        return False
    return stream.codec_context.codec.canonical_name in out.supported_codecs


def _begins_s(source: Any, replaced: Any, demuxer: str) -> float:
    """When the sound's first sample is due: at the film's beginning, or where a pause too long to be believed ends."""
    begins_s = 0.0 if demuxer == "mov" else (source.start_time or 0) / av.time_base
    own_s = float((replaced.start_time or 0) * replaced.time_base)
    return own_s if own_s - begins_s >= MOST_SILENCE_S else begins_s


class _Ahead:
    """The new sound's packets, in step with those of the video. begins_s : when the first sample is due"""

    def __init__(self, ours: Any, stream: Any, begins_s: float, to: Any) -> None:
        self._packets = (packet for packet in ours.demux(stream) if _time_s(packet) is not None)
        self._later, self._to = round(begins_s / stream.time_base), to
        self._next = self._taken()

    def until(self, time_s: float) -> Iterator[Any]:
        while self._next is not None and self._at_s <= time_s:
            self._next.stream = self._to
            yield self._next
            self._next = self._taken()

    def _taken(self) -> Any:
        packet = next(self._packets, None)
        if packet is not None:
            packet.pts += self._later
            packet.dts += self._later
            self._at_s = _time_s(packet) or 0.0
        return packet


def _time_s(packet: Any) -> float | None:
    """None for what cannot be placed: a demuxer's last, empty packet among them."""
    time = packet.pts if packet.dts is None else packet.dts
    return None if time is None or not packet.size else float(time * packet.time_base)


def _still_true(tags: Any) -> dict[str, str]:
    return {name: value for name, value in tags.items() if not name.upper().startswith(_UNTRUE)}
