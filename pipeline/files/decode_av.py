"""Everything else by FFmpeg's libraries (PyAV), in blocks: AAC, MP3, WMA, AMR, the sound track of a video."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any, BinaryIO, NoReturn

import av
import numpy as np
from av.error import FFmpegError

from pipeline.errors import AudioError

from .decoded import Blocks, damaged

# What FFmpeg reports is read from its exceptions; its log would go to stderr.
av.logging.set_level(None)

PROTECTED = {"enca", "drms", "drmi"}  # names of encrypted tracks; common encryption is told by its packets
# A step of the time stamps: shorter, it is jitter (WebM rounds to 1 ms, recorders read a clock); longer, damage.
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 600.0


def blocks(file: BinaryIO, demuxer: str) -> Blocks:
    """The (first, best) sound track in `file`, block by block; packets that are damaged are left out.

    Encoder delay is removed where the container states it. A gap between time stamps becomes silence, so that
    what follows stays in its place (damage; WebM recorders leave pauses out).

    Raises AudioError if there is no sound, if it is protected, or if most of it is damaged.
    """
    try:
        # An open file, not a name, and a demuxer named beforehand: no address, no playlist, no other file.
        with av.open(_Seekable(file), format=demuxer, metadata_errors="replace", io_open=_refuse) as source:
            stream = source.streams.best("audio")
            if stream is None:
                raise AudioError("The file holds no sound.", suggestion="Choose a recording with a sound track.")
            if stream.codec_context is None or str(stream.codec_context.codec_tag) in PROTECTED:
                raise _protected()
            yield from _in_place(_frames(source, stream))
    except (FFmpegError, OSError, ValueError, IndexError) as error:
        reason = f"FFmpeg: {getattr(error, 'strerror', '') or type(error).__name__}"
        raise damaged(reason) from None


class _Seekable:
    """The file, for PyAV. A damaged file asks for places that do not exist; PyAV would print each to stderr."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read, self.tell = file.read, file.tell

    def seek(self, offset: int, whence: int = 0) -> int:
        """The new position, or a negative number, which FFmpeg takes as an error."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, OverflowError, ValueError):
            return -errno.EINVAL


def _protected() -> AudioError:
    return AudioError(
        "The sound is copy-protected or in a format that is not known.",
        suggestion="Export it as WAV, FLAC, MP3 or M4A and try again.",
    )


def _refuse(*_: object) -> NoReturn:
    raise PermissionError("a recording must not refer to other files")


def _frames(source: Any, stream: Any) -> Iterator[Any]:
    """Decoded frames; ends where the file ends or breaks off."""
    good = bad = 0
    packets = source.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError:
            break  # truncated: what came before counts
        if packet is None:
            break
        if packet.has_sidedata("encryption_info"):
            raise _protected()
        try:
            yield from packet.decode()
            good += 1
        except FFmpegError:
            bad += 1
    if bad > good:
        raise damaged(f"{bad} of {bad + good} packets cannot be decoded")


def _in_place(frames: Iterator[Any]) -> Blocks:
    """Frames as float32 (channels, n), with silence where the time stamps jump.

    Only the step from one frame to the next counts: over an hour, a recorder's clock drifts from its samples.
    """
    convert: Any = None
    form: tuple[int, int] = (0, 0)
    end_s = None
    for frame in frames:
        rate, channels = int(frame.sample_rate), int(frame.layout.nb_channels)
        if convert is None:
            # Interleaved: of planar frames with 8 or more channels, PyAV reads planes that do not exist.
            convert, form = av.AudioResampler(format="flt"), (rate, channels)
        if (rate, channels) != form:
            raise AudioError(
                "The recording changes its sample rate or its channels on the way.",
                suggestion="Convert it to WAV and try again.",
            )
        if frame.time is not None:
            if end_s is not None and SHORTEST_PAUSE_S < frame.time - end_s < LONGEST_PAUSE_S:
                yield from _silence(round((frame.time - end_s) * rate), rate, channels)
            end_s = frame.time + frame.samples / rate
        for converted in convert.resample(frame):
            x = converted.to_ndarray().reshape(-1, channels)
            yield rate, np.ascontiguousarray(x.T, dtype=np.float32)


def _silence(samples: int, rate: int, channels: int) -> Blocks:
    for at in range(0, samples, rate):  # a second at a time, so that the limits are seen in between
        yield rate, np.zeros((channels, min(rate, samples - at)), np.float32)
