"""The state of a training run and one step of it: resumable, the same in every process."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, distributed, nn

from training.data.batches import Batch, make, open_mixers
from training.data.spectra import Spectra, to_bins
from training.losses.auditory import auditory_loss
from training.losses.distortion import distortion_loss
from training.losses.dnsmos import Dnsmos, dnsmos_loss
from training.losses.pesq import pesq_loss
from training.losses.spectral import spectral_loss
from training.model.network import Network

from .muon import Group, Muon
from .plan import DRY_SHARE, FULL_BAND_SHARE, Plan
from .records import keep, newest_share, tell
from .start import weights_to_start_with

VALIDATION_SEED = 20_000


class Way(NamedTuple):
    """Gains, the spectra with the target that they are for, and what the loss of both weighs."""

    gains: Tensor
    spectra: Spectra
    weight: float


def both_ways(gains: Tensor, dry_gains: Tensor, spectra: Spectra) -> tuple[Way, Way]:
    """The gains that keep the room, and those that take it away."""
    return Way(gains, spectra, 1.0), Way(dry_gains, spectra.without_room(), DRY_SHARE)


class Trainer:
    """The network, its average, its optimisers, and how far it is; the same in every process."""

    def __init__(self, plan: Plan, rank: int, processes: int) -> None:
        self.plan, self.rank, self.processes = plan, rank, processes
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(plan.seed)
        self.network = Network(plan.shape).to(self.device)
        self.average = Network(plan.shape).to(self.device)
        self.average.load_state_dict(self.network.state_dict())
        self.compiled = _compiled(self.network)
        self.optimisers = _optimisers(self.network, plan.learning_rate, self.device)
        self.bins = to_bins(self.device)
        self.dnsmos = Dnsmos().to(self.device) if plan.dnsmos else None
        self.step, self.minutes = 0, 0.0
        self.losses: list[float] = []
        self.mixers = open_mixers(plan.data, plan.seconds)
        held_out, rng = open_mixers(plan.data, plan.seconds, held_out=True), np.random.default_rng(VALIDATION_SEED)
        self.validation = [self._tensors(make(held_out, 8, 1, rng)) for _ in range(12)] if rank == 0 else []

    def _tensors(self, batch: Batch) -> Spectra:
        return Spectra(*(torch.from_numpy(part).to(self.device) for part in batch))

    def advance(self) -> None:
        """One step."""
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.learning_rate() * group["times"]
        self.losses.append(self._gradients())
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.step += 1
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.network.parameters()), self.new_share())

    def mean_loss(self) -> float:
        """Of the steps since it was last asked for."""
        mean = float(np.mean(self.losses))
        self.losses.clear()
        return mean

    def _gradients(self) -> float:
        """Mean loss over this process's mixtures; the gradients over all are in the parameters after.

        One mixture at a time: what is remembered for its gradients then stays in the cache, which is worth a third of
        the time.
        """
        rng = np.random.default_rng((self.plan.seed, self.step, self.rank))
        mine = self.plan.batch // self.processes
        total = 0.0
        for _ in range(mine):
            spectra = self._tensors(make(self.mixers, 1, int(rng.binomial(1, FULL_BAND_SHARE)), rng))
            gains, dry_gains = self.compiled(spectra.features)
            loss = self._loss(gains, dry_gains, spectra) / mine
            loss.backward()
            total += float(loss.detach())
        if self.processes > 1:
            gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
            flat = nn.utils.parameters_to_vector(gradients)
            distributed.all_reduce(flat)
            nn.utils.vector_to_parameters(flat / self.processes, gradients)
        return total

    def agreed(self, minutes: float) -> float:
        """The time that all processes go by: that of the first."""
        if self.processes == 1:
            return minutes
        clock = torch.tensor([minutes], dtype=torch.float64)
        distributed.broadcast(clock, 0)
        return float(clock)

    def _loss(self, gains: Tensor, dry_gains: Tensor, spectra: Spectra) -> Tensor:
        auditory, dnsmos = self.weights()
        ways = both_ways(gains, dry_gains, spectra)
        loss = self.compared(ways, auditory)
        if self.dnsmos is not None and self.step % 2 and dnsmos:
            way = ways[self.step // 2 % 2]
            loss = loss + dnsmos * dnsmos_loss(self.dnsmos, way.gains, way.spectra, self.bins)
        return loss

    def compared(self, ways: tuple[Way, Way], auditory: float | Tensor) -> Tensor:
        """What the gains make of the mixtures, against the targets; `auditory` weighs the auditory loss."""
        loss = torch.zeros((), device=self.device)
        for gains, spectra, weight in ways:
            loss = loss + weight * spectral_loss(gains, spectra, self.bins)
            if isinstance(auditory, Tensor) or auditory:
                loss = loss + weight * auditory * auditory_loss(gains, spectra, self.bins)
            if self.plan.pesq:
                loss = loss + weight * self.plan.pesq * pesq_loss(gains, spectra, self.bins)
            if self.plan.distortion:
                loss = loss + weight * self.plan.distortion * distortion_loss(gains, spectra, self.bins)
        return loss

    def weights(self) -> tuple[float, float]:
        """Of the auditory and of the DNSMOS loss, now."""
        done, plan = self.minutes / self.plan.minutes, self.plan
        return plan.auditory * (done >= plan.auditory_from), plan.dnsmos * (done >= plan.dnsmos_from)

    def new_share(self) -> float:
        """Of the newest weights in the average."""
        return newest_share(self.plan.average, self.step)

    def learning_rate(self) -> float:
        done = self.minutes / self.plan.minutes
        return self.plan.learning_rate * max(0.0, min(1.0, (self.step + 1) / 100, (1 - done) / self.plan.decay))

    def report(self) -> None:
        """Losses of the averaged weights on mixtures of held-out speakers and noises, to the screen and log.txt."""
        with torch.no_grad():
            both = [(*self.average(batch.features), batch) for batch in self.validation]
            spectral = float(np.mean([float(spectral_loss(gains, batch, self.bins)) for gains, _, batch in both]))
            auditory = float(np.mean([float(auditory_loss(gains, batch, self.bins)) for gains, _, batch in both]))
            pesq = float(np.mean([float(pesq_loss(gains, batch, self.bins)) for gains, _, batch in both]))
            distortion = float(np.mean([float(distortion_loss(gains, batch, self.bins)) for gains, _, batch in both]))
            dry = np.mean([float(auditory_loss(gains, batch.without_room(), self.bins)) for _, gains, batch in both])
        hours = self.step * self.plan.batch * self.plan.seconds / 3600
        line = (
            f"{self.minutes:6.1f} min  step {self.step:6d}  {hours:6.1f} h heard  rate {self.learning_rate():.5f}  "
            f"training {self.mean_loss():.4f}  held out: spectral {spectral:.4f}  auditory {auditory:.4f}  "
            f"pesq {pesq:.4f}  distortion {distortion:.2f} dB  dry {dry:.4f}"
        )
        tell(self.plan.out, line)

    def save(self) -> None:
        """checkpoint.pt, replaced at once; it holds all that `restore` needs."""
        state: dict[str, object] = {
            "shape": self.plan.shape.as_dict(),
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "minutes": self.minutes,
        }
        keep(self.plan.out, state)

    def restore(self) -> None:
        """Go on from plan.out/checkpoint.pt; or begin with the weights of plan.start."""
        own = self.plan.out / "checkpoint.pt"
        source = own if own.exists() else self.plan.start
        if source is None:
            return
        if source != own:
            weights = weights_to_start_with(source, self.plan.shape)
            for network in (self.network, self.average):
                network.load_state_dict(weights)
            return
        state = torch.load(source, map_location=self.device, weights_only=True)
        self.average.load_state_dict(state["average"])
        self.network.load_state_dict(state["network"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.step, self.minutes = state["step"], state["minutes"]


def _compiled(network: Network) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """The network with its small operations fused, where there is a C++ compiler to do it (a quarter faster)."""
    return torch.compile(network) if shutil.which("g++") else network


def _optimisers(network: Network, learning_rate: float, device: torch.device) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the network, AdamW for the rest. `times`: a group's rate against the plan's.

    On a GPU the learning rate is a number that lies there, so that steps recorded once can change it.
    """
    inner = [
        p
        for name, p in network.named_parameters()
        if name.endswith("weight") and not name.startswith(("patch", "head", "dry"))
    ]
    chosen = {id(p) for p in inner}
    rest = [p for p in network.parameters() if id(p) not in chosen]
    cuda = device.type == "cuda"
    rates = [torch.tensor(learning_rate, device=device) if cuda else learning_rate for _ in range(2)]
    groups: list[Group] = [{"params": rest, "times": 1.0}, {"params": inner, "times": 2.0}]
    adam = torch.optim.AdamW(groups[:1], lr=rates[0], betas=(0.9, 0.98), weight_decay=0.01, capturable=cuda)
    return [adam, Muon(groups[1:], lr=rates[1])]
