from __future__ import annotations

import numpy as np
import pytest

from pipeline.dsp.stft import Stft
from pipeline.stream.stage import run, run_whole, split
from pipeline.stream.units import in_units
from tests.pipeline.signals import noise


def resynthesis(stft: Stft, frames: int, channels: int):  # type: ignore[no-untyped-def]
    """A stage that analyses and resynthesises, nothing else."""

    def work(unit, tails):  # type: ignore[no-untyped-def]
        spectra, before = stft.analyze(unit, tails[0])
        y, after = stft.synthesize(spectra, tails[1])
        return y, (before, after)

    silence = stft.silence(channels)
    return in_units(frames * stft.hop, channels, stft.tail, lambda: (silence, silence), work)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_resynthesis_is_exact_and_aligned(rate: int, channels: int) -> None:
    x = noise(channels, 12_345)
    y = run_whole(resynthesis(Stft.of_duration(0.048, rate), 5, channels), x)
    np.testing.assert_allclose(y, x, atol=1e-6)


@pytest.mark.parametrize("block", [1, 17, 997, 5_000])
def test_blocks_equal_whole(block: int) -> None:
    x, stage = noise(1, 3_000), resynthesis(Stft(96), 7, 1)
    assert np.array_equal(np.concatenate(list(run(stage, split(x, block))), axis=1), run_whole(stage, x))


@pytest.mark.parametrize("n", [0, 1, 95, 96, 97, 384, 672])
def test_any_length(n: int) -> None:
    x = noise(2, n) if n else np.zeros((2, 0), np.float32)
    np.testing.assert_allclose(run_whole(resynthesis(Stft(96), 7, 2), x), x, atol=1e-6)


@pytest.mark.parametrize("rate", range(8_000, 192_001, 4_111))
def test_the_window_is_as_long_as_asked_and_quick_to_transform(rate: int) -> None:
    size = Stft.of_duration(0.048, rate).size
    assert 0.99 <= size / (0.048 * rate) <= 1.10
    for prime in (2, 3, 5):
        while size % prime == 0:
            size //= prime
    assert size == 1


def test_white_noise_has_the_same_power_in_every_bin() -> None:
    stft = Stft(192)
    spectra, _ = stft.analyze(noise(1, 192 * 2_000, level_db=0), stft.silence(1))
    power = (np.abs(spectra[0]) ** 2).mean(axis=0)[2:-2]
    np.testing.assert_allclose(power, stft.hop, rtol=0.2)
    assert power.mean() == pytest.approx(stft.hop, rel=0.02)


def test_analysis_leaves_its_arguments_alone() -> None:
    stft, x = Stft(64), noise(1, 640)
    unit, tail = x.copy(), stft.silence(1)
    spectra, _ = stft.analyze(unit, tail)
    stft.synthesize(spectra, tail)
    assert np.array_equal(unit, x)
    assert not tail.any()
