from __future__ import annotations

import numpy as np
import pytest

from pipeline import AudioError
from pipeline.audio import Samples
from pipeline.files.decoded import Block, Blocks
from pipeline.files.mending.finite import finite
from tests.pipeline.signals import sine

RATE = 16_000


def given(x: Samples, step: int = 1_000) -> Blocks:
    for at in range(0, x.shape[1], step):
        yield Block(RATE, x[:, at : at + step])


@pytest.mark.parametrize("places", [[0], [500], [999, 1_000], [1_000, 1_001], [31_999]])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_line_is_drawn_over_a_few(places: list[int], value: float) -> None:
    """Across the edges of blocks, and at both ends of the recording; the other channel is left alone."""
    x = np.repeat(sine(50, RATE, 2.0, phase_deg=90), 2, axis=0)
    broken = x.copy()
    broken[1, places] = value
    blocks = list(finite(given(broken)))
    y = np.concatenate([block.samples for block in blocks], axis=1)
    np.testing.assert_array_equal(y[0], x[0])
    np.testing.assert_allclose(y[1], x[1], atol=0.03)
    what = "1 sample was not a number and was" if len(places) == 1 else "2 samples were not numbers and were"
    assert blocks[-1].remarks == (f"{what} mended.",)


def test_many_are_refused() -> None:
    x = sine(50, RATE, 2.0)
    x[0, 3_000:3_400] = np.nan  # in a row
    with pytest.raises(AudioError, match="not numbers"):
        list(finite(given(x)))
    x = sine(50, RATE, 2.0)
    x[0, ::200] = np.nan  # scattered
    with pytest.raises(AudioError, match="not numbers"):
        list(finite(given(x)))
    x[0, ::200] = 0
    assert [block.remarks for block in finite(given(x)) if block.remarks] == []
