"""A network that was grown answers as the small one did, and what is written into its new channels is heard."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.neural.features import LOWEST
from pipeline.neural.network import Gains
from pipeline.neural.weights import parse
from tests.pipeline.neural.weights_files import Tensors, file_of, tensors
from training.model.growth import grown
from training.model.shape import Shape

SMALL = Shape(width=8, blocks=2, wide=12, late=13, squeeze=3, past=1, ahead=1, look=3)
LARGER = {
    "as it was": SMALL,
    "wider": replace(SMALL, width=12),
    "wider, more looked ahead": replace(SMALL, width=12, look=5),
    "wide recurrences": replace(SMALL, wide=20, late=21),
    "more blocks": replace(SMALL, blocks=5),
    "all of it": replace(SMALL, width=13, look=4, wide=16, late=17, blocks=4),
}
ALL = LARGER["all of it"]
FEATURES = np.random.default_rng(0).normal(-0.5, 1, (50, 148)).astype(np.float32).clip(LOWEST)


def weights(shape: Shape, seed: int) -> Tensors:
    """Random ones, norms and biases too: nothing is zero or one, as it is in a new network."""
    return tensors(seed, width=shape.width, inner=shape.wide, squeeze=shape.squeeze, blocks=shape.blocks)


def larger(shape: Shape, small: Shape = SMALL) -> Tensors:
    return grown(weights(small, 1), small, weights(shape, 2), shape)


def gains(found: Tensors, shape: Shape) -> Gains:
    """What the app makes of the features with these weights."""
    network = parse(file_of(found, blocks=str(shape.blocks), look=str(shape.look)))
    return network.gains(FEATURES, network.start())[0]


@pytest.mark.parametrize("shape", LARGER.values(), ids=LARGER)
def test_a_grown_network_answers_as_the_small_one(shape: Shape) -> None:
    agree(SMALL, shape)


@pytest.mark.parametrize(("had", "has"), [(2, 3), (3, 4), (3, 6), (4, 5), (4, 7)])
def test_blocks_stay_on_their_side_of_the_wide_recurrences(had: int, has: int) -> None:
    agree(replace(SMALL, blocks=had), replace(SMALL, blocks=has))


def agree(small: Shape, shape: Shape) -> None:
    for before, after in zip(gains(weights(small, 1), small)[:2], gains(larger(shape, small), shape)[:2], strict=True):
        assert len(after) > 30
        assert after.std() > 0.05
        np.testing.assert_allclose(after, before[: len(after)], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "silent"),
    [
        ("patch.weight", 5),
        ("recurrences.0.leave.weight", 5),
        ("exchanges.1.leave.weight", 13),  # a new block
        ("wide.expand.weight", 5),
        ("late.gather.weight", 4),
    ],
)
def test_what_is_written_into_new_channels_is_heard(name: str, silent: int) -> None:
    """So training finds a slope there from the first step on."""
    found = larger(ALL)
    before = gains(found, ALL)
    rows = np.flatnonzero(~found[name].any(axis=1))
    assert len(rows) == silent
    for row in rows:
        louder = found[name].copy()
        louder[row] = 0.5
        assert np.abs(gains(found | {name: louder}, ALL).kept - before.kept).max() > 1e-4


def test_new_memories_are_spread_over_all_time_constants() -> None:
    width, had = ALL.wide, SMALL.wide
    before, new, after = (found["wide.inner.enter.bias"] for found in (weights(SMALL, 1), weights(ALL, 2), larger(ALL)))
    np.testing.assert_array_equal(after[width : width + had], before[had : 2 * had])
    np.testing.assert_array_equal(after[width + had : 2 * width : width - had - 1], new[width : 2 * width : width - 1])


@pytest.mark.parametrize(
    "change",
    [{"squeeze": 4}, {"width": 6}, {"width": 9, "look": 5}, {"look": 2}, {"blocks": 1}, {"late": 12}, {"shift": 1}],
    ids=str,
)
def test_what_cannot_grow_is_refused(change: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="cannot grow"):
        grown(weights(SMALL, 1), SMALL, weights(SMALL, 2), replace(SMALL, **change))


def test_one_block_has_no_middle_to_grow_from() -> None:
    one = replace(SMALL, blocks=1)
    with pytest.raises(ValueError, match="cannot grow"):
        grown(weights(one, 1), one, weights(SMALL, 2), SMALL)
