"""The training loop, by the clock; several processes on a CPU, one on a GPU."""

from __future__ import annotations

import os
import time

import torch
from torch import distributed
from torch.multiprocessing.spawn import spawn

from .plan import Plan
from .trainer import Trainer


def train(plan: Plan) -> None:
    """Train until the minutes are over, from plan.out/checkpoint.pt where it exists, else from plan.start."""
    plan.out.mkdir(parents=True, exist_ok=True)
    if torch.cuda.is_available():
        from .gpu_trainer import GpuTrainer, producers

        made = producers(plan)  # forked before CUDA is used
        _go_on(GpuTrainer(plan, made))
    elif plan.processes == 1:
        _train(0, plan, 1)
    else:
        os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
        os.environ.setdefault("MASTER_PORT", "29511")
        spawn(_train, (plan, plan.processes), plan.processes)


def _train(rank: int, plan: Plan, processes: int) -> None:
    torch.set_num_threads(1)
    if processes > 1:
        distributed.init_process_group("gloo", rank=rank, world_size=processes)
    _go_on(Trainer(plan, rank, processes))


def _go_on(trainer: Trainer) -> None:
    plan = trainer.plan
    trainer.restore()
    began, before = time.monotonic(), trainer.minutes
    next_report = trainer.minutes + plan.report_minutes
    while trainer.minutes < plan.minutes:
        trainer.advance()
        trainer.minutes = trainer.agreed(before + (time.monotonic() - began) / 60)
        if trainer.minutes >= next_report or trainer.minutes >= plan.minutes:
            if trainer.rank == 0:
                trainer.report()
                trainer.save()
            next_report += plan.report_minutes
