"""Second-order filter sections that remember where they stopped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.kernel import kernel
from pipeline.stream.stage import Stage

Sections = NDArray[np.float64]


def _filter_numpy(x: Samples, sections: Sections, state: NDArray[np.float64]) -> Samples:
    from scipy.signal import sosfilt

    y, after = sosfilt(sections, x.astype(np.float64), axis=1, zi=state.transpose(1, 0, 2))
    state[:] = after.transpose(1, 0, 2)
    out: Samples = y.astype(np.float32)
    return out


@kernel(_filter_numpy)
def filter_sections(x: Samples, sections: Sections, state: NDArray[np.float64]) -> Samples:
    """Transposed direct form II in float64; `state` (channels, sections, 2) is updated in place."""
    channels, n = x.shape
    y = np.empty((channels, n), np.float32)
    for c in range(channels):
        for i in range(n):
            v = np.float64(x[c, i])
            for s in range(sections.shape[0]):
                u = v
                v = sections[s, 0] * u + state[c, s, 0]
                state[c, s, 0] = sections[s, 1] * u - sections[s, 4] * v + state[c, s, 1]
                state[c, s, 1] = sections[s, 2] * u - sections[s, 5] * v
            y[c, i] = v
    # A decayed tail must not crawl through denormal numbers, which are many times slower.
    for c in range(channels):
        for s in range(sections.shape[0]):
            for k in range(2):
                if abs(state[c, s, k]) < 1e-30:
                    state[c, s, k] = 0.0
    return y


def stage(sections: Sections, channels: int) -> Stage[NDArray[np.float64]]:
    """The sections (s, 6) in series, on every channel alike. No latency."""

    def step(block: Samples, state: NDArray[np.float64]) -> tuple[Samples, NDArray[np.float64]]:
        after = state.copy()
        return filter_sections(block, sections, after), after

    return Stage(0, lambda: np.zeros((channels, len(sections), 2)), step)
