"""What lies below the voice of a noisy recording is turned down: a high-pass filter that knows the voice.

Gains alone leave noise there. The lowest partial of a voice reaches over two or three bins of so short a window, and in
those below, a little of the recording's own rumble is as likely speech as noise. A woman's voice ends at 150 Hz, a
child's at 200: up to there, nothing that is kept can be theirs.

The lowest voice of the last seconds counts, so that somebody who begins to speak does not lose the lowest tone: if one
frame in ten of a unit has more below, the filter gives way from the unit's start, and comes back seconds later. What is
a smaller part of its unit's speech is found in the next unit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dsp.butterworth import high_pass_takes
from pipeline.dsp.decibels import amplitude, power_db
from pipeline.neural.kernels import Numbers

DEPTH_DB, FULL_AT_DB = 12.0, 40.0  # so far down with so much noise reduction, less with less
LOWEST_HZ, HIGHEST_HZ = 50.0, 120.0  # of the filter, -3 dB; a bass ends at 65 Hz
SHARE = 0.7  # of the lowest voice's frequency
ORDER = 4  # of the Butterworth filter whose magnitude it has
VOICED_HZ = (70.0, 500.0)  # where the strongest of the lowest partials is
UNDER_DB = 20.0  # so much fainter than that is no part of the voice
LOUD_DB = 20.0  # frames that are so much fainter than the loudest say nothing
LEAST_FRAMES = 4
PERCENTILE = 90
UNITS = 4  # about four seconds
OPENING = 4  # frames in which it gives way; it comes back within a unit
BINS = 20  # that are looked at: up to 600 Hz
SMALLEST = np.float32(1e-14)

Line = NDArray[np.float64]


class Memory(NamedTuple):
    """lowest_hz : the voice's lowest frequency in each of the last units that had one; loudest : power of a frame in
    each of the last units; cutoff_hz : at the end of the last unit
    """

    lowest_hz: tuple[float, ...] = ()
    loudest: tuple[float, ...] = ()
    cutoff_hz: float = LOWEST_HZ


class BelowVoice(NamedTuple):
    """spacing_hz : from one bin to the next; strength_db : of the noise reduction"""

    spacing_hz: float
    strength_db: float

    def gains(self, kept: Numbers, memory: Memory) -> tuple[Numbers, Memory]:
        """Gains of a unit's lowest bins (frames, 20), or fewer, and what is known of the voice after it.

        kept (frames, bins) : powers of what the network kept
        """
        lowest_hz, loudest = self._heard(kept, memory)
        cutoff_hz = min(max(SHARE * min(lowest_hz, default=0.0), LOWEST_HZ), HIGHEST_HZ)
        steps = np.arange(1, len(kept) + 1) / (len(kept) if cutoff_hz > memory.cutoff_hz else OPENING)
        along = (memory.cutoff_hz + np.minimum(steps, 1.0) * (cutoff_hz - memory.cutoff_hz))[:, None]
        return self._high_pass(along, kept.shape[1]), Memory(lowest_hz, loudest, cutoff_hz)

    def _heard(self, kept: Numbers, memory: Memory) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The lowest frequencies and the loudest frames of the last units, this one with them."""
        frames = kept[:, self._bin(VOICED_HZ[0]) :].sum(axis=1)
        loudest = (*memory.loudest, float(frames.max()))[-UNITS:]
        voiced = frames > max(max(loudest) * 10 ** (-LOUD_DB / 10), SMALLEST)
        lowest_hz = memory.lowest_hz
        if voiced.sum() >= LEAST_FRAMES:
            usual = np.percentile(kept[voiced, :BINS], PERCENTILE, axis=0)
            lowest_hz = (*lowest_hz, self._lowest_hz(power_db(usual + SMALLEST)))
        return lowest_hz[-UNITS:], loudest

    def _lowest_hz(self, level_db: NDArray[Any]) -> float:
        """Where the levels of bins rise to what is heard as a part of the voice."""
        first, last = (self._bin(hz) for hz in VOICED_HZ)
        least_db = float(level_db[first:last].max()) - UNDER_DB
        k = int(np.argmax(level_db > least_db))
        if not k:
            return 0.0
        step_db = float(level_db[k] - level_db[k - 1])
        return self.spacing_hz * (k - (float(level_db[k]) - least_db) / step_db + 1.0)  # the window's half width

    def _bin(self, hz: float) -> int:
        return int(np.ceil(hz / self.spacing_hz))

    def _high_pass(self, cutoff_hz: Line, bins: int) -> Numbers:
        """(frames, up to 20) for (frames, 1) cutoffs."""
        depth_db = DEPTH_DB * min(1.0, self.strength_db / FULL_AT_DB)
        f = np.arange(min(BINS, bins)) * self.spacing_hz
        taken = high_pass_takes(f, cutoff_hz, ORDER)
        gains: Numbers = (1 - (1 - amplitude(-depth_db)) * taken).astype(np.float32)
        return gains
