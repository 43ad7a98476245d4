"""Whether the channels of a recording are one scene, or microphones of their own.

One scene is heard by all channels: what is loud in one is in the others, too, with a fixed relation of phases. A second
microphone at a second talker's mouth shares with the first what bleeds over, 15 dB and more below. So two numbers are
taken from the cross spectra of frames of 64 ms between 100 Hz and 2 kHz:

- share: |S12| / max(S11, S22), within segments of a second, where mostly one talks: how much of the louder channel is
  also in the other;
- coherence: |S12|² / (S11 · S22) [1, eq. 4.2] over the whole recording: bleeding that comes from several talkers by
  different ways cancels out there, a scene's does not as far.

Both are means over frequency, weighted by power. The limits come from 360 simulated scenes (one or two talkers before
a spaced pair, or panned, T60 0.2 to 0.7 s, 5 to 30 dB over the noise) and 240 pairs of microphones at their talkers'
mouths: no scene is taken apart; of the pairs those without bleed, or with bleed of -20 dB, are told, and four of five
of those in a small, live room. What is missed is treated as one scene.

1. G. C. Carter, "Coherence and time delay estimation", Proc. IEEE 75 (1987).
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.stream.units import Windows

from .levels import FramePowers, Levels, measure

WINDOW_S = 0.064
LOWEST_HZ, HIGHEST_HZ = 100.0, 2000.0
SEGMENT_FRAMES = 31  # a second
NOTHING = 1e-20


class Relation(NamedTuple):
    """share, coherence : 0…1, the most that any two channels have; levels : of each channel for itself."""

    share: float
    coherence: float
    levels: tuple[Levels, ...]


class ChannelMeter:
    """What the channels of a recording that comes in blocks have in common, and the levels of each.

    channels : 2 or more, or 0 where nothing is to be measured
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        from scipy.fft import next_fast_len

        self._hop = int(next_fast_len(max(8, round(WINDOW_S * sample_rate / 2)), real=True))
        hz = np.fft.rfftfreq(2 * self._hop, 1 / sample_rate)
        self._bins = slice(*np.searchsorted(hz, (LOWEST_HZ, HIGHEST_HZ)))
        self._window = np.hanning(2 * self._hop + 1)[:-1].astype(np.float32)
        self._windows = Windows(channels, (SEGMENT_FRAMES + 1) * self._hop, SEGMENT_FRAMES * self._hop)
        self._powers = [FramePowers(sample_rate) for _ in range(channels)]
        self._pairs = {pair: _Pair() for pair in combinations(range(channels), 2)}

    def add(self, block: Samples) -> None:
        """The next block (channels, n)."""
        if not self._pairs:
            return
        for channel, powers in enumerate(self._powers):
            powers.add(block[channel : channel + 1])
        for segment in self._windows.add(block):
            self._hear(segment)

    def result(self) -> Relation | None:
        """Of all blocks. Afterwards no more can be added."""
        if not self._pairs:
            return None
        if self._windows.rest.shape[1] >= 2 * self._hop:
            self._hear(self._windows.rest)
        shares, coherences = zip(*(pair.result() for pair in self._pairs.values()), strict=True)
        return Relation(max(shares), max(coherences), tuple(measure(powers.result()) for powers in self._powers))

    def _hear(self, segment: Samples) -> None:
        from scipy.fft import rfft

        frames = np.lib.stride_tricks.sliding_window_view(segment, 2 * self._hop, axis=1)[:, :: self._hop]
        spectra = rfft(frames * self._window, axis=2)[:, :, self._bins]
        powers = np.square(np.abs(spectra)).sum(axis=1, dtype=np.float64)
        for (first, second), pair in self._pairs.items():
            cross = (spectra[first] * spectra[second].conj()).sum(axis=0, dtype=np.complex128)
            pair.add(powers[first], powers[second], cross)


class _Pair:
    """Sums over the segments of two channels, per bin and in all."""

    def __init__(self) -> None:
        self._first: NDArray[np.float64] | float = 0.0
        self._second: NDArray[np.float64] | float = 0.0
        self._cross: NDArray[np.complex128] | float = 0.0
        self._common, self._all = 0.0, 0.0

    def add(self, first: NDArray[np.float64], second: NDArray[np.float64], cross: NDArray[np.complex128]) -> None:
        self._common += float(np.abs(cross).sum())
        self._all += float(np.maximum(first, second).sum())
        self._first, self._second, self._cross = self._first + first, self._second + second, self._cross + cross

    def result(self) -> tuple[float, float]:
        """Share and coherence; 0 where there is no sound."""
        louder = np.maximum(self._first, self._second)
        coherence = np.square(np.abs(self._cross)) / np.maximum(self._first * self._second, NOTHING)
        whole = max(float(np.sum(louder)), NOTHING)
        return self._common / max(self._all, NOTHING), float(np.sum(coherence * louder)) / whole
