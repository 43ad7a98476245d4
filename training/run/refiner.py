"""A second run for trained weights: a deep filter after the gains, and the last blocks and heads with it.

The blocks before stay as they are and need no gradients, so that a mixture takes a third of the time of `train`.
"""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from training.data.batches import BINS, make, open_mixers
from training.data.mixing import Mixer
from training.data.spectra import Spectra, power, to_bins
from training.losses.auditory import auditory_loss, auditory_loss_of
from training.losses.distortion import distortion_loss_of
from training.losses.dnsmos import Dnsmos, dnsmos_loss, dnsmos_loss_of
from training.losses.pesq import pesq_loss_of
from training.losses.spectral import above_loss, spectral_loss, spectral_loss_of
from training.model.deep_filter import DeepFilter
from training.model.network import Network

from .plan import DRY_SHARE, FULL_BAND_SHARE
from .records import keep, newest_share, tell
from .start import shape_of, weights_to_start_with
from .trainer import VALIDATION_SEED

COMPLEX_SHARE = 0.4  # of the spectral loss: here the phase can be learned
WARM_UP = 50  # steps


@dataclass(frozen=True)
class Refinement:
    """What one run of `refine` does.

    start : the app's weights, or a checkpoint of `train` or `refine`
    minutes : length of the run; the rates fall to zero over its last share `decay`
    blocks : so many of the network's last blocks learn as well
    rate, network_rate : of the deep filter, and of the network's last blocks and heads
    auditory, pesq, distortion : weights of the losses beside the spectral one
    dnsmos : weight of the DNSMOS loss, for the share `dnsmos_share` of the mixtures
    """

    data: Path
    out: Path
    start: Path
    minutes: float
    blocks: int = 2
    batch: int = 8
    seconds: float = 3.0
    rate: float = 1.6e-3
    network_rate: float = 5e-4
    decay: float = 0.65
    average: float = 0.99
    auditory: float = 0.03
    pesq: float = 0.04
    distortion: float = 0.004
    dnsmos: float = 0.05
    dnsmos_share: float = 0.2
    seed: int = 1
    report_minutes: float = 9.0


class Answer(NamedTuple):
    """gains, dry : (batch, frames, 148); estimate : the speech (batch, frames, 257), complex"""

    gains: Tensor
    dry: Tensor
    estimate: Tensor


class Refined(nn.Module):
    """The network with its deep filter; `first` of its blocks are done before."""

    def __init__(self, network: Network, deep_filter: DeepFilter, blocks: int) -> None:
        super().__init__()
        self.network, self.deep_filter = network, deep_filter
        self.first = network.shape.blocks - blocks
        self.bins = to_bins()

    def forward(self, begun: Tensor, noisy: Tensor) -> Answer:
        """What left the first blocks, and the noisy spectra (batch, frames, 257)."""
        tokens = self.network.tokens(begun, self.first)
        gains, dry = self.network.gains(tokens)
        estimate = noisy * (gains @ self.bins)
        added = self.deep_filter(estimate, gains, tokens)
        return Answer(gains, dry, estimate + nn.functional.pad(added, (0, BINS - added.shape[-1])))

    def begun(self, features: Tensor) -> Tensor:
        """What leaves the first blocks, which do not learn."""
        with torch.no_grad():
            return self.network.begun(features, self.first)

    def learning(self) -> list[nn.Parameter]:
        """Of the network's parameters, those that learn."""
        last = range(self.first, self.network.shape.blocks)
        places = tuple(f"{kind}.{k}." for kind in ("recurrences", "exchanges") for k in last)
        named = self.network.named_parameters()
        if self.first <= self.network.late_after:
            places = (*places, "late.")
        if self.first <= self.network.wide_after:
            places = (*places, "wide.")
        return [p for name, p in named if name.startswith((*places, "head", "dry")) or name == "norm"]


