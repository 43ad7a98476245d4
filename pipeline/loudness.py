"""Programme loudness, measured by FFmpeg's meter.

References
1. ITU-R BS.1770-5 (2023), "Algorithms to measure audio programme loudness and true-peak audio level", Annex 1.
2. EBU R 128 (2023) and EBU Tech 3341 (2023), whose test signals the tests play.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from .audio import Samples

GATING_BLOCK_S = 0.4
ABSOLUTE_GATE_LUFS = -70.0
# The layouts FFmpeg knows by name give the surround channels their weight and leave the LFE out, as BS.1770 asks.
LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0(side)", 6: "5.1(side)", 7: "6.1", 8: "7.1"}


def integrated(blocks: Iterable[Samples], sample_rate: int, channels: int) -> float | None:
    """Integrated loudness in LUFS of consecutive blocks (channels, n); None where all of it is under the gate."""
    import av

    graph = av.filter.Graph()
    layout = LAYOUTS[channels]
    source = graph.add(
        "abuffer",
        f"sample_rate={sample_rate}:sample_fmt=flt:channel_layout={layout}:time_base=1/{sample_rate}",
    )
    meter = graph.add("ebur128", "metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()

    reading = ABSOLUTE_GATE_LUFS

    def drain() -> None:
        nonlocal reading
        try:
            while True:
                reading = float(sink.pull().metadata.get("lavfi.r128.I", reading))
        except (av.error.BlockingIOError, av.error.EOFError):
            pass

    position = 0
    for block in blocks:
        if block.shape[1] == 0:
            continue
        # Interleaved: PyAV's planar frames end at seven channels.
        interleaved = np.ascontiguousarray(block.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(interleaved, format="flt", layout=layout)
        frame.sample_rate, frame.pts = sample_rate, position
        position += block.shape[1]
        source.push(frame)
        drain()
    source.push(None)
    drain()
    return reading if reading > ABSOLUTE_GATE_LUFS else None


def loudness(x: Samples, sample_rate: int, on_block: Callable[[], None] = lambda: None) -> float | None:
    """Integrated loudness of x (channels, n) in LUFS; None for silence.

    A recording shorter than one gating block (0.4 s) is measured as if it were repeated; BS.1770 says nothing of it.
    """
    if x.shape[1] == 0:
        return None
    shortest = int(np.ceil(2 * GATING_BLOCK_S * sample_rate))
    if x.shape[1] < shortest:
        x = np.tile(x, (1, -(-shortest // x.shape[1])))

    def pieces() -> Iterable[Samples]:
        for start in range(0, x.shape[1], sample_rate):
            on_block()
            yield x[:, start : start + sample_rate]

    return integrated(pieces(), sample_rate, x.shape[0])
