"""The sound of a hum: one period of it, played at a frequency that drifts."""

from __future__ import annotations

import numpy as np

from pipeline.audio import Samples
from pipeline.kernel import kernel

from .tracker import Hum

TABLE = 4096  # values of a period; linear interpolation between them errs by -54 dB at the 80th harmonic


def period(hum: Hum) -> Samples:
    """One period of the hum and the first value of the next (channels, TABLE + 1)."""
    from scipy.fft import irfft

    believed = hum.believed
    lines = np.zeros((len(believed), TABLE // 2 + 1), np.complex64)
    lines[:, 1 : 1 + believed.shape[1]] = believed * np.float32(TABLE / 2)
    table: Samples = irfft(lines, axis=1)
    return np.concatenate((table, table[:, :1]), axis=1)


def _played_numpy(table: Samples, cycles: float, drift: float, first: int, n: int) -> Samples:
    t = np.arange(first, first + n, dtype=np.float64)
    phase = (cycles + 0.5 * drift * t) * t
    place = (phase - np.floor(phase)) * (table.shape[1] - 1)
    at = np.minimum(place.astype(np.int64), table.shape[1] - 2)
    part = (place - at).astype(np.float32)
    out: Samples = table[:, at] + part * (table[:, at + 1] - table[:, at])
    return out


@kernel(_played_numpy)
def played(table: Samples, cycles: float, drift: float, first: int, n: int) -> Samples:
    """The table (channels, size + 1) read through at `cycles` per sample (and `drift` per sample²): (channels, n).

    first : number of the first sample; at sample 0 the table is at its beginning
    """
    size = table.shape[1] - 1
    out = np.empty((table.shape[0], n), np.float32)
    for i in range(n):
        t = np.float64(first + i)
        phase = (cycles + 0.5 * drift * t) * t
        place = (phase - np.floor(phase)) * size
        at = min(int(place), size - 1)
        part = np.float32(place - at)
        for c in range(table.shape[0]):
            out[c, i] = table[c, at] + part * (table[c, at + 1] - table[c, at])
    return out
