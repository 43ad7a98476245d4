"""A whole listening copy as a file, in one encoding: what the frames made on demand are to be like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from pipeline.audio import Samples
from service.media.listening import LAYOUTS, LEAD_SAMPLES, SAMPLE_RATE, Encoder, mixed


@dataclass(frozen=True)
class Listening:
    """A copy as it was written. samples : of the recording, at 48 kHz; the first is `lead_samples` of the stream."""

    frame_bytes: int
    samples: int
    lead_samples: int = LEAD_SAMPLES


def write_listening(blocks: Iterable[Samples], sample_rate: int, channels: int, path: Path) -> Listening:
    """Write the blocks (channels, n) to `path`, block by block: mono or stereo, more than two channels mixed to two."""
    heard = min(2, channels)
    encoder = Encoder(heard)
    samples = 0
    with path.open("wb") as out:
        for block in _resampled(map(mixed, blocks), sample_rate, heard):
            samples += block.shape[1]
            out.writelines(encoder.encode(block))
        out.writelines(encoder.rest())
    return Listening(encoder.frame_bytes, samples)


def _resampled(blocks: Iterable[Samples], sample_rate: int, channels: int) -> Iterator[Samples]:
    """The blocks at 48 kHz, in step with what they were and together as long."""
    if sample_rate == SAMPLE_RATE:
        yield from blocks
        return
    resampler: Any = av.AudioResampler(format="fltp", layout=LAYOUTS[channels], rate=SAMPLE_RATE)
    taken = given = 0
    for block in blocks:
        if not block.shape[1]:
            continue
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", LAYOUTS[channels])
        frame.sample_rate, frame.pts, frame.time_base = sample_rate, taken, Fraction(1, sample_rate)
        taken += block.shape[1]
        for made in resampler.resample(frame):
            given += made.samples
            yield made.to_ndarray()
    length = round(Fraction(taken * SAMPLE_RATE, sample_rate))
    rest = [made.to_ndarray() for made in resampler.resample(None)] if taken else []
    rest.append(np.zeros((channels, max(0, length - given)), np.float32))
    yield np.concatenate(rest, axis=1)[:, : max(0, length - given)]
