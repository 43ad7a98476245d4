"""By how much each known part of a mixture was turned up or down in a result, by critical band and moment.

A cell is a critical band times a few frames. In each the result is taken for a sum of the known parts, each with a
factor of its own: the factors by least squares are the gains. So what became of a weak part is found under a stronger
one, and a constant gain is found exactly.

1. E. Zwicker, "Subdivision of the audible frequency range into critical bands", J. Acoust. Soc. Am. 33 (1961), 248.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .mixtures import Signal

Numbers = NDArray[np.float64]
FRAME_S, HOP_S = 0.032, 0.008
# The limits of the critical bands [1, table 1], in Hz.
EDGES_HZ = (
    *(100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720),
    *(2000, 2320, 2700, 3150, 3700, 4400, 5300, 6400, 7700, 9500, 12_000, 15_500),
)
LEAST_DB, MOST_DB = -40.0, 6.0
LOUDNESS = 0.3  # loudness grows as this power of the power, about


class Cells:
    """A mixture's parts in cells (moments, bands). power : (parts, moments, bands)"""

    def __init__(self, parts: Sequence[Signal], sample_rate: int, cell_s: float) -> None:
        self._rate, self._frames = sample_rate, max(1, round(cell_s / HOP_S))
        self._parts = np.stack([self._spectra(part) for part in parts])
        edges = [hz for hz in EDGES_HZ if hz <= sample_rate / 2]
        self._bins = np.round(np.array(edges) * FRAME_S).astype(int)
        self.power = self._summed(np.abs(self._parts) ** 2)

    def gains_db(self, y: Signal) -> Numbers:
        """(parts, moments, bands) How much of each part is in `y`, from -40 to 6 dB."""
        spectra = self._spectra(y)
        among = self._summed((self._parts[:, None].conj() * self._parts[None]).real)
        found = self._summed((self._parts.conj() * spectra).real)
        among, found = np.moveaxis(among, (0, 1), (-2, -1)), np.moveaxis(found, 0, -1)
        least = 1e-9 * np.trace(among, axis1=-2, axis2=-1)[..., None, None] + 1e-20
        factors = np.linalg.solve(among + least * np.eye(len(self._parts)), found[..., None])[..., 0]
        decibels = 20 * np.log10(np.maximum(np.moveaxis(factors, -1, 0), 1e-9))
        held: Numbers = np.clip(decibels, LEAST_DB, MOST_DB)
        return held

    def share(self, marked: NDArray[np.bool_]) -> Numbers:
        """(moments, 1) How much of each moment is marked, of `marked` (n,)."""
        moments = self.power.shape[1]
        step = self._frames * round(HOP_S * self._rate)
        padded = np.pad(marked.astype(float), (0, max(0, moments * step - len(marked))))
        inside: Numbers = padded[: moments * step].reshape(moments, step).mean(axis=1)[:, None]
        return inside

    def loudness(self, part: int) -> Numbers:
        """(moments, bands) of a part, in any unit."""
        loud: Numbers = self.power[part] ** LOUDNESS
        return loud

    def _spectra(self, x: Signal) -> NDArray[np.complex128]:
        """(frames, bins), whole cells; a frame begins where its cell does, so that the sound is in the middle."""
        size, hop = round(FRAME_S * self._rate), round(HOP_S * self._rate)
        padded = np.pad(x.astype(np.float64), ((size - hop) // 2, size + hop * self._frames))
        count = -(-len(x) // (hop * self._frames)) * self._frames
        cut = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop][:count]
        spectra: NDArray[np.complex128] = np.fft.rfft(cut * np.hanning(size), axis=1)
        return spectra

    def _summed(self, x: Numbers) -> Numbers:
        """(…, frames, bins) → (…, moments, bands)."""
        bands = np.add.reduceat(x, self._bins, axis=-1)[..., :-1]
        moments: Numbers = bands.reshape(*bands.shape[:-2], -1, self._frames, bands.shape[-1]).sum(axis=-2)
        return moments
