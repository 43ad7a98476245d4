"""Sizes of the network. Without PyTorch, so that weights can grow and be tested where there is none."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Shape:
    """Sizes of the network. It needs `ahead + blocks * shift` frames after the one it answers for.

    past, ahead : frames around its own that a patch takes in
    look : channels of every block's recurrence that come from `shift` frames later
    """

    width: int = 48
    blocks: int = 6
    wide: int = 128
    late: int = 256
    squeeze: int = 8
    past: int = 2
    ahead: int = 2
    look: int = 12
    shift: int = 2

    def as_dict(self) -> dict[str, int]:
        """For checkpoints and exported weights."""
        return asdict(self)
