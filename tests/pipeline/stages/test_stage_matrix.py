"""Every stage of the chain, at every rate, in mono and stereo: what all of them must keep."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.loudness import limiter
from pipeline.settings import Settings
from pipeline.stages import leveler
from pipeline.stages.chain import SIGNAL_PATH, StageContext, Step
from pipeline.stages.denoise.choice import denoiser
from pipeline.stream.stage import IDENTITY, Stage, chained, run_whole
from tests.pipeline.signals import noise, speech_like
from tests.pipeline.stages import every_stage

Make = Callable[[int, int], Stage]
SCENE = leveler.Scene(-30.0, -60.0)
FULL, NONE = Settings.everything(), Settings.nothing()
DENOISERS = {"neural": FULL, "spectral": replace(FULL, denoise=replace(FULL.denoise, method="spectral"))} | {
    "dereverb": replace(FULL, denoise=NONE.denoise)
}


def _of(step: Step, wanted: Settings) -> Make:
    """(rate, channels) → the step's stages as one."""

    def make(rate: int, channels: int) -> Stage:
        return chained(
            step.stages(StageContext(wanted, denoiser(wanted.denoise, wanted.dereverb, rate, channels), rate, channels))
        )

    return make


ON: dict[str, Make] = {
    **{step.name: _of(step, FULL) for step in SIGNAL_PATH if step.name != "denoise"},
    **{name: _of(step, wanted) for step in SIGNAL_PATH if step.name == "denoise" for name, wanted in DENOISERS.items()},
    "level": lambda rate, channels: leveler.stage(FULL.level, SCENE, rate, channels),
    "limiter": lambda rate, channels: limiter.stage(-1.0, rate, channels),
}
OFF: dict[str, Make] = {
    **{step.name: _of(step, NONE) for step in SIGNAL_PATH},
    "level": lambda rate, channels: leveler.stage(NONE.level, SCENE, rate, channels),
}
APART = [step.name for step in SIGNAL_PATH if step.apart]


def test_repair_comes_before_noise_and_noise_before_tone() -> None:
    order = ("declip", "declick", "dehum", "denoise", "rumble", "tone", "deess")
    assert tuple(step.name for step in SIGNAL_PATH if step.name in order) == order


@pytest.mark.parametrize("name", ON)
def test_on_is_on(name: str) -> None:
    """Else the tests below would say nothing of it."""
    assert ON[name](48_000, 1) is not IDENTITY


@pytest.mark.parametrize(("channels", "rate"), every_stage.FORMS)
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