class Refiner:
    """One run: its networks, optimiser and mixtures."""

    def __init__(self, plan: Refinement) -> None:
        self.plan, self.step = plan, 0
        torch.manual_seed(plan.seed)
        torch.set_num_threads(1)
        shape, filtered = shape_of(plan.start)
        network, deep_filter = Network(shape), DeepFilter(shape.width)
        network.load_state_dict(weights_to_start_with(plan.start, shape))
        network.requires_grad_(False)
        if filtered:
            deep_filter.load_state_dict(filtered)
        self.model = Refined(network, deep_filter, plan.blocks)
        learning = self.model.learning()
        for parameter in learning:
            parameter.requires_grad_(True)
        self.average = copy.deepcopy(self.model)
        groups = [
            {"params": list(deep_filter.parameters()), "highest": plan.rate},
            {"params": learning, "highest": plan.network_rate},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.01)
        self.dnsmos = Dnsmos() if plan.dnsmos else None
        self.mixers = open_mixers(plan.data, plan.seconds)
        held_out, rng = open_mixers(plan.data, plan.seconds, held_out=True), np.random.default_rng(VALIDATION_SEED)
        batches = [_tensors(held_out, 8, 1, rng) for _ in range(12)]
        self.validation = [(batch, self.model.begun(batch.features)) for batch in batches]

    def advance(self, done: float) -> None:
        """One step, at the share `done` of the run."""
        share = max(0.0, min(1.0, (self.step + 1) / WARM_UP, (1 - done) / self.plan.decay))
        for group in self.optimiser.param_groups:
            group["lr"] = group["highest"] * share
        rng = np.random.default_rng((self.plan.seed, self.step))
        for _ in range(self.plan.batch):
            batch = _tensors(self.mixers, 1, int(rng.binomial(1, FULL_BAND_SHARE)), rng)
            answer = self.model(self.model.begun(batch.features), batch.noisy)
            loss = self._loss(answer, batch)
            if self.dnsmos is not None and rng.random() < self.plan.dnsmos_share:
                loss = loss + self.plan.dnsmos * self._opinion(self.dnsmos, answer, batch)
            (loss / self.plan.batch).backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        newest = newest_share(self.plan.average, self.step)
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), newest)

    def _loss(self, answer: Answer, batch: Spectra) -> Tensor:
        plan, without = self.plan, batch.without_room()
        loss = spectral_loss_of(answer.estimate, batch, COMPLEX_SHARE) + above_loss(answer.gains, batch)
        loss = loss + plan.auditory * auditory_loss_of(power(answer.estimate), batch)
        loss = loss + plan.pesq * pesq_loss_of(answer.estimate, batch)
        loss = loss + plan.distortion * distortion_loss_of(answer.estimate, batch)
        dry = spectral_loss(answer.dry, without, self.model.bins)
        return loss + DRY_SHARE * (dry + plan.auditory * auditory_loss(answer.dry, without, self.model.bins))

    def _opinion(self, dnsmos: Dnsmos, answer: Answer, batch: Spectra) -> Tensor:
        """At every third step of the gains without the room."""
        if self.step % 3 == 2:
            return dnsmos_loss(dnsmos, answer.dry, batch.without_room(), self.model.bins)
        return dnsmos_loss_of(dnsmos, answer.estimate, batch)

    def report(self, minutes: float) -> None:
        """Losses of the averaged weights on mixtures of held-out speakers and noises, to the screen and log.txt."""
        with torch.no_grad():
            pairs = [(self.average(begun, batch.noisy).estimate, batch) for batch, begun in self.validation]
            losses = {
                "spectral": np.mean([float(spectral_loss_of(e, batch, COMPLEX_SHARE)) for e, batch in pairs]),
                "auditory": np.mean([float(auditory_loss_of(power(e), batch)) for e, batch in pairs]),
                "pesq": np.mean([float(pesq_loss_of(e, batch)) for e, batch in pairs]),
                "distortion": np.mean([float(distortion_loss_of(e, batch)) for e, batch in pairs]),
            }
        line = f"{minutes:6.1f} min  step {self.step:6d}  held out: " + "  ".join(
            f"{name} {loss:.4f}" for name, loss in losses.items()
        )
        tell(self.plan.out, line)

    def save(self) -> None:
        """checkpoint.pt, replaced at once; `export` writes the app's weights from it."""
        network = self.average.network
        filtered = {f"deep_filter.{name}": tensor for name, tensor in self.average.deep_filter.state_dict().items()}
        keep(self.plan.out, {"shape": network.shape.as_dict(), "average": {**network.state_dict(), **filtered}})


def refine(plan: Refinement) -> None:
    """Run until the minutes are over."""
    plan.out.mkdir(parents=True, exist_ok=True)
    refiner, began, next_report = Refiner(plan), time.monotonic(), 0.0
    while True:
        minutes = (time.monotonic() - began) / 60
        if minutes >= next_report or minutes >= plan.minutes:
            refiner.report(minutes)
            refiner.save()
            next_report += plan.report_minutes
        if minutes >= plan.minutes:
            return
        refiner.advance(minutes / plan.minutes)


def _tensors(mixers: dict[int, Mixer], size: int, full_band: int, rng: np.random.Generator) -> Spectra:
    return Spectra(*(torch.from_numpy(part) for part in make(mixers, size, full_band, rng)))
