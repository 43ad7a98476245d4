"""Training of the content detector on scenes that were made before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from pipeline.measures.content.network import REACH
from pipeline.measures.content.weights import KINDS

from .network import Detector

BATCH = 32
RATE = 2e-3
WANTED = torch.tensor([1.0, 1.0, 1.0, 1.0, 1.0])
SMOOTHED = 0.02  # of the answers: labels are not certain


def train(scenes: Path, weights: Path, epochs: int, held: int) -> None:
    """Trains on all files of scenes but the first `held`, on which it measures after each epoch."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    paths = sorted(scenes.glob("scenes-*.npz"))
    measured, learned = _read(paths[:held]), _read(paths[held:])
    detector = Detector()
    sample = learned[0].reshape(-1, learned[0].shape[-1])[::7].float()
    detector.mean.copy_(sample.mean(0))
    detector.scale.copy_(1 / sample.std(0))
    optimizer = torch.optim.AdamW(detector.parameters(), RATE, weight_decay=0.02)
    steps = epochs * (len(learned[0]) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.1)
    for epoch in range(epochs):
        detector.train()
        total = 0.0
        for rows in torch.randperm(len(learned[0])).split(BATCH)[: len(learned[0]) // BATCH]:
            loss = _loss(detector, [part[rows] for part in learned])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss)
        detector.eval()
        print(f"epoch {epoch + 1}: {total * BATCH / len(learned[0]):.4f}  {_measured(detector, measured)}", flush=True)
        weights.write_bytes(detector.exported())


def _read(paths: list[Path]) -> list[torch.Tensor]:
    files = [np.load(path) for path in paths]
    return [torch.from_numpy(np.concatenate([file[name] for file in files])) for name in ("heard", "there", "counts")]


def _odds(detector: Detector, heard: torch.Tensor) -> torch.Tensor:
    """Log odds for all answers of scenes whose surroundings are as the start and the end of a recording."""
    around = detector.mean.expand(len(heard), REACH, -1)
    odds: torch.Tensor = detector(torch.cat((around, heard.float(), around), dim=1))
    return odds


def _loss(detector: Detector, part: list[torch.Tensor]) -> torch.Tensor:
    heard, there, counts = part
    odds = _odds(detector, heard)
    wanted = there[:, : odds.shape[1]].float() * (1 - SMOOTHED) + SMOOTHED / 2
    loss = functional.binary_cross_entropy_with_logits(odds, wanted, reduction="none")
    return (loss * counts[:, : odds.shape[1]] * WANTED).mean()


@torch.no_grad()
def _measured(detector: Detector, part: list[torch.Tensor]) -> str:
    """Precision and recall of each kind at even odds."""
    said = []
    odds = torch.cat([_odds(detector, heard) for heard in part[0].split(64)])
    there, counts = (x[:, : odds.shape[1]].bool() for x in part[1:])
    for k, kind in enumerate(KINDS):
        found, true = (odds[..., k] > 0) & counts[..., k], there[..., k] & counts[..., k]
        hits = (found & true).sum()
        said.append(f"{kind} {hits / found.sum().clamp(min=1):.3f}/{hits / true.sum().clamp(min=1):.3f}")
    return "  ".join(said)
