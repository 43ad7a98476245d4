"""What every meter has in common: blocks go in, one answer comes out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

from pipeline.audio import Samples

from .line import Part

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")


class Meter(Protocol[R_co]):
    """Measures a recording that comes in blocks."""

    def add(self, block: Samples) -> None:
        """The next block (channels, n) float32."""

    def result(self) -> R_co:
        """The measure of all blocks. Afterwards no more can be added."""


def listening(meter: Meter[Any]) -> Part:
    """The meter as a part of a line: what it hears goes on."""

    def step(block: Samples, state: None) -> tuple[Samples, None]:
        meter.add(block)
        return block, state

    return Part(lambda: None, step, type(meter).__name__)


def measured(meter: Meter[R], blocks: Iterable[Samples]) -> R:
    """What `meter` says of consecutive blocks."""
    for block in blocks:
        meter.add(block)
    return meter.result()
