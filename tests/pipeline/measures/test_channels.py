"""One scene, or microphones of their own: told from what the channels have in common."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import fftconvolve

from pipeline.audio import Audio, Samples
from pipeline.measures.analysis import analyze
from pipeline.measures.channels import ChannelMeter
from tests.pipeline.signals import noise, speech_like

RATE, SECONDS = 16_000, 8


def voice(seed: int) -> Samples:
    """(n,) of a talker, in turns of about a second."""
    x = speech_like(RATE, SECONDS, seed=seed, pitch=1 + 0.17 * seed)[0]
    return (x / np.sqrt(np.square(x).mean()) * 0.05).astype(np.float32)


def room(seed: int, t60_s: float = 0.4) -> Samples:
    """A way from a mouth to a microphone: direct sound, then a tail that is another one for every way."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(t60_s * RATE)) / RATE
    tail = rng.standard_normal(t.size) * 10 ** (-3 * t / t60_s) * 0.04
    tail[0] = 1.0
    return tail.astype(np.float32)


def heard(voices: list[Samples], gains: list[list[float]], seed: int = 0) -> Samples:
    """(channels, n): every channel hears every voice by a way of its own, and a little hiss."""
    rows = []
    for c, row in enumerate(gains):
        ways = (
            g * fftconvolve(v, room(100 * c + k + seed))[: v.size]
            for k, (v, g) in enumerate(zip(voices, row, strict=True))
        )
        rows.append(sum(ways) + noise(1, voices[0].size, -75, seed=seed + c)[0])
    return np.array(rows, np.float32)


def separate(x: Samples) -> bool:
    return analyze(Audio(x, RATE)).separate_microphones


@pytest.mark.parametrize("bleed", [0.0, 0.03, 0.1])
def test_a_microphone_at_every_mouth(bleed: float) -> None:
    assert separate(heard([voice(1), voice(2)], [[1.0, bleed], [bleed, 1.0]]))


@pytest.mark.parametrize(
    "gains", [[[1.0], [1.0]], [[1.0], [0.5]], [[1.0, 1.0], [1.0, 1.0]], [[1.0, 0.6], [0.6, 1.0]]],
    ids=["one talker", "one talker to the left", "two talkers", "two talkers left and right"],
)  # fmt: skip
def test_one_scene(gains: list[list[float]]) -> None:
    assert not separate(heard([voice(1), voice(2)][: len(gains[0])], gains))


def test_a_copy_is_one_scene_and_so_is_a_copy_turned_round() -> None:
    x = voice(1)
    assert not separate(np.stack([x, x]))
    assert not separate(np.stack([x, -x]))


def test_three_lines_of_which_two_are_one_scene_are_one_scene() -> None:
    a, b = voice(1), voice(2)
    assert not separate(np.stack([a, b, a]))
    assert separate(np.stack([a, b, voice(3)]))


def test_what_is_shared_is_told_as_a_number() -> None:
    a, b = noise(2, RATE * SECONDS, -20, seed=5)
    meter = ChannelMeter(RATE, 2)
    meter.add(np.stack([a, 0.5 * a + 0.1 * b]))
    found = meter.result()
    assert found is not None
    assert found.share == pytest.approx(0.5, abs=0.02)
    assert found.coherence == pytest.approx(0.25 / 0.26, abs=0.02)


def test_the_size_of_the_blocks_changes_nothing() -> None:
    x = heard([voice(1), voice(2)], [[1.0, 0.1], [0.1, 1.0]])
    results = []
    for size in (x.shape[1], 1_000, 44_111):
        meter = ChannelMeter(RATE, 2)
        for at in range(0, x.shape[1], size):
            meter.add(x[:, at : at + size])
        results.append(meter.result())
    for found in results[1:]:
        assert found is not None
        assert results[0] is not None
        assert found[:2] == pytest.approx(results[0][:2], rel=1e-6)


def test_the_levels_are_those_of_every_channel_alone() -> None:
    x = np.stack([voice(1), 0.1 * voice(2)])
    a = analyze(Audio(x, RATE))
    assert len(a.of_channels) == 2
    for one, row in zip(a.of_channels, x, strict=True):
        alone = analyze(Audio(row[np.newaxis], RATE))
        assert (one.speech_dbfs, one.snr_db, one.clearance_db) == (alone.speech_dbfs, alone.snr_db, alone.clearance_db)
        assert alone.of_channels == ()
        assert alone.channel_share is None


def test_silence_shares_nothing_and_breaks_nothing() -> None:
    for x in (np.zeros((2, RATE), np.float32), np.stack([voice(1), np.zeros(RATE * SECONDS, np.float32)])):
        a = analyze(Audio(x, RATE))
        assert (a.channel_share, a.channel_coherence) == (0.0, 0.0)
    assert analyze(Audio(np.zeros((2, 30), np.float32), RATE)).channel_share == 0.0
