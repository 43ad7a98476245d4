from __future__ import annotations

import numpy as np

from pipeline.dsp import biquad
from pipeline.stages import tone
from tests.pipeline.signals import noise


def test_kernel_equals_numpy_and_leaves_the_same_state() -> None:
    x = noise(2, 4_000)
    sections = np.stack([tone.low_shelf(200, 5, 16_000), tone.peak(4_000, -4, 0.7, 16_000)])
    ours, other = np.zeros((2, 2, 2)), np.zeros((2, 2, 2))
    np.testing.assert_allclose(
        biquad.filter_sections(x, sections, ours), biquad.filter_sections.numpy_version(x, sections, other), atol=1e-6
    )
    np.testing.assert_allclose(ours, other, atol=1e-9)
