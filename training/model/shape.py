"""Sizes of the network. Without PyTorch, so that weights can grow and be tested where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.neural.weights import MOST


@dataclass(frozen=True)
class Shape:
    """Sizes of the network. It needs `ahead + blocks * shift` frames after the one it answers for.

    past, ahead : frames around its own that a patch takes in
    look : channels of every block's recurrence that come from `shift` frames later
    """

    width: int = 64
    blocks: int = 6
    wide: int = 192
    late: int = 384
    squeeze: int = 8
    past: int = 2
    ahead: int = 2
    look: int = 16
    shift: int = 2

    @classmethod
    def of_exported(cls, tensors: Mapping[str, NDArray[np.float32]], metadata: Mapping[str, str]) -> Shape:
        """That of exported weights, whose metadata name some of the sizes; the widths are those of the tensors."""
        biases = {"width": "patch", "wide": "wide.gather", "late": "late.gather", "squeeze": "wide.squeeze"}
        widths = {size: len(tensors[f"{part}.bias"]) for size, part in biases.items()}
        return cls(**widths, **{size: int(metadata[size]) for size in MOST})

    def as_dict(self) -> dict[str, int]:
        """For checkpoints and exported weights."""
        return asdict(self)
