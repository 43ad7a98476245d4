"""The peaks between the samples.

References
1. ITU-R BS.1770-5 (2023), Annex 2: true peak by fourfold oversampling. Our interpolator is longer than the 12 taps a
   phase that the annex gives as an example, so it reads the same or higher near the band's edge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.kernel import kernel
from pipeline.stream.stage import split

OVERSAMPLING = 4
HALF = 16  # taps on either side of the point between two samples
CHUNK = 64  # samples that are looked at, or not, together

Places = NDArray[np.int64]


def _interpolator() -> NDArray[np.float32]:
    """(3, 32): weights that give the points at 1/4, 1/2 and 3/4 between samples 15 and 16 of a window of 32."""
    k = np.arange(2 * HALF)
    rows = []
    for phase in range(1, OVERSAMPLING):
        t = k - (HALF - 1) - phase / OVERSAMPLING
        taper = np.i0(8.0 * np.sqrt(np.maximum(0.0, 1 - (t / HALF) ** 2))) / np.i0(8.0)
        row = np.sinc(t) * taper
        rows.append(row / row.sum())
    return np.array(rows, np.float32)


INTERPOLATOR = _interpolator()
# No point between the samples can be higher than this many times the highest of the samples around it.
OVERSHOOT = float(np.abs(INTERPOLATOR).sum(axis=1).max())


def envelope(x: Samples, taps: NDArray[np.float32], quiet: float) -> NDArray[np.float32]:
    """Highest magnitude of any channel at each sample and up to the next one.

    x : (channels, n + 31) float32; answers (n,) for the samples from the 16th on
    quiet : where nothing around reaches this level, the sample's own magnitude is answered (the work is skipped)
    """
    magnitude, n = np.abs(x), x.shape[1] - taps.shape[1] + 1
    at_samples = magnitude.max(axis=0) if len(x) > 1 else magnitude[0]
    peak: NDArray[np.float32] = at_samples[HALF - 1 : HALF - 1 + n].copy()
    if n > 0:
        starts = np.arange(0, x.shape[1], CHUNK)
        highest = np.maximum.reduceat(magnitude, starts, axis=1)
        highest[:, :-1] = np.maximum(highest[:, :-1], highest[:, 1:])  # the taps reach into the next chunk
        loud = np.argwhere(highest[:, : -(-n // CHUNK)] > quiet)
        if loud.size:
            raise_between(peak, np.ascontiguousarray(x), taps, loud)
    return peak


def _between_numpy(peak: NDArray[np.float32], x: Samples, taps: NDArray[np.float32], chunks: Places) -> None:
    for channel, chunk in chunks:
        start = chunk * CHUNK
        out = peak[start : start + CHUNK]
        for row in taps:
            found = np.correlate(x[channel, start : start + out.size + row.size - 1], row, "valid")
            np.maximum(out, np.abs(found), out=out)


@kernel(_between_numpy)
def raise_between(peak: NDArray[np.float32], x: Samples, taps: NDArray[np.float32], chunks: Places) -> None:
    """Raise peak (n,), in place, to what lies between the samples of x (channels, n + 31).

    chunks : (k, 2), channel and number of each chunk of 64 samples to look at
    """
    width, n = taps.shape[1], peak.size
    between = np.empty(CHUNK, np.float32)
    for j in range(chunks.shape[0]):
        channel, start = chunks[j, 0], chunks[j, 1] * CHUNK
        size = min(CHUNK, n - start)
        piece = x[channel, start : start + size + width - 1]
        for p in range(taps.shape[0]):
            between[:] = 0
            # Taps outside, samples inside: only in this order does the compiler use vector instructions.
            for k in range(width):
                for i in range(size):
                    between[i] += taps[p, k] * piece[i + k]
            for i in range(size):
                peak[start + i] = max(peak[start + i], abs(between[i]))


class PeakMeter:
    """True peak of a recording that comes in blocks.

    least : a magnitude; what is lower need not be known
    """

    def __init__(self, channels: int, least: float = 0.0) -> None:
        self._highest = least
        self._tail = np.zeros((channels, 2 * HALF - 1), np.float32)

    def add(self, block: Samples) -> None:
        """The next block (channels, n)."""
        if block.shape[1] == 0:
            return
        x = np.concatenate((self._tail, block), axis=1)
        self._highest = max(self._highest, float(np.abs(block).max()))
        self._highest = max(self._highest, float(envelope(x, INTERPOLATOR, self._highest / OVERSHOOT).max()))
        self._tail = x[:, -(2 * HALF - 1) :]

    def result(self) -> float:
        """The magnitude, full scale = 1; `least` if nothing is higher. Nothing follows: after the end is silence."""
        self.add(np.zeros_like(self._tail))
        return self._highest


def true_peak(x: Samples, block: int = 1 << 16) -> float:
    """True peak of x (channels, n) as a magnitude, full scale = 1; 0.0 for silence or no samples."""
    meter = PeakMeter(x.shape[0])
    for piece in split(x, block):
        meter.add(piece)
    return meter.result()
