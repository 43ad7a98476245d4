"""Programme loudness: the mean power of gating blocks of 400 ms that are loud enough to count.

The standard's absolute gate, -70 LUFS, keeps pauses out of a programme. A recording that lies below it as a whole is
no silence for that: it is measured with the relative gate alone.

References
1. ITU-R BS.1770-5 (2023), "Algorithms to measure audio programme loudness and true-peak audio level", Annex 1.
2. EBU R 128 (2023) and EBU Tech 3341 (2023), whose test signals the tests play.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.audio import Samples
from pipeline.dsp.decibels import power, power_db
from pipeline.stream.meter import measured
from pipeline.stream.stage import split

from .k_weighting import WEIGHTS, Floats, add_powers, sections

HOP_S, HOPS = 0.1, 4  # a gating block every tenth of a second, four of them long
SCALE_DB = -0.691  # makes a sine of 997 Hz and 0 dBFS in one channel read -3.01
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
SILENCE_LUFS = -88.0  # a silence dithered to 16 bit measures -93, in stereo -90


@dataclass(frozen=True)
class Gated:
    """powers : (blocks,) float64, weighted mean square of every gating block"""

    powers: Floats

    def lufs(self, gain_db: float = 0.0) -> float | None:
        """Integrated loudness after so much gain; None for silence."""
        level = np.maximum(self.powers, 1e-30) * power(gain_db + SCALE_DB)
        gate = ABSOLUTE_GATE_LUFS if level.max(initial=0.0) > power(ABSOLUTE_GATE_LUFS) else SILENCE_LUFS
        loud = level[level > power(gate)]
        if not loud.size:
            return None
        return power_db(float(loud[loud > loud.mean() * power(RELATIVE_GATE_LU)].mean()))


class LoudnessMeter:
    """Integrated loudness of a recording that comes in blocks."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._filters, self._weights = sections(sample_rate), np.array(WEIGHTS[channels])
        self._hop = max(1, round(HOP_S * sample_rate))
        self._state = np.zeros((channels, 2, 2))
        self._sums: list[Floats] = []  # of whole hops
        self._open, self._at = 0.0, 0  # of the hop that is not complete, and the samples in it
        self._start: list[Samples] = []  # as long as all of it is shorter than two gating blocks
        self._missing = 2 * HOPS * self._hop

    def add(self, block: Samples) -> None:
        """The next block (channels, n)."""
        n = block.shape[1]
        if n == 0:
            return
        if self._missing > 0:
            self._start.append(block)
            self._missing -= n
            if self._missing <= 0:
                self._start.clear()
        self._hear(block)

    def result(self) -> float | None:
        """LUFS of all blocks; None for silence. Afterwards no more can be added."""
        return self.gated().lufs()

    def gated(self) -> Gated:
        """The gating blocks of all blocks. Afterwards no more can be added.

        What is shorter than two gating blocks (0.8 s) is measured as if it were repeated; BS.1770 says nothing of it.
        """
        if self._start:
            whole = np.concatenate(self._start, axis=1)
            self._hear(np.tile(whole, (1, -(-self._missing // whole.shape[1]))))
            self._start.clear()
        hops = np.concatenate([np.zeros(0), *self._sums])
        blocks = np.lib.stride_tricks.sliding_window_view(hops, HOPS).sum(axis=1) if hops.size >= HOPS else hops[:0]
        return Gated(blocks / (HOPS * self._hop))

    def _hear(self, block: Samples) -> None:
        end = self._at + block.shape[1]
        sums = np.zeros(end // self._hop + 1)
        sums[0] = self._open
        x = np.ascontiguousarray(block)
        add_powers(x, self._filters, self._weights, self._state, sums, self._at, self._hop)
        self._sums.append(sums[:-1])
        self._open, self._at = float(sums[-1]), end % self._hop


def loudness(x: Samples, sample_rate: int) -> float | None:
    """Integrated loudness of x (channels, n) in LUFS; None for silence."""
    return measured(LoudnessMeter(sample_rate, x.shape[0]), split(x, sample_rate))
