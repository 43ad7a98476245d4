"""What a run of training is to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from training.model.shape import Shape

FULL_BAND_SHARE = 0.2  # of the mixtures are at 48 kHz
DRY_SHARE = 0.6  # weight of the gains that take the room away, against those that keep it


@dataclass(frozen=True)
class Plan:
    """What one run of `train` does.

    minutes : length of the run, in all its sessions
    batch : mixtures per step, over all processes
    learning_rate : it rises over the first 100 steps and falls to zero over the last share `decay` of the run
    average : share of the older weights in the mean that is exported, at every step; early in a run, less
    auditory : weight of the auditory loss beside the spectral one, from the share `auditory_from` of the run on
    pesq : weight of the PESQ loss
    distortion : weight of a dB of distortion
    dnsmos : weight of the DNSMOS loss, at every other step (it takes as long as the rest), from `dnsmos_from` on
    processes : each draws its own mixtures; what they learn is averaged at every step
    start : a checkpoint whose averaged weights to begin with, or the app's weights
    """

    data: Path
    out: Path
    minutes: float
    batch: int = 8
    seconds: float = 3.0
    learning_rate: float = 2e-3
    decay: float = 0.4
    average: float = 0.998
    auditory: float = 0.015
    auditory_from: float = 0.45
    pesq: float = 0.0
    distortion: float = 0.0
    dnsmos: float = 0.0
    dnsmos_from: float = 0.5
    processes: int = 2
    seed: int = 1
    report_minutes: float = 3.0
    shape: Shape = field(default_factory=Shape)
    start: Path | None = None
