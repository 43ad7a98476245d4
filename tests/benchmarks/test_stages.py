"""The benchmark of the stages knows every step of the signal path."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import stages
from pipeline.stages.chain import SIGNAL_PATH
from tests.pipeline.signals import speech_like


def test_it_measures_steps_that_there_are() -> None:
    assert set(stages.STRENGTHS) == {step.name for step in SIGNAL_PATH if step.name in stages.STAGES}
    assert {step.name for step in SIGNAL_PATH} - set(stages.STRENGTHS) >= {"denoise", "tone"}


@pytest.mark.parametrize("name", stages.STRENGTHS)
def test_a_step_works_alone(name: str) -> None:
    x = np.clip(4 * speech_like(16_000, 4.0), -0.5, 0.5)
    x[:, ::4_000] += 0.4
    y = stages.STAGES[name](x, 16_000)
    assert y.shape == x.shape
    assert stages.STAGES[name].sound_s > 0
