"""What every meter has in common: blocks go in, one answer comes out."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Protocol, TypeVar

from pipeline.audio import Samples

from .line import Part, worked

R_co = TypeVar("R_co", covariant=True)
R = TypeVar("R")


class Meter(Protocol[R_co]):
    """Measures a recording that comes in blocks."""

    def add(self, block: Samples) -> None:
        """The next block (channels, n) float32."""

    def result(self) -> R_co:
        """The measure of all blocks. Afterwards no more can be added."""


def heard(meters: Iterable[Meter[Any]], blocks: Iterable[Samples]) -> Generator[Samples, None, None]:
    """The blocks (channels, n), which the meters hear on their way: on several threads, where cores are idle.

    To be closed where not all is asked for.
    """
    return worked((_listening(meter) for meter in meters), blocks)


def _listening(meter: Meter[Any]) -> Part:
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
