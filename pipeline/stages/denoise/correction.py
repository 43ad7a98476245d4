"""The deep filter in a stream: it answers for a frame once the gains of the two after it are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.dsp.stft import Spectra, Stft
from pipeline.neural.bands import interpolation
from pipeline.neural.deep_filter import AHEAD, BINS, PAST, SIDE, TOKENS, DeepFilter, Spectrum, corrections
from pipeline.neural.features import SILENCE
from pipeline.neural.kernels import Numbers
from pipeline.neural.network import Gains, no_gains

T = TypeVar("T", bound=np.generic)

RUMBLE_BINS = 2  # at every rate: bins are 28 to 31 Hz apart; no voice is there, and nothing to be corrected


class Pending(NamedTuple):
    """Gains (up to AHEAD frames) and tokens (20, as many, width) that wait for those after them, and what the frames
    before them were estimated to be (PAST, 82).
    """

    gains: Gains
    tokens: Numbers
    before: Spectrum


@dataclass(frozen=True)
class Correction:
    """stft, sample_rate : of the spectra"""

    weights: DeepFilter
    stft: Stft
    sample_rate: int

    def start(self) -> Pending:
        """At the start of a stream: nothing came before."""
        before = np.zeros((PAST, BINS + 2 * SIDE), np.complex64)
        return Pending(no_gains(), np.zeros((TOKENS, 0, self.weights.norm.shape[1]), np.float32), before)

    def step(
        self, gains: Gains, x: Numbers | None, line: Spectra, power: float, wait: Pending
    ) -> tuple[Gains, Pending]:
        """The gains whose next ones are known, with what is added to them, and what waits from now on.

        gains, x : of the newest frames, and what came out of the network's last layer, None without any
        line : (channels, frames, bins), spectra; the last are those of the newest gains
        power : mean, of the recording's bins
        """
        if x is None:
            return gains, wait
        kept, dry, none = (np.concatenate(pair) for pair in zip(wait.gains, gains, strict=True))
        tokens = np.concatenate((wait.tokens, x[:TOKENS]), axis=1)
        frames = max(0, len(kept) - AHEAD)
        in_bins = _lowest(kept @ interpolation(self.stft.size, self.sample_rate))
        heard = _lowest(line[:, line.shape[1] - len(kept) :].mean(axis=0))
        estimate: Spectrum = np.concatenate((wait.before, heard * in_bins)).astype(np.complex64)
        scale = np.float32(1 / np.sqrt(power + SILENCE))
        added = corrections(
            self.weights,
            (heard[:frames, SIDE:-SIDE] * scale).astype(np.complex64),
            (estimate * scale).astype(np.complex64),
            in_bins[:frames],
            np.ascontiguousarray(tokens[:, :frames]),  # one kernel for all layouts
            self.sample_rate / self.stft.size,
        )
        added[:, :RUMBLE_BINS] = 0
        after = Pending(
            Gains(kept[frames:], dry[frames:], none[frames:]), tokens[:, frames:], estimate[frames : frames + PAST]
        )
        return Gains(kept[:frames], dry[:frames], added), after


def _lowest(rows: NDArray[T]) -> NDArray[T]:
    """(frames, bins) → those of the deep filter and one on either side (frames, 82); zeros where there are none."""
    lowest = np.zeros((len(rows), BINS + 2 * SIDE), rows.dtype)
    there = min(rows.shape[1], BINS + SIDE)
    lowest[:, SIDE : SIDE + there] = rows[:, :there]
    return lowest
