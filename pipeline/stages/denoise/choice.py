"""Which denoiser works on a recording: the one asked for, or the one that can. The room is for the neural one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import NamedTuple

from pipeline.cache.tape import Tape
from pipeline.neural import chosen
from pipeline.settings import Denoise, Dereverb
from pipeline.stream.stage import AnyStage

from . import neural, spectral
from .loud import Loud


class Denoiser(NamedTuple):
    """name : "neural", "spectral" or "off"; stages : none where it is off; notes : what the listener should know;
    weights : sha256 of those that the network works with, "" where none does
    """

    name: str
    stages: tuple[AnyStage, ...] = ()
    notes: tuple[str, ...] = ()
    weights: str = ""


OFF = Denoiser("off")
SPARED_DB = 28.0  # less in a clean recording, whatever is asked for,
GENTLE_DB = 12.0  # but no less than this
NOISY_TO_DB, CLEAN_FROM_DB = 18.0, 24.0  # distances of the noise
NOISY_DB = 20.0  # clearance of a recording that is no clean one
EVEN_DB = 14.0  # music under speech that is turned down further goes up and down with the words


def enough(params: Denoise, noise_distance_db: float | None) -> Denoise:
    """The denoiser's parameters with a strength that is no higher than a recording needs.

    In a clean recording the little noise is rather a part of it: taking it away harms faint speech (PESQ against itself
    4.35 at 40 dB, 4.50 at 12) and does not make the rest sound better. In a noisy one every dB less is heard.

    noise_distance_db : as `pipeline.measures.levels` tells it; None for silence
    """
    if noise_distance_db is None:
        return params
    clean = min(1.0, max(0.0, (noise_distance_db - NOISY_TO_DB) / (CLEAN_FROM_DB - NOISY_TO_DB)))
    gentle = min(params.strength_db, max(GENTLE_DB, params.strength_db - SPARED_DB))
    return replace(params, strength_db=float(round(params.strength_db + clean * (gentle - params.strength_db))))


def is_noisy(clearance_db: float | None) -> bool:
    """Whether a recording is a noisy one: its first second may be heard beforehand, and what lies below the voice go.

    clearance_db : that of clean recordings is 20 dB and more; of noisy ones, half have less than 18 dB
    """
    return clearance_db is not None and clearance_db < NOISY_DB


def even(params: Denoise) -> Denoise:
    """The denoiser's parameters with a strength that leaves music under speech even: 2 to 3 dB of movement (standard
    deviation of half seconds), where 40 dB make 6 to 8."""
    return replace(params, strength_db=min(params.strength_db, EVEN_DB))


def denoiser(
    params: Denoise,
    dereverb: Dereverb,
    sample_rate: int,
    channels: int,
    tape: Callable[[Hashable], Tape | None] = lambda _: None,
    loud: Loud | None = None,
    noisy: bool = True,
) -> Denoiser:
    """The denoiser for a recording. Without weights, the spectral one stands in for the neural one, and says why.

    tape : where the network's gains are kept, by what they depend on of the denoiser's own
    loud : what the neural one turns down further; noisy : see there

    Dereverberation shares the neural denoiser's transform; beside the spectral one, or none, the network works on the
    room alone.
    """
    if not params.strength_db and not dereverb.strength_db:
        return OFF
    asked_neural = params.method == "neural" and params.strength_db > 0
    weights, warnings = chosen.chosen() if asked_neural or dereverb.strength_db else (None, ())
    notes = warnings if weights is None else ()
    noise_db = params.strength_db if asked_neural else 0.0
    stages: list[AnyStage] = []
    name = "off"
    if params.strength_db and (params.method == "spectral" or weights is None):
        name, stages = "spectral", [spectral.stage(params, sample_rate, channels)]
    if weights is not None and (noise_db or dereverb.strength_db):
        name = "neural" if noise_db else name
        kept = tape((weights.sha256, params if stages else None))
        further = loud if noise_db else None
        one = neural.stage(weights.network, noise_db, sample_rate, channels, dereverb.strength_db, kept, further, noisy)
        stages.append(one)
    if weights is None and dereverb.strength_db:
        notes = (*notes, "The room was left as it is: dereverberation needs the neural denoiser's weights.")
    return Denoiser(name, tuple(stages), notes, weights.sha256 if weights else "")
