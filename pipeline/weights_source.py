"""Which weights the neural denoiser runs with, decided once per process."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from .neural_weights import Weights, WeightsError, bundled


class Chosen(NamedTuple):
    """weights : None where none can be used, so that noise is removed spectrally; warnings : why, in sentences."""

    weights: Weights | None
    warnings: tuple[str, ...]


@cache
def chosen() -> Chosen:
    """The weights in use."""
    try:
        return Chosen(bundled(), ())
    except WeightsError as error:
        return Chosen(None, (f"The neural denoiser is off: {error}",))
