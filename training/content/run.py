"""Training of the content detector on scenes that were made before.

Processes train one set of weights in common memory without waiting for each other: F. Niu et al., "Hogwild!: a
lock-free approach to parallelizing stochastic gradient descent", NIPS 2011. It costs a little and needs no free core.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch.multiprocessing import get_context
from torch.nn import functional

from pipeline.measures.content.network import REACH
from pipeline.measures.content.weights import KINDS

from .network import Detector

BATCH = 24
RATE = 3e-3
SMOOTHED = 0.02  # of the answers: labels are not certain

Scenes = list[torch.Tensor]


def train(scenes: Path, weights: Path, epochs: int, held: int, processes: int) -> None:
    """Trains on all files of scenes but the first `held`, on which it measures. Goes on where there are weights."""
    paths = sorted(scenes.glob("scenes-*.npz"))
    measured, learned = _read(paths[:held]), _read(paths[held:])
    detector = Detector()
    sample = learned[0].reshape(-1, learned[0].shape[-1])[::7].float()
    detector.mean.copy_(sample.mean(0))
    detector.scale.copy_(1 / sample.std(0))
    if weights.exists():
        detector.load_state_dict(load_file(weights))
    detector.share_memory()
    context = get_context("fork")
    workers = [
        context.Process(target=_work, args=(detector, learned, epochs, number, processes))
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    torch.set_num_threads(1)
    while any(worker.is_alive() for worker in workers):
        workers[0].join(60)
        judged = Detector()
        judged.load_state_dict(detector.state_dict())
        print(_measured(judged.eval(), measured), flush=True)
        weights.write_bytes(judged.exported())


def _work(detector: Detector, learned: Scenes, epochs: int, number: int, processes: int) -> None:
    """One process: every epoch it takes the scenes that are its own, in a new order."""
    torch.set_num_threads(1)
    torch.manual_seed(number)
    detector.train()
    own = torch.arange(number, len(learned[0]), processes)
    optimizer = torch.optim.AdamW(detector.parameters(), RATE, weight_decay=0.02)
    steps = epochs * (len(own) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.1)
    for epoch in range(epochs):
        total = 0.0
        for rows in own[torch.randperm(len(own))].split(BATCH)[: len(own) // BATCH]:
            loss = _loss(detector, [part[rows] for part in learned])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        print(f"process {number}, epoch {epoch + 1}: {total * BATCH / len(own):.4f}", flush=True)


def _read(paths: list[Path]) -> Scenes:
    files = [np.load(path) for path in paths]
    return [torch.from_numpy(np.concatenate([file[name] for file in files])) for name in ("heard", "there", "counts")]


def _odds(detector: Detector, heard: torch.Tensor) -> torch.Tensor:
    """Log odds for all answers of scenes whose surroundings are as the start and the end of a recording."""
    around = detector.mean.expand(len(heard), REACH, -1)
    odds: torch.Tensor = detector(torch.cat((around, heard.float(), around), dim=1))
    return odds


def _loss(detector: Detector, part: Scenes) -> torch.Tensor:
    heard, there, counts = part
    odds = _odds(detector, heard)
    wanted = there[:, : odds.shape[1]].float() * (1 - SMOOTHED) + SMOOTHED / 2
    loss = functional.binary_cross_entropy_with_logits(odds, wanted, reduction="none")
    return (loss * counts[:, : odds.shape[1]]).mean()


@torch.no_grad()
def _measured(detector: Detector, part: Scenes) -> str:
    """Precision and recall of each kind at even odds."""
    said = []
    odds = torch.cat([_odds(detector, heard) for heard in part[0].split(64)])
    there, counts = (x[:, : odds.shape[1]].bool() for x in part[1:])
    for k, kind in enumerate(KINDS):
        found, true = (odds[..., k] > 0) & counts[..., k], there[..., k] & counts[..., k]
        hits = (found & true).sum()
        said.append(f"{kind} {hits / found.sum().clamp(min=1):.3f}/{hits / true.sum().clamp(min=1):.3f}")
    return "  ".join(said)
