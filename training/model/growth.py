"""A larger network that answers as a smaller one does, to begin with: its weights, in NumPy.

Nothing is written into new channels yet, and what reads them is as in a new network: so they are silent at first, and
learn from the first step on. Norms, which average over silent channels too, are scaled for it. New blocks change
nothing yet: the first half of the old ones stays in front of the first wide recurrence, the last one behind the second.

1. T. Chen et al., "Net2Net: accelerating learning via knowledge transfer", ICLR 2016.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .shape import Shape

Tensors = dict[str, NDArray[np.float32]]
Places = NDArray[np.intp]

SAME = ("squeeze", "past", "ahead", "shift")
NOT_LESS = ("blocks", "wide", "late", "look")
WRITERS = ("patch.weight", "patch.bias", "place", "leave.weight", "gather.weight", "gather.bias", "expand.weight")


def grown(found: Mapping[str, NDArray[np.float32]], had: Shape, new: Tensors, shape: Shape) -> Tensors:
    """The weights `found` of a network of the shape `had`, in those of a `new` one of `shape`. Raises ValueError."""
    if not _can_grow(had, shape):
        raise ValueError(f"A network of {had} cannot grow to {shape}.")
    axes = _axes(had, shape)
    old_blocks = {_place(k, had.blocks, shape.blocks): k for k in range(had.blocks)}
    tensors = {name: tensor.copy() for name, tensor in new.items()}
    for name, tensor in tensors.items():
        part, block = _split(name)
        if part.endswith(WRITERS):
            tensor[:] = 0
        if block is not None and block not in old_blocks:
            continue
        old = found[name if block is None else name.replace(str(block), str(old_blocks[block]), 1)]
        if part.endswith("enter.bias") and not part.startswith("exchanges"):
            _spread_new_memories(tensor, len(old) // 3)
        scale = np.float32((old.shape[-1] / tensor.shape[-1]) ** 0.5 if part.endswith("norm") else 1)
        moved = axes.get(part, {})
        tensor[np.ix_(*(moved.get(axis, np.arange(size)) for axis, size in enumerate(old.shape)))] = old * scale
    return tensors


def _can_grow(had: Shape, shape: Shape) -> bool:
    """Not the one block of a network that has no middle, and not channels that are looked ahead to out of others."""
    return (
        all(getattr(shape, size) == getattr(had, size) for size in SAME)
        and all(getattr(shape, size) >= getattr(had, size) for size in NOT_LESS)
        and shape.width - shape.look >= had.width - had.look
        and (had.blocks > 1 or shape.blocks == 1)
    )


def _split(name: str) -> tuple[str, int | None]:
    """recurrences.3.enter.bias → recurrences.enter.bias, 3; parts of all blocks are alike."""
    kind, _, rest = name.partition(".")
    block, _, tail = rest.partition(".")
    return (f"{kind}.{tail}", int(block)) if block.isdigit() else (name, None)


def _place(block: int, had: int, has: int) -> int:
    if block < had // 2:
        return block
    return has - 1 if block == had - 1 else block - had // 2 + has // 2


def _axes(had: Shape, shape: Shape) -> dict[str, dict[int, Places]]:
    """Where the numbers of an old part go, along the axes that have grown.

    The channels that come from later frames stay the first, and new ones of them come right after.
    """
    stream = np.concatenate((np.arange(had.look), np.arange(had.width - had.look) + shape.look))
    axes = {
        "patch.weight": {0: stream},
        "patch.bias": {0: stream},
        "place": {1: stream},
        "norm": {1: stream},
        "head.weight": {1: _repeated(3, stream, shape.width)},
        "dry.weight": {1: _repeated(3, stream, shape.width)},
    }
    for kind, gates in (("recurrences", 3), ("exchanges", 2)):
        axes |= _gated(kind, gates, stream, np.arange(had.width), shape.width)
    for kind, few, many in (("wide", had.wide, shape.wide), ("late", had.late, shape.late)):
        hidden = np.arange(few)
        axes |= _gated(f"{kind}.inner", 3, hidden, hidden, many)
        axes |= {
            f"{kind}.norm": {1: stream},
            f"{kind}.squeeze.weight": {1: stream},
            f"{kind}.gather.weight": {0: hidden},
            f"{kind}.gather.bias": {0: hidden},
            f"{kind}.spread.weight": {1: hidden},
            f"{kind}.expand.weight": {0: stream},
        }
    return axes


def _gated(name: str, gates: int, stream: Places, inner: Places, width: int) -> dict[str, dict[int, Places]]:
    """Of a part that reads `stream`, computes `gates` times as many numbers inside, and writes to `stream`."""
    rows = _repeated(gates, inner, width)
    return {
        f"{name}.norm": {1: stream},
        f"{name}.enter.weight": {0: rows, 1: stream},
        f"{name}.enter.bias": {0: rows},
        f"{name}.leave.weight": {0: stream, 1: inner},
    }


def _repeated(times: int, places: Places, width: int) -> Places:
    """Places in `times` parts of `width` numbers, one after the other."""
    return np.concatenate([places + k * width for k in range(times)])


def _spread_new_memories(bias: NDArray[np.float32], had: int) -> None:
    """Time constants of the new channels of a recurrence that had `had`: from the shortest to the longest, as all are
    in a new network."""
    width = len(bias) // 3
    keep = bias[width : 2 * width]
    keep[had:] = np.interp(np.linspace(0, width - 1, width - had), np.arange(width), keep)
