"""Listening copies: MP3 of which any whole frames can be fetched, decoded for themselves, and put back to the sample.

So they are what MP3 usually is not: of a constant bit rate that divides evenly into frames; without a bit reservoir (a
frame holds all of its own bits); without ID3 and Xing's frame (frame i begins at byte i * frame_bytes, and no decoder
trims what it does not know of). A decoder needs the frame before the first one that is wanted, for the halves of its
windows that reach over; the player takes two.

The download is another matter: nobody is to keep such a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from pipeline.audio import Samples

SAMPLE_RATE = 48_000
FRAME_SAMPLES = 1152
BITRATE_KBPS = {1: 96, 2: 160}
LAYOUTS = {1: "mono", 2: "stereo"}
LAME_SCALE = np.float32(0.95)  # LAME makes everything so much quieter at a constant bit rate
SURPLUS = np.float32(0.7)
LEAD_SAMPLES = 1105  # LAME's delay of 576 and a decoder's of 529; tests measure it
# Behind the last sample there is always a whole frame: a player decodes one more than it wants, too.
TAIL_SAMPLES = FRAME_SAMPLES
QUICKEST = "7"  # of LAME's qualities; from here up it gets no quicker
OPTIONS = {"reservoir": "0", "compression_level": QUICKEST}


def mixed(x: Samples) -> Samples:
    """The others join the first two, as in ITU-R BS.775's downmix, so quiet that all at once do not clip."""
    if len(x) <= 2:
        return x
    y: Samples = (x[:2] + SURPLUS * x[2:].sum(axis=0)) / np.float32(1 + SURPLUS * (len(x) - 2))
    return y


def frame_bytes(channels: int) -> int:
    """Of a copy of so many channels, mono or stereo."""
    return 1000 * BITRATE_KBPS[channels] * FRAME_SAMPLES // 8 // SAMPLE_RATE


class Encoder:
    """Frames of equal length, out of blocks of any."""

    def __init__(self, channels: int) -> None:
        import av

        self.frame_bytes = frame_bytes(channels)
        self._layout, self._kept, self._at = LAYOUTS[channels], np.zeros((channels, 0), np.float32), 0
        self._codec: Any = av.CodecContext.create("libmp3lame", "w")
        self._codec.sample_rate, self._codec.layout, self._codec.format = SAMPLE_RATE, self._layout, "fltp"
        self._codec.bit_rate, self._codec.time_base = 1000 * BITRATE_KBPS[channels], Fraction(1, SAMPLE_RATE)
        self._codec.options, self._codec.thread_count = OPTIONS, 1

    def encode(self, x: Samples) -> Iterator[bytes]:
        x = np.concatenate((self._kept, np.clip(x, -1.0, 1.0) / LAME_SCALE), axis=1)
        whole = x.shape[1] // FRAME_SAMPLES * FRAME_SAMPLES
        self._kept = x[:, whole:]
        for start in range(0, whole, FRAME_SAMPLES):
            yield from self._frames(np.ascontiguousarray(x[:, start : start + FRAME_SAMPLES]))

    def rest(self) -> Iterator[bytes]:
        """What is left, and so much silence that the last sample comes out of a decoder, with a frame behind it."""
        length = self._kept.shape[1] + LEAD_SAMPLES + TAIL_SAMPLES
        length += -length % FRAME_SAMPLES - self._kept.shape[1]
        yield from self.encode(np.zeros((len(self._kept), length), np.float32))
        yield from self._frames(None)

    def _frames(self, x: Samples | None) -> Iterator[bytes]:
        import av

        frame = None
        if x is not None:
            frame = av.AudioFrame.from_ndarray(x, "fltp", self._layout)
            frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._at, Fraction(1, SAMPLE_RATE)
            self._at += FRAME_SAMPLES
        for packet in self._codec.encode(frame):
            if packet.size != self.frame_bytes:  # nothing could be found in it again
                raise OSError(f"A frame of {packet.size} bytes where {self.frame_bytes} were agreed.")
            yield bytes(packet)
