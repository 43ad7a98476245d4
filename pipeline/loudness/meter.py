"""Programme loudness, measured by FFmpeg's meter.

The standard's absolute gate, -70 LUFS, keeps pauses out of a programme. A recording that lies below it as a whole is
no silence for that: it is measured with the relative gate alone.

References
1. ITU-R BS.1770-5 (2023), "Algorithms to measure audio programme loudness and true-peak audio level", Annex 1.
2. EBU R 128 (2023) and EBU Tech 3341 (2023), whose test signals the tests play.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.audio import Samples
from pipeline.dsp.decibels import power, power_db
from pipeline.stream.meter import measured
from pipeline.stream.stage import split

GATING_BLOCK_S = 0.4
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
SILENCE_LUFS = -88.0  # a silence dithered to 16 bit measures -93, in stereo -90
# The layouts FFmpeg knows by name give the surround channels their weight and leave the LFE out, as BS.1770 asks.
LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0(side)", 6: "5.1(side)", 7: "6.1", 8: "7.1"}


class LoudnessMeter:
    """Integrated loudness of a recording that comes in blocks."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        import av

        self._sample_rate, self._layout = sample_rate, LAYOUTS[channels]
        graph = av.filter.Graph()
        form = f"sample_rate={sample_rate}:sample_fmt=flt:channel_layout={self._layout}:time_base=1/{sample_rate}"
        self._source = graph.add("abuffer", form)
        meter = graph.add("ebur128", "metadata=1:framelog=quiet")
        self._sink = graph.add("abuffersink")
        self._source.link_to(meter)
        meter.link_to(self._sink)
        graph.configure()
        self._graph = graph  # it must live as long as what is in it
        self._position = 0
        self._start: list[Samples] = []  # as long as all of it is shorter than two gating blocks
        self._reading = ABSOLUTE_GATE_LUFS
        self._faint: list[float] = []  # LUFS of each gating block, as long as none is above the absolute gate

    def add(self, block: Samples) -> None:
        """The next block (channels, n)."""
        import av

        if block.shape[1] == 0:
            return
        if self._position < self._shortest:
            self._start.append(block)
        else:
            self._start.clear()
        # Interleaved: PyAV's planar frames end at seven channels.
        interleaved = np.ascontiguousarray(block.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(interleaved, format="flt", layout=self._layout)
        frame.sample_rate, frame.pts = self._sample_rate, self._position
        self._position += block.shape[1]
        self._source.push(frame)
        self._drain()

    def result(self) -> float | None:
        """LUFS of all blocks; None for silence. Afterwards no more can be added.

        What is shorter than two gating blocks (0.8 s) is measured as if it were repeated; BS.1770 says nothing of it.
        """
        if 0 < self._position < self._shortest:
            whole = np.concatenate(self._start, axis=1)
            self.add(np.tile(whole, (1, -(-self._shortest // whole.shape[1]) - 1)))
        self._source.push(None)
        self._drain()
        return self._reading if self._reading > ABSOLUTE_GATE_LUFS else _relative(np.array(self._faint))

    @property
    def _shortest(self) -> int:
        return int(np.ceil(2 * GATING_BLOCK_S * self._sample_rate))

    def _drain(self) -> None:
        import av

        try:
            while True:
                measures = self._sink.pull().metadata
                self._reading = float(measures.get("lavfi.r128.I", self._reading))
                if self._reading > ABSOLUTE_GATE_LUFS:
                    self._faint.clear()
                elif momentary := measures.get("lavfi.r128.M"):
                    self._faint.append(float(momentary))
        except (av.error.BlockingIOError, av.error.EOFError):
            pass


def _relative(blocks: NDArray[np.float64]) -> float | None:
    """LUFS of gating blocks (n,) in LUFS, by the relative gate alone; None for silence."""
    sounding = blocks[blocks > SILENCE_LUFS]
    if not sounding.size:
        return None
    mean = power_db(float(power(sounding).mean()))
    return power_db(float(power(sounding[sounding > mean + RELATIVE_GATE_LU]).mean()))


def loudness(x: Samples, sample_rate: int) -> float | None:
    """Integrated loudness of x (channels, n) in LUFS; None for silence."""
    return measured(LoudnessMeter(sample_rate, x.shape[0]), split(x, sample_rate))
