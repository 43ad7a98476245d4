"""`python -m training prepare|train|refine|evaluate|export|fixture|check`, see docs/training.md."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

import runtime_setup

runtime_setup.own_process()  # before anything can import NumPy: training runs a process per core


def main(arguments: list[str] | None = None) -> None:
    """Run one command."""
    options = _parser().parse_args(arguments)
    options.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Make the neural denoiser's weights.")
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("prepare", help="decode a folder of recordings with a manifest.csv")
    command.add_argument("data", type=Path)
    command.add_argument("out", type=Path)
    command.add_argument("--subset-mb", type=float, help="copy so much of the compressed recordings instead")
    command.set_defaults(run=_prepare)

    command = commands.add_parser("train", help="train, or go on where the last run stopped")
    command.add_argument("data", type=Path, help="what prepare wrote")
    command.add_argument("out", type=Path, help="folder for checkpoint.pt and log.txt")
    command.add_argument("--minutes", type=float, required=True, help="length of the run, in all its sessions")
    command.add_argument("--start", type=Path, help="checkpoint or exported weights with which a new run begins")
    for name in ("batch", "seed", "processes"):
        command.add_argument(f"--{name}", type=int)
    for name in ("seconds", "decay", "average"):
        command.add_argument(f"--{name}", type=float)
    command.add_argument("--rate", type=float, dest="learning_rate", help="learning rate at its highest")
    for name in ("auditory", "auditory-from", "distortion", "report-minutes"):
        command.add_argument(f"--{name}", type=float)
    command.add_argument("--quality", type=float, dest="pesq", help="weight of the PESQ loss")
    command.add_argument("--opinion", type=float, dest="dnsmos", help="weight of the DNSMOS loss")
    command.add_argument("--opinion-from", type=float, dest="dnsmos_from", help="share of the run without it")
    for name in ("width", "blocks", "wide", "late", "look"):
        command.add_argument(f"--{name}", type=int, help="of the network, which may be larger than that of --start")
    command.set_defaults(run=_train)
    _add_refine(commands)

    command = commands.add_parser(
        "evaluate", help="PESQ, ESTOI, SI-SDR, DNSMOS and eaten speech on pairs of recordings"
    )
    command.add_argument("weights", type=Path)
    command.add_argument("pairs", type=Path, help="folder with noisy/ and clean/")
    command.add_argument("--strength-db", type=float, default=20.0)
    command.add_argument("--every", type=int, default=1)
    command.set_defaults(run=_evaluate)

    command = commands.add_parser("export", help="write the averaged weights of a checkpoint for the app")
    command.add_argument("checkpoint", type=Path)
    command.add_argument("weights", type=Path)
    command.add_argument(
        "--with",
        dest="others",
        nargs=2,
        action="append",
        default=[],
        metavar=("WEIGHTS", "SHARE"),
        help="exported weights and their share in a mean with the checkpoint's; may be given again",
    )
    command.set_defaults(run=_export)

    command = commands.add_parser("fixture", help="write the small network and its answers that the app's tests use")
    command.add_argument("out", type=Path)
    command.set_defaults(run=_fixture)

    command = commands.add_parser(
        "check", help="compare the loops of our own with PyTorch's operations, with their gradients"
    )
    command.set_defaults(run=_check)
    return parser


def _add_refine(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("refine", help="train a deep filter after the gains, and the last blocks with it")
    command.add_argument("data", type=Path, help="what prepare wrote")
    command.add_argument("out", type=Path, help="folder for checkpoint.pt and log.txt")
    command.add_argument("--start", type=Path, required=True, help="checkpoint or exported weights")
    command.add_argument("--minutes", type=float, required=True)
    for name in ("blocks", "batch", "seed"):
        command.add_argument(f"--{name}", type=int)
    for name in ("seconds", "decay", "average", "auditory", "distortion", "network-rate", "report-minutes"):
        command.add_argument(f"--{name}", type=float)
    command.add_argument("--rate", type=float, help="learning rate of the deep filter at its highest")
    command.add_argument("--quality", type=float, dest="pesq", help="weight of the PESQ loss")
    command.add_argument("--opinion", type=float, dest="dnsmos", help="weight of the DNSMOS loss")
    command.add_argument("--opinion-share", type=float, dest="dnsmos_share", help="of the mixtures that it looks at")
    command.set_defaults(run=_refine)


def _prepare(options: argparse.Namespace) -> None:
    from training.data.prepare import prepare

    prepare(options.data, options.out, options.subset_mb)


def _train(options: argparse.Namespace) -> None:
    from training.model.shape import Shape
    from training.run.loop import train
    from training.run.plan import Plan

    given = {name: value for name, value in vars(options).items() if value is not None}
    shape = Shape(**{field.name: given[field.name] for field in fields(Shape) if field.name in given})
    train(Plan(shape=shape, **{field.name: given[field.name] for field in fields(Plan) if field.name in given}))


def _refine(options: argparse.Namespace) -> None:
    from training.run.refiner import Refinement, refine

    given = {name: value for name, value in vars(options).items() if value is not None}
    refine(Refinement(**{field.name: given[field.name] for field in fields(Refinement) if field.name in given}))


def _evaluate(options: argparse.Namespace) -> None:
    from .evaluate import evaluate

    for name, scores in evaluate(options.weights, options.pairs, options.strength_db, options.every).items():
        eaten = 100 * scores.eaten / scores.cells
        grades = f"PESQ {scores.pesq:.3f}  ESTOI {scores.estoi:.1f}  SI-SDR {scores.si_sdr:.1f}"
        print(f"{name:>9}: {grades}  OVRL-n {scores.overall:.2f}  eaten {eaten:.2f} %")


def _export(options: argparse.Namespace) -> None:
    from .export import export

    export(options.checkpoint, options.weights, [(Path(path), float(share)) for path, share in options.others])


def _fixture(options: argparse.Namespace) -> None:
    from .export import write_fixture

    write_fixture(options.out)


def _check(_: argparse.Namespace) -> None:
    from .check import check

    check()


if __name__ == "__main__":
    main()
