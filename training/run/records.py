"""What a run leaves behind: lines of its log, a checkpoint, and how much of the newest weights the average takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch


def newest_share(average: float, step: int) -> float:
    """Of the newest weights in the average, which at first is over the last fifth of the steps."""
    return 1 - min(average, step / (step + 5))


def tell(out: Path, line: str) -> None:
    """To the screen and to log.txt."""
    print(line, flush=True)
    with (out / "log.txt").open("a") as file:
        file.write(line + "\n")


def keep(out: Path, state: Mapping[str, object]) -> None:
    """checkpoint.pt, replaced at once."""
    partial = out / "checkpoint.part"
    torch.save(state, partial)
    partial.replace(out / "checkpoint.pt")
