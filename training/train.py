"""The training loop: resumable, by the clock, on a CPU or a GPU."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .auditory import auditory_loss
from .batches import Batch, make, open_mixers, stream
from .losses import Spectra, spectral_loss, to_bins
from .network import Network, Shape

VALIDATION_SEED = 20_000
EMA = 0.998


@dataclass(frozen=True)
class Plan:
    """What one run of `train` does.

    minutes : length of the run; the rate rises for the first half per cent and falls to zero over the last `decay`
    muon : whether matrices are trained with Muon (AdamW otherwise, and for all else)
    auditory : weight of the auditory loss beside the spectral one, from the share `auditory_from` of the run on
    """

    data: Path
    out: Path
    minutes: float
    batch: int = 8
    seconds: float = 3.0
    rate: float = 2e-3
    decay: float = 0.4
    muon: bool = True
    auditory: float = 0.02
    auditory_from: float = 0.5
    workers: int = 1
    threads: int = 2
    seed: int = 1
    validate_minutes: float = 5.0
    shape: Shape = field(default_factory=Shape)
    start: Path | None = None


def train(plan: Plan) -> None:
    """Train until the minutes are over, from plan.out/checkpoint.pt where it exists, else from plan.start."""
    torch.manual_seed(plan.seed)
    torch.set_num_threads(1)  # the threads are ours, see Run._gradients
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    plan.out.mkdir(parents=True, exist_ok=True)
    run = Run(plan, device)
    run.restore()
    batches = stream(plan.data, plan.seconds, plan.batch, plan.seed + run.step, plan.workers)
    began, spent_before, losses = time.monotonic(), run.minutes, list[float]()
    next_report = run.minutes + plan.validate_minutes
    while run.minutes < plan.minutes:
        losses.append(run.advance(next(batches)))
        run.minutes = spent_before + (time.monotonic() - began) / 60
        if run.minutes >= next_report or run.minutes >= plan.minutes:
            run.report(float(np.mean(losses)))
            losses.clear()
            next_report += plan.validate_minutes
            run.save()


class Run:
    """The network, its average, its optimisers, and how far it is."""

    def __init__(self, plan: Plan, device: torch.device) -> None:
        self.plan, self.device = plan, device
        self.network = Network(plan.shape).to(device)
        self.average = Network(plan.shape).to(device)
        self.average.load_state_dict(self.network.state_dict())
        self.optimisers = _optimisers(self.network, plan)
        self.bins = to_bins(device)
        self.step, self.minutes = 0, 0.0
        self.pool = ThreadPoolExecutor(plan.threads)
        rng = np.random.default_rng(VALIDATION_SEED)
        held_out = open_mixers(plan.data, plan.seconds, held_out=True)
        self.validation = [self._tensors(make(held_out, 8, 1, rng)) for _ in range(12)]

    def _tensors(self, batch: Batch) -> Spectra:
        return Spectra(*(torch.from_numpy(part).to(self.device) for part in batch))

    def advance(self, batch: Batch) -> float:
        """One step; its loss."""
        rate = self._rate()
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = rate * group["times"]
        loss = self._gradients(batch)
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.step += 1
        with torch.no_grad():
            share = 1 - min(EMA, self.step / (self.step + 20))
            for slow, fast in zip(self.average.parameters(), self.network.parameters(), strict=True):
                slow.lerp_(fast, share)
        return loss

    def _gradients(self, batch: Batch) -> float:
        """Mean loss over the batch; its gradients are in the parameters after.

        On a CPU one mixture at a time, each by one thread: what is remembered for its gradients then stays in the
        cache, which is worth a third of the time.
        """
        parameters = list(self.network.parameters())
        size = len(batch.features)
        rows = 1 if self.device.type == "cpu" else size

        def one(start: int) -> tuple[float, Sequence[Tensor]]:
            spectra = self._tensors(Batch(*(part[start : start + rows] for part in batch)))
            loss = self._loss(self.network(spectra.features), spectra) * (rows / size)
            return float(loss.detach()), torch.autograd.grad(loss, parameters)

        results = list(self.pool.map(one, range(0, size, rows)))
        for k, parameter in enumerate(parameters):
            parameter.grad = torch.stack([gradients[k] for _, gradients in results]).sum(0)
        return sum(loss for loss, _ in results)

    def _loss(self, gains: Tensor, spectra: Spectra) -> Tensor:
        loss = spectral_loss(gains, spectra, self.bins)
        if self.minutes < self.plan.auditory_from * self.plan.minutes:
            return loss
        return loss + self.plan.auditory * auditory_loss(gains, spectra, self.bins)

    def _rate(self) -> float:
        done = self.minutes / self.plan.minutes
        return self.plan.rate * min(1.0, (self.step + 1) / 100, (1 - done) / self.plan.decay + 1e-3)

    def report(self, training_loss: float) -> None:
        """Losses of the averaged weights on mixtures of held-out speakers and noises: to the screen and log.txt."""
        with torch.no_grad():
            parts = [(self.average(batch.features), batch) for batch in self.validation]
            spectral = float(np.mean([float(spectral_loss(gains, batch, self.bins)) for gains, batch in parts]))
            auditory = float(np.mean([float(auditory_loss(gains, batch, self.bins)) for gains, batch in parts]))
        heard_h = self.step * self.plan.batch * self.plan.seconds / 3600
        line = (
            f"{self.minutes:6.1f} min  step {self.step:6d}  {heard_h:6.1f} h heard  rate {self._rate():.5f}  "
            f"training {training_loss:.4f}  held out: spectral {spectral:.4f}  auditory {auditory:.4f}"
        )
        print(line, flush=True)
        with (self.plan.out / "log.txt").open("a") as file:
            file.write(line + "\n")

    def save(self) -> None:
        """checkpoint.pt, replaced at once; it holds all that `restore` needs."""
        state: dict[str, Any] = {
            "shape": self.plan.shape.as_dict(),
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "minutes": self.minutes,
        }
        partial = self.plan.out / "checkpoint.part"
        torch.save(state, partial)
        partial.replace(self.plan.out / "checkpoint.pt")

    def restore(self) -> None:
        """Go on from plan.out/checkpoint.pt; or begin with the averaged weights of plan.start."""
        own = self.plan.out / "checkpoint.pt"
        source = own if own.exists() else self.plan.start
        if source is None:
            return
        state = torch.load(source, map_location=self.device, weights_only=True)
        self.average.load_state_dict(state["average"])
        self.network.load_state_dict(state["network" if source == own else "average"])
        if source == own:
            for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
                optimiser.load_state_dict(saved)
            self.step, self.minutes = state["step"], state["minutes"]


def _optimisers(network: Network, plan: Plan) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the network, AdamW for the rest. `times`: the group's rate against plan.rate."""
    inner = [
        p
        for name, p in network.named_parameters()
        if plan.muon and name.endswith("weight") and not name.startswith(("patch", "head"))
    ]
    chosen = {id(p) for p in inner}
    rest = [p for p in network.parameters() if id(p) not in chosen]
    adam = torch.optim.AdamW([{"params": rest, "times": 1.0}], lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.01)
    if not inner:
        return [adam]
    muon = torch.optim.Muon(
        [{"params": inner, "times": 2.0}], lr=plan.rate, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"
    )
    return [adam, muon]
