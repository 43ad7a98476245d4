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
REST_DB = 7.0  # noise that lies the strength and this below the speech is turned down no further
GENTLE_DB = 12.0  # nor is a strength made lower than this
NOISY_DB = 20.0  # clearance of a recording that is no clean one
EVEN_DB = 14.0  # music under speech that is turned down further goes up and down with the words


def enough(params: Denoise, clearance_db: float | None) -> Denoise:
    """The denoiser's parameters with a strength that is no higher than a recording needs.

    At 40 dB the noise comes to lie 47 dB below the speech: at -63 dBFS where speech is at -16, below the -60 dBFS that
    audiobooks are held to. What is quieter from the start is rather a part of the recording; taking it away
    harms faint speech and does not make the rest sound better.

    clearance_db : as `pipeline.measures.levels` measures it; None for silence
    """
    if clearance_db is None:
        return params
    needed = max(params.strength_db + REST_DB - clearance_db, GENTLE_DB)
    return replace(params, strength_db=min(params.strength_db, float(round(needed))))


def noisy_from_the_start(clearance_db: float | None) -> bool:
    """Whether the network may hear the first second beforehand.

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
    rehearse: bool = True,
) -> Denoiser:
    """The denoiser for a recording. Without weights, the spectral one stands in for the neural one, and says why.

    tape : where the network's gains are kept, by what they depend on of the denoiser's own
    loud : what the neural one turns down further; rehearse : see there

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
        one = neural.stage(
            weights.network, noise_db, sample_rate, channels, dereverb.strength_db, kept, further, rehearse
        )
        stages.append(one)
    if weights is None and dereverb.strength_db:
        notes = (*notes, "The room was left as it is: dereverberation needs the neural denoiser's weights.")
    return Denoiser(name, tuple(stages), notes, weights.sha256 if weights else "")
