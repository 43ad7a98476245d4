"""Training on a GPU: the CPUs make speech in rooms and noises, the GPU mixes, analyses and learns.

One step, from drawn numbers to new weights, is one CUDA graph: its thousands of small operations are started at once.
"""

from __future__ import annotations

import os
import time

import numpy as np
import torch
from torch import Tensor, nn

from training.data.gpu_mixing import Analysis, draw_recipes, mix
from training.data.mixing import Recipe
from training.data.pool import Pool, Producer
from training.data.spectra import Spectra
from training.losses.dnsmos import dnsmos_loss

from .plan import FULL_BAND_SHARE, Plan
from .trainer import Trainer, both_ways

POOL = {16_000: 4096, 48_000: 1024}
FIRST = {16_000: 512, 48_000: 128}  # recordings before the first step
FULL_BAND_PROCESSES = 0.4
CUT_HZ = Recipe._fields.index("cut_hz")
RATED = 0.25  # of a batch is rated by DNSMOS, for either gain
AHEAD = 3  # steps given to the GPU before their end is waited for


def producers(plan: Plan) -> dict[int, list[Producer]]:
    """Processes for all of the machine's cores but one, per rate."""
    count = max(2, (os.cpu_count() or 2) - 1)
    full = max(1, round(count * FULL_BAND_PROCESSES))
    rates = [48_000] * full + [16_000] * (count - full)
    made: dict[int, list[Producer]] = {16_000: [], 48_000: []}
    for k, rate in enumerate(rates):
        made[rate].append(Producer(plan.data, rate, plan.seconds, 1000 * plan.seed + k))
    return made


class GpuTrainer(Trainer):
    """`Trainer` on one GPU."""

    def __init__(self, plan: Plan, made: dict[int, list[Producer]]) -> None:
        super().__init__(plan, 0, 1)
        torch.backends.cuda.matmul.allow_tf32 = False  # what DNSMOS makes of a spectrum needs all digits
        self.pools = {rate: Pool(rate, plan.seconds, POOL[rate], made[rate]) for rate in made}
        self.analyses = {rate: Analysis(rate, self.device) for rate in made}
        full = round(plan.batch * FULL_BAND_SHARE)
        self.sizes = {16_000: plan.batch - full, 48_000: full}
        self.recipes = torch.zeros((plan.batch, len(Recipe._fields)), device=self.device)
        self.drawn = torch.zeros((2, plan.batch), dtype=torch.int64, device=self.device)
        self.numbers = torch.zeros(4, device=self.device)  # learning rate, weights of the losses, share of the average
        self.lost = torch.zeros(2, device=self.device)  # sum of losses, count
        self.rng = np.random.default_rng((plan.seed, 7))
        self.events = [torch.cuda.Event() for _ in range(AHEAD)]
        self.graph: torch.cuda.CUDAGraph | None = None

    def advance(self) -> None:
        """One step. Its loss stays on the GPU until a report."""
        if self.graph is None:
            self._capture()
        for pool in self.pools.values():
            pool.take(2)
        self._draw()
        assert self.graph is not None
        event = self.events[self.step % AHEAD]
        event.synchronize()
        self.graph.replay()
        event.record()
        self.step += 1

    def mean_loss(self) -> float:
        total, count = self.lost.tolist()
        self.lost.zero_()
        return float(total / max(count, 1))

    def _capture(self) -> None:
        while any(pool.filled < FIRST[rate] for rate, pool in self.pools.items()):
            for pool in self.pools.values():
                pool.take(8)
            torch.cuda.synchronize()
            time.sleep(0.01)
        self._draw()
        saved = {name: tensor.clone() for name, tensor in self._state().items()}
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):  # compiles, and lets every library take the memory that it needs
                self._step()
        torch.cuda.current_stream().wait_stream(stream)
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self._step()
        with torch.no_grad():
            for name, tensor in self._state().items():
                tensor.copy_(saved[name]) if name in saved else tensor.zero_()

    def _state(self) -> dict[str, Tensor]:
        """All that a step changes: the first steps, made before there is a graph, do not count."""
        state = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        state |= {f"average.{name}": tensor for name, tensor in self.average.state_dict().items()}
        state["lost"] = self.lost
        for k, optimiser in enumerate(self.optimisers):
            for p, memory in enumerate(optimiser.state.values()):
                state |= {f"{k}.{p}.{name}": tensor for name, tensor in memory.items() if isinstance(tensor, Tensor)}
        return state

    def _draw(self) -> None:
        """Numbers of the next step, to where the graph finds them."""
        numbers = np.array([self.learning_rate(), *self.weights(), self.new_share()], np.float32)
        drawn = [self.rng.integers(self.pools[rate].filled, size=(2, size)) for rate, size in self.sizes.items()]
        self.numbers.copy_(torch.from_numpy(numbers), non_blocking=True)
        self.recipes.copy_(torch.from_numpy(draw_recipes(self.plan.batch, self.rng)), non_blocking=True)
        self.drawn.copy_(torch.from_numpy(np.concatenate(drawn, axis=1)), non_blocking=True)

    def _step(self) -> None:
        batch = self._batch()
        loss = self._loss_of(batch)
        loss.backward()
        _clip(self.network)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"].copy_(self.numbers[0] * group["times"])
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        with torch.no_grad():
            for mean, parameter in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(parameter, self.numbers[3])
            self.lost[0].add_(loss.detach())
            self.lost[1].add_(1)

    def _batch(self) -> Spectra:
        with torch.no_grad():
            parts, at = [], 0
            for rate, size in self.sizes.items():
                speech, noise = self.drawn[:, at : at + size]
                recipes, pool = self.recipes[at : at + size], self.pools[rate]
                waveforms = mix(pool.signals[speech, :3], pool.signals[noise, 3], recipes)
                parts.append(self.analyses[rate](waveforms, recipes[:, CUT_HZ], pool.bandwidths[speech]))
                at += size
            frames = min(part.features.shape[1] for part in parts)
            joined = [
                torch.cat([x if x.dim() < 3 else x[:, :frames] for x in part]) for part in zip(*parts, strict=True)
            ]
            return Spectra(*joined)

    def _loss_of(self, batch: Spectra) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16):
            gains, dry_gains = self.compiled(batch.features)
        ways = both_ways(gains.float(), dry_gains.float(), batch)
        loss = self.compared(ways, self.numbers[1])
        if self.dnsmos is not None:
            rated = max(1, round(self.plan.batch * RATED))
            for k, way in enumerate(ways):
                some = slice(k, None, round(1 / RATED))
                spectra = Spectra(*(part[some][:rated] for part in way.spectra))
                rating_loss = dnsmos_loss(self.dnsmos, way.gains[some][:rated], spectra, self.bins)
                loss = loss + self.numbers[2] * rating_loss
        return loss


def _clip(network: nn.Module) -> None:
    """Gradients of a norm of at most one; none where one is not finite."""
    gradients: list[Tensor] = [p.grad for p in network.parameters() if p.grad is not None]
    norm = torch.stack(torch._foreach_norm(gradients)).norm()
    scale = (1 / (norm + 1e-6)).clamp(max=1.0)
    usable = torch.isfinite(norm)
    for gradient in gradients:
        gradient.copy_(torch.where(usable, gradient * scale, 0.0))
