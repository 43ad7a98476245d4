"""M4A: AAC (low complexity) by FFmpeg's encoder, the index in front of the sound.

The encoder is late by one frame, and its last frame is filled up. The file's edit list says where the recording
begins and ends, to the sample; raw AAC (.aac) has no place to say it, and is not written.
"""

from __future__ import annotations

import os
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from ..tags.metadata import Chapter, ends

LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


class AacFile:
    """bitrate_kbps : of all channels together."""

    def __init__(
        self, path: str, sample_rate: int, channels: int, bitrate_kbps: float, chapters: tuple[Chapter, ...] = ()
    ) -> None:
        self._rate, self._layout, self._at, self._open = sample_rate, LAYOUTS[channels], 0, True
        options = {"movflags": "+faststart", "movie_timescale": str(sample_rate), "fflags": "+bitexact"}
        try:
            # Absolute: what stands before a colon would be taken for a protocol.
            self._out = av.open(os.path.abspath(path), "w", format="ipod", options=options)  # noqa: PTH100
            self._stream = self._out.add_stream("aac", rate=sample_rate, layout=self._layout)
            self._stream.codec_context.bit_rate = round(1000 * bitrate_kbps)
            self._stream.codec_context.thread_count = 1
            if chapters:
                self._out.set_chapters(_chapters(chapters))
        except FFmpegError as error:
            raise _failed(error) from None

    def write(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """x (n, channels); answers what was given to the encoder."""
        clipped: NDArray[np.float32] = np.clip(x, -1.0, 1.0)
        if not len(x):
            return clipped
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(clipped).reshape(1, -1), "flt", self._layout)
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._at, Fraction(1, self._rate)
        self._at += len(x)
        try:
            self._out.mux(self._stream.encode(frame))
        except FFmpegError as error:
            raise _failed(error) from None
        return clipped

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        try:
            with self._out:
                if self._at:
                    self._out.mux(self._stream.encode(None))
        except FFmpegError as error:
            raise _failed(error) from None


def _chapters(chapters: tuple[Chapter, ...]) -> list[Any]:
    """In milliseconds, as PyAV takes them. The last one is believed to last a second; players go on to the end."""
    last_s = chapters[-1].start_s + 1 if chapters else 0.0
    return [
        {
            "id": k + 1, "time_base": Fraction(1, 1000), "metadata": {"title": chapter.title},
            "start": round(1000 * chapter.start_s), "end": round(1000 * end_s),
        }
        for k, (chapter, end_s) in enumerate(zip(chapters, ends(chapters, last_s), strict=True))
    ]  # fmt: skip


def _failed(error: FFmpegError) -> OSError:
    """As the operating system would say it: the disk is full, the folder is gone."""
    return OSError(error.errno, getattr(error, "strerror", "") or type(error).__name__)
