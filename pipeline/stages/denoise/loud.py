"""What is loud and no speech goes as far as asked for, where less is enough for the rest of the recording.

Keys, barks and gusts between the words of a quiet recording: its quiet moments say that little noise reduction is
needed, and they stay. So a frame of which the network takes nearly all away, and with it what is nearly as loud as the
speech, has a strength of its own. Breaths and whispers are fainter, and of speech the network takes little. It is no
detector: where the network takes laughter or music for noise, they go as well; hence `spared`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.dsp.decibels import power_db
from pipeline.neural.kernels import Numbers

Spans = tuple[tuple[float, float], ...]

# From the first to the second: what is taken away, against the mean level of the speech, and the gain of the frame.
TAKEN_DB = (-16.0, -12.0)
GAIN_DB = (-10.0, -15.0)
SMALLEST = np.float32(1e-14)


class Loud(NamedTuple):
    """strength_db : so far it goes; speech_dbfs : mean power of the speech; spared : from and to in s, where the
    recording may hold what should stay.
    """

    strength_db: float
    speech_dbfs: float
    spared: Spans = ()

    def share(self, power: Numbers, gains: Numbers, at_s: NDArray[np.float64]) -> Numbers:
        """(frames,) 0…1: 1 where a frame is loud and goes.

        power (frames, bins) : mean of the channels, the sum of the bins is the frame's, full scale = 1
        gains (frames, bins) : of the network alone
        at_s (frames,) : their moments
        """
        before = power.sum(axis=1) + SMALLEST
        after = (power * gains**2).sum(axis=1) + SMALLEST
        taken_db = power_db(np.maximum(before - after, SMALLEST)) - np.float32(self.speech_dbfs)
        share: Numbers = _ramp(taken_db, TAKEN_DB) * _ramp(power_db(after / before), GAIN_DB)
        for from_s, to_s in self.spared:
            share[(at_s >= from_s) & (at_s < to_s)] = 0
        return share


def _ramp(values: Numbers, ends: tuple[float, float]) -> Numbers:
    """0 at the first end and beyond it, 1 at the second."""
    along: Numbers = (values - np.float32(ends[0])) / np.float32(ends[1] - ends[0])
    return along.clip(0, 1)
