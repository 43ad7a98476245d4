"""What is kept stays to the bit, what is not is untouched, and between them the two are cross-faded."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.audio import Samples
from pipeline.measures.content.keep import FADE_S, Kept
from pipeline.measures.content.stretches import Stretch
from tests.pipeline.signals import noise

RATE = 1000
N = 20 * RATE
MUSIC = Stretch("music", 5.0, 9.0)
ORIGINAL, CLEANED = noise(2, N, seed=1), noise(2, N, seed=2)


def over(*ends: Stretch, block: int = N) -> Samples:
    kept = Kept(ends, RATE)
    parts = [kept.over(CLEANED[:, at : at + block], ORIGINAL[:, at : at + block], at) for at in range(0, N, block)]
    return np.concatenate(parts, axis=1)


def test_the_stretch_is_the_original_to_the_bit() -> None:
    assert np.array_equal(over(MUSIC)[:, 5 * RATE : 9 * RATE], ORIGINAL[:, 5 * RATE : 9 * RATE])


def test_outside_the_fades_nothing_is_touched() -> None:
    out, fade = over(MUSIC), round(FADE_S * RATE)
    assert np.array_equal(out[:, : 5 * RATE - fade], CLEANED[:, : 5 * RATE - fade])
    assert np.array_equal(out[:, 9 * RATE + fade :], CLEANED[:, 9 * RATE + fade :])


def test_the_fades_are_straight_and_as_long_as_promised() -> None:
    assert 0.3 <= FADE_S <= 0.5
    kept, fade = Kept([MUSIC], RATE), round(FADE_S * RATE)
    share = kept.share(0, N)
    before, after = share[5 * RATE - fade : 5 * RATE], share[9 * RATE : 9 * RATE + fade]
    assert np.allclose(before, np.arange(fade) / fade, atol=1e-6)
    assert np.allclose(after[::-1], np.arange(1, fade + 1) / fade, atol=1e-6)


@pytest.mark.parametrize("block", [1, 7, 999, 5000])
def test_where_blocks_end_does_not_matter(block: int) -> None:
    assert np.array_equal(over(MUSIC, block=block), over(MUSIC))


def test_stretches_that_overlap_are_one() -> None:
    both = Kept([MUSIC, Stretch("singing", 7.0, 12.0)], RATE).share(0, N)
    assert (both[5 * RATE : 12 * RATE] == 1).all()


def test_a_short_gap_is_neither_quite_kept_nor_quite_left() -> None:
    share = Kept([MUSIC, Stretch("music", 9.4, 12.0)], RATE).share(0, N)
    assert share[round(9.2 * RATE)] == pytest.approx(0.5, abs=0.01)


def test_without_stretches_blocks_pass_as_they_are() -> None:
    kept = Kept((), RATE)
    assert not kept
    assert kept.over(CLEANED, ORIGINAL, 0) is CLEANED
    assert Kept([MUSIC], RATE)
    assert Kept([MUSIC], RATE).over(CLEANED[:, :RATE], ORIGINAL[:, :RATE], 0).base is CLEANED
