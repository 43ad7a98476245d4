"""The filters in front of the meter, and the weights of the channels."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.loudness.k_weighting import WEIGHTS, add_powers, sections
from pipeline.loudness.meter import LoudnessMeter, loudness
from pipeline.stream.stage import split
from tests.pipeline.signals import noise, speech_like

# ITU-R BS.1770-5, tables 1 and 2: b0, b1, b2, a1, a2 at 48 kHz.
STANDARD = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585),
    (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621),
)


def test_at_48_khz_the_filters_are_those_of_the_standard() -> None:
    for section, (*numerator, a1, a2) in zip(sections(48_000), STANDARD, strict=True):
        np.testing.assert_allclose(section, [*numerator, 1.0, a1, a2], atol=1e-10)


@pytest.mark.parametrize(("channels", "at", "n"), [(1, 0, 4_800), (2, 3_000, 9_001), (6, 4_799, 2), (8, 100, 30_000)])
def test_kernel_equals_numpy(channels: int, at: int, n: int) -> None:
    x, weights = noise(channels, n), np.array(WEIGHTS[channels])
    found = []
    for version in (add_powers, add_powers.numpy_version):
        state, sums = np.full((channels, 2, 2), 1e-3), np.ones((at + n) // 4_800 + 1)
        version(x, sections(48_000), weights, state, sums, at, 4_800)
        found.append((sums, state[weights > 0]))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("channels", sorted(WEIGHTS))
def test_it_reads_what_ffmpeg_reads(rate: int, channels: int) -> None:
    """FFmpeg's counts in steps of 0.01 LU."""
    x = np.repeat(speech_like(rate, 4, -30.0), channels, axis=0) + noise(channels, 4 * rate, -50)
    assert loudness(x, rate) == pytest.approx(_by_ffmpeg(x, rate), abs=0.02)


@pytest.mark.parametrize("block", [1, 7, 4_799, 4_800, 4_801, 100_000])
def test_where_the_blocks_end_does_not_matter(block: int) -> None:
    x = noise(2, 60_000 if block > 1 else 40_000)
    meter = LoudnessMeter(48_000, 2)
    for piece in split(x, block):
        meter.add(piece)
    assert meter.result() == pytest.approx(loudness(x, 48_000), abs=1e-9)


def _by_ffmpeg(x: np.ndarray, rate: int) -> float:
    import av

    layouts = {1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0(side)", 6: "5.1(side)", 7: "6.1", 8: "7.1"}
    layout, reading = layouts[len(x)], -70.0
    graph = av.filter.Graph()
    form = f"sample_rate={rate}:sample_fmt=flt:channel_layout={layout}:time_base=1/{rate}"
    source, meter = graph.add("abuffer", form), graph.add("ebur128", "metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(x.T).reshape(1, -1), format="flt", layout=layout)
    frame.sample_rate, frame.pts = rate, 0
    source.push(frame)
    source.push(None)
    while True:
        try:
            reading = float(sink.pull().metadata.get("lavfi.r128.I", reading))
        except (av.error.BlockingIOError, av.error.EOFError):
            return reading
