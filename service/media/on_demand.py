"""A listening copy that is encoded only where somebody listens.

The frames of a copy (`listening`) stand for themselves, so those that a player asks for can be made when it does, from
the lossless file beside it: nobody waits for two hours to be encoded, and no copy fills the disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from pipeline.audio import Samples

from .listening import FRAME_SAMPLES, LEAD_SAMPLES, SAMPLE_RATE, Encoder, frame_bytes, mixed

BEFORE = 4  # frames that the encoder hears before the first that is wanted, to be as in the middle of a recording
MARGIN_S = 0.05  # on both sides of what is resampled
MOST_FRAMES = 512  # at once: 12 s


@dataclass(frozen=True)
class Copy:
    """Of a file that libsndfile can seek in, our own. sample_rate, samples, channels : of that file"""

    path: Path
    sample_rate: int
    samples: int
    channels: int

    @property
    def frame_bytes(self) -> int:
        return frame_bytes(min(2, self.channels))

    @property
    def heard_samples(self) -> int:
        """At 48 kHz."""
        return round(Fraction(self.samples * SAMPLE_RATE, self.sample_rate))

    @property
    def frames(self) -> int:
        """So many that the last sample comes out of a decoder, with a frame behind it."""
        return -(-(self.heard_samples + LEAD_SAMPLES) // FRAME_SAMPLES) + 1

    @property
    def size(self) -> int:
        """In bytes, if it were a file."""
        return self.frames * self.frame_bytes

    def read(self, start: int, stop: int) -> bytes:
        """The bytes `start…stop`."""
        first, last = start // self.frame_bytes, -(-stop // self.frame_bytes)
        data = self.encoded(first, min(last, self.frames))
        return data[start - first * self.frame_bytes : stop - first * self.frame_bytes]

    def encoded(self, first: int, last: int) -> bytes:
        """The frames `first…last`."""
        begin, count = first - BEFORE, last - first
        x = self.piece(begin * FRAME_SAMPLES, last * FRAME_SAMPLES)
        encoder = Encoder(min(2, self.channels))
        frames = [*encoder.encode(x), *encoder.rest()]
        return b"".join(frames[BEFORE : BEFORE + count])

    def piece(self, start: int, stop: int) -> Samples:
        """(1 or 2, stop - start) samples of the recording at 48 kHz, with silence before its beginning and behind its
        end."""
        step = Fraction(self.sample_rate, SAMPLE_RATE)
        grid = step.denominator  # samples at 48 kHz after which both rates have one in the same place
        margin = -(-round(MARGIN_S * SAMPLE_RATE) // grid) * grid
        begin = (start - margin) // grid * grid
        end = -(-(stop + margin) // grid) * grid
        x = mixed(self._stored(int(begin * step), int(end * step)))
        if self.sample_rate != SAMPLE_RATE:
            import soxr

            x = soxr.resample(x.T, self.sample_rate, SAMPLE_RATE, "HQ").T
        found = x[:, start - begin : stop - begin]
        return np.pad(found, ((0, 0), (0, stop - start - found.shape[1])))

    def _stored(self, start: int, stop: int) -> Samples:
        low, high = max(0, start), min(stop, self.samples)
        if low >= high:  # before the beginning, or behind the end
            return np.zeros((self.channels, stop - start), np.float32)
        import soundfile

        with soundfile.SoundFile(self.path) as file:
            file.seek(low)
            x = file.read(high - low, dtype="float32", always_2d=True).T
        return np.pad(x, ((0, 0), (low - start, stop - low - x.shape[1])))
