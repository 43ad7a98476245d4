"""`python -m training.content scenes|train`: makes scenes of a folder of recordings, and the detector's weights."""

from __future__ import annotations

import argparse
from pathlib import Path

import runtime_setup

runtime_setup.own_process()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.content", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("scenes", help="mix scenes, and keep their features")
    command.add_argument("recordings", type=Path, help="folder with KIND/SOURCE/*.flac, 16 kHz mono")
    command.add_argument("out", type=Path, help="folder for scenes-N.npz")
    command.add_argument("--rooms", type=Path, help="folder with impulse responses, 16 kHz mono")
    command.add_argument("--count", type=int, default=500, help="scenes of 16 s in each file")
    command.add_argument("--seeds", type=int, nargs=2, default=(0, 20), help="first, and the one after the last")
    command.add_argument("--processes", type=int, default=2)
    command.set_defaults(run=_scenes)
    command = commands.add_parser("train", help="train on scenes, and write weights")
    command.add_argument("scenes", type=Path)
    command.add_argument("weights", type=Path)
    command.add_argument("--epochs", type=int, default=20)
    command.add_argument("--held", type=int, default=1, help="files of scenes that only measure")
    command.add_argument("--processes", type=int, default=2)
    command.set_defaults(run=_train)
    options = parser.parse_args()
    options.run(options)


def _scenes(options: argparse.Namespace) -> None:
    from multiprocessing import get_context

    from .scenes import Pool, write

    options.out.mkdir(parents=True, exist_ok=True)
    pool = Pool.read(options.recordings, options.rooms)
    context = get_context("fork")  # the recordings are read once
    waiting = list(range(*options.seeds))
    while waiting:
        some, waiting = waiting[: options.processes], waiting[options.processes :]
        children = [
            context.Process(target=write, args=(pool, options.out / f"scenes-{seed:03d}.npz", options.count, seed))
            for seed in some
        ]
        for child in children:
            child.start()
        for child in children:
            child.join()


def _train(options: argparse.Namespace) -> None:
    from .run import train

    train(options.scenes, options.weights, options.epochs, options.held, options.processes)


if __name__ == "__main__":
    main()
