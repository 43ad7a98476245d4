from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.files.decoded import Block, Blocks
from pipeline.files.mending.unified import mixed, unified
from tests.pipeline.signals import noise, sine


def given(*parts: tuple[int, Samples]) -> Blocks:
    for rate, x in parts:
        for at in range(0, x.shape[1], 1_000):
            yield Block(rate, x[:, at : at + 1_000])


def joined(blocks: Blocks) -> tuple[Samples, Sequence[str]]:
    found = list(blocks)
    assert {(block.sample_rate, len(block.samples)) for block in found} == {
        (found[0].sample_rate, len(found[0].samples))
    }
    return np.concatenate([block.samples for block in found], axis=1), [r for block in found for r in block.remarks]


def test_what_has_one_form_comes_as_it_is() -> None:
    x = noise(2, 12_345)
    y, remarks = joined(unified(given((48_000, x))))
    np.testing.assert_array_equal(x, y)
    assert remarks == []


def test_parts_of_other_rates_keep_their_length_and_their_place() -> None:
    """Both ways, and back to the first form: not a sample is left in a resampler."""
    a, b, c = sine(300, 48_000, 1.0), sine(300, 16_000, 1.0), sine(300, 48_000, 1.0)
    y, remarks = joined(unified(given((48_000, a), (16_000, b), (48_000, c), (44_100, sine(300, 44_100, 1.0)))))
    assert y.shape[1] == pytest.approx(4 * 48_000, abs=4)
    np.testing.assert_array_equal(y[:, :48_000], a)
    np.testing.assert_allclose(y[:, 50_000:94_000], a[:, 2_000:46_000], atol=0.01)
    np.testing.assert_allclose(y[:, 96_000:144_000], c, atol=1e-6)
    said = "Parts of another form (16000 Hz, mono, 44100 Hz, mono) were converted to that of the first."
    assert remarks == [said]


def test_channels() -> None:
    x = noise(2, 100)
    np.testing.assert_array_equal(mixed(x, 2), x)
    np.testing.assert_allclose(mixed(x, 1)[0], (x[0] + x[1]) / 2, atol=1e-7)
    np.testing.assert_array_equal(mixed(x[:1], 3), np.repeat(x[:1], 3, axis=0))
    surround = np.zeros((6, 100), np.float32)
    surround[2] = x[0]  # speech is in the centre
    stereo = mixed(surround, 2)
    assert np.abs(stereo[0]).max() > 0.1 * np.abs(x[0]).max()
    np.testing.assert_array_equal(stereo[0], stereo[1])
    np.testing.assert_array_equal(mixed(x, 6)[:2], x)
    assert not mixed(x, 6)[2:].any()
    assert np.abs(mixed(np.ones((8, 10), np.float32), 2)).max() <= 1.0 + 1e-6
