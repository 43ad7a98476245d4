"""The peaks between the samples.

References
1. ITU-R BS.1770-5 (2023), Annex 2: true peak by fourfold oversampling. Our interpolator is longer than the 12 taps a
   phase that the annex gives as an example, so it reads the same or higher near the band's edge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.dsp.kernel import kernel
from pipeline.stream.stage import split

OVERSAMPLING = 4
HALF = 16  # taps on either side of the point between two samples


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


def _envelope_numpy(x: Samples, taps: NDArray[np.float32], quiet: float) -> NDArray[np.float32]:
    width, chunk = taps.shape[1], 1024
    magnitude = np.abs(x)
    peak: NDArray[np.float32] = magnitude[:, HALF - 1 : x.shape[1] - HALF].max(axis=0)
    for start in range(0, peak.size, chunk):
        here, out = slice(start, start + chunk + width - 1), peak[start : start + chunk]
        for channel in x[magnitude[:, here].max(axis=1) > quiet, here]:
            for row in taps:
                np.maximum(out, np.abs(np.correlate(channel, row, "valid")), out=out)
    return peak


@kernel(_envelope_numpy)
def envelope(x: Samples, taps: NDArray[np.float32], quiet: float) -> NDArray[np.float32]:
    """Highest magnitude of any channel at each sample and up to the next one.

    x : (channels, n + 31) float32; answers (n,) for the samples from the 16th on
    quiet : where nothing around reaches this level, the sample's own magnitude is answered (the work is skipped)
    """
    channels, total = x.shape
    width = taps.shape[1]
    half = width // 2
    n = total - width + 1
    out = np.zeros(n, np.float32)
    chunk = 64
    between = np.empty(chunk, np.float32)
    for start in range(0, n, chunk):
        size = min(chunk, n - start)
        for c in range(channels):
            piece = x[c, start : start + size + width - 1]
            loud = np.float32(0.0)
            for i in range(piece.size):
                loud = max(loud, abs(piece[i]))
            for i in range(size):
                out[start + i] = max(out[start + i], abs(piece[i + half - 1]))
            if loud <= quiet:
                continue
            for p in range(taps.shape[0]):
                between[:] = 0
                # Taps outside, samples inside: only in this order does the compiler use vector instructions.
                for k in range(width):
                    for i in range(size):
                        between[i] += taps[p, k] * piece[i + k]
                for i in range(size):
                    out[start + i] = max(out[start + i], abs(between[i]))
    return out


class PeakMeter:
    """True peak of a recording that comes in blocks."""

    def __init__(self, channels: int) -> None:
        self._highest = 0.0
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
        """The magnitude, full scale = 1; 0.0 for silence or no samples. Nothing follows: after the end is silence."""
        self.add(np.zeros_like(self._tail))
        return self._highest


def true_peak(x: Samples, block: int = 1 << 16) -> float:
    """True peak of x (channels, n) as a magnitude, full scale = 1; 0.0 for silence or no samples."""
    meter = PeakMeter(x.shape[0])
    for piece in split(x, block):
        meter.add(piece)
    return meter.result()
