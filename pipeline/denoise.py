"""Which denoiser works on a recording: the one asked for, or the one that can."""

from __future__ import annotations

from typing import NamedTuple

from . import neural, spectral, weights_source
from .settings import Denoise
from .stream import Stage


class Denoiser(NamedTuple):
    """name : "neural", "spectral" or "off"; stages : none where it is off; notes : what the listener should know."""

    name: str
    stages: tuple[Stage, ...] = ()
    notes: tuple[str, ...] = ()


OFF = Denoiser("off")


def denoiser(params: Denoise, sample_rate: int, channels: int) -> Denoiser:
    """The denoiser for a recording. Without weights, the spectral one stands in for the neural one, and says why."""
    if not params.strength_db:
        return OFF
    notes: tuple[str, ...] = ()
    if params.method == "neural":
        weights, notes = weights_source.chosen()
        if weights is not None:
            return Denoiser("neural", (neural.stage(weights.network, params.strength_db, sample_rate, channels),))
    return Denoiser("spectral", (spectral.stage(params, sample_rate, channels),), notes)
