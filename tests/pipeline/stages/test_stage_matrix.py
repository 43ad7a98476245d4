"""Every stage of the chain, at every rate, in mono and stereo: what all of them must keep."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.loudness import limiter
from pipeline.neural.weights import bundled
from pipeline.settings import Declick, Declip, Deess, Dehum, Denoise, Level, Tone
from pipeline.stages import declick, leveler, rumble, tone
from pipeline.stages.declip import stage as declip
from pipeline.stages.deess import stage as deess
from pipeline.stages.dehum import stage as dehum
from pipeline.stages.denoise import neural, spectral
from pipeline.stream.stage import Stage, run_whole
from tests.pipeline.signals import noise, speech_like
from tests.pipeline.stages import every_stage

Make = Callable[[int, int], Stage]
SCENE = leveler.Scene(-30.0, -60.0)

ON: dict[str, Make] = {
    "declip": lambda rate, channels: declip.stage(Declip(100.0), rate, channels),
    "declick": lambda rate, channels: declick.stage(Declick(50.0), rate, channels),
    "dehum": lambda rate, channels: dehum.stage(Dehum(30.0), rate, channels),
    "neural": lambda rate, channels: neural.stage(bundled().network, 12.0, rate, channels),
    "dereverb": lambda rate, channels: neural.stage(bundled().network, 0.0, rate, channels, 12.0),
    "spectral": lambda rate, channels: spectral.stage(Denoise(12.0, "spectral"), rate, channels),
    "rumble": lambda rate, channels: rumble.stage(Tone(70.0), rate, channels),
    "shelves": lambda rate, channels: tone.stage(Tone(0.0, 3.0, 3.0), rate, channels),
    "deess": lambda rate, channels: deess.stage(Deess(6.0), rate, channels),
    "level": lambda rate, channels: leveler.stage(Level(3.0), SCENE, rate, channels),
    "limiter": lambda rate, channels: limiter.stage(-1.0, rate, channels),
}
OFF: dict[str, Make] = {
    "declip": lambda rate, channels: declip.stage(Declip(0.0), rate, channels),
    "declick": lambda rate, channels: declick.stage(Declick(0.0), rate, channels),
    "dehum": lambda rate, channels: dehum.stage(Dehum(0.0), rate, channels),
    "shelves": lambda rate, channels: tone.stage(Tone(0.0), rate, channels),
    "deess": lambda rate, channels: deess.stage(Deess(0.0), rate, channels),
    "level": lambda rate, channels: leveler.stage(Level(0.0), SCENE, rate, channels),
}
APART = ("declip", "declick", "rumble", "shelves")  # channels know nothing of each other; elsewhere one gain for all


@pytest.mark.parametrize("rate", every_stage.RATES)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", ON)
def test_every_stage_keeps_the_form(name: str, channels: int, rate: int) -> None:
    every_stage.check(ON[name], rate, channels)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("name", OFF)
def test_off_is_identity(name: str, channels: int) -> None:
    every_stage.check_off(OFF[name](16_000, channels), noise(channels, 5_000))


@pytest.mark.parametrize("name", ON)
def test_six_channels_pass(name: str) -> None:
    every_stage.check_form(ON[name](16_000, 6), noise(6, 20_000, -30))


@pytest.mark.parametrize("name", APART)
def test_channels_do_not_touch_each_other(name: str) -> None:
    x = np.concatenate((speech_like(16_000, 3), noise(1, 48_000, -30)))
    every_stage.check_channels_apart(ON[name](16_000, 2), ON[name](16_000, 1), x)


@pytest.mark.parametrize("name", sorted(set(ON) - set(APART)))
def test_the_stereo_image_stays(name: str) -> None:
    x = speech_like(16_000, 5) + noise(1, 80_000, -50)
    y = run_whole(ON[name](16_000, 2), np.concatenate((x, 0.5 * x)))
    np.testing.assert_allclose(y[1], 0.5 * y[0], atol=2e-5)


@pytest.mark.parametrize("name", ON)
def test_two_threads_get_what_one_gets(name: str) -> None:
    stage, x = ON[name](16_000, 1), speech_like(16_000, 4)
    alone = run_whole(stage, x)
    with ThreadPoolExecutor(2) as pool:
        for together in pool.map(lambda _: run_whole(stage, x), range(2)):
            assert np.array_equal(together, alone)


@pytest.mark.parametrize("name", ON)
@settings(max_examples=8)
@given(
    kind=st.sampled_from(["steps", "spikes", "tiny", "dc", "huge"]),
    n=st.integers(0, 6_000),
    seed=st.integers(0, 100),
)
def test_odd_sounds_stay_finite(name: str, kind: str, n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = {
        "steps": np.sign(rng.standard_normal((1, n))),
        "spikes": (rng.random((1, n)) > 0.999) * rng.uniform(-1, 1, (1, n)),
        "tiny": rng.standard_normal((1, n)) * 1e-30,
        "dc": np.full((1, n), rng.uniform(-1, 1)),
        "huge": rng.standard_normal((1, n)) * 100,
    }[kind].astype(np.float32)
    every_stage.check_form(ON[name](8_000, 1), x)
