"""Programme loudness, measured by FFmpeg's meter.

References
1. ITU-R BS.1770-5 (2023), "Algorithms to measure audio programme loudness and true-peak audio level", Annex 1.
2. EBU R 128 (2023) and EBU Tech 3341 (2023), whose test signals the tests play.
"""

from __future__ import annotations

import numpy as np

from pipeline.audio import Samples
from pipeline.stream.meter import measured
from pipeline.stream.stage import split

GATING_BLOCK_S = 0.4
ABSOLUTE_GATE_LUFS = -70.0
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
        return self._reading if self._reading > ABSOLUTE_GATE_LUFS else None

    @property
    def _shortest(self) -> int:
        return int(np.ceil(2 * GATING_BLOCK_S * self._sample_rate))

    def _drain(self) -> None:
        import av

        try:
            while True:
                self._reading = float(self._sink.pull().metadata.get("lavfi.r128.I", self._reading))
        except (av.error.BlockingIOError, av.error.EOFError):
            pass


def loudness(x: Samples, sample_rate: int) -> float | None:
    """Integrated loudness of x (channels, n) in LUFS; None for silence."""
    return measured(LoudnessMeter(sample_rate, x.shape[0]), split(x, sample_rate))
