"""Runs the systems, or takes what was kept of earlier runs, and prints the tables."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import benchmarks.quality
from benchmarks import metrics
from benchmarks.peers import OURS, PEERS, NotInstalledError, System, command

from . import results, run
from .recordings import Recording, described, digest, read, recordings
from .report import report
from .results import Recorded, Results


def available(names: Iterable[str], commands: Iterable[str]) -> dict[str, System]:
    """The systems that can run here; of the others, a line."""
    makers = {**OURS, **PEERS}
    systems = {}
    for name, make in [(n, makers[n]) for n in names] + [_command(text) for text in commands]:
        try:
            systems[name] = make()
        except (NotInstalledError, ImportError, OSError) as fault:
            print(f"{name} is left out: {fault}.", file=sys.stderr)
    return systems


def _command(text: str) -> tuple[str, Callable[[], System]]:
    name, _, line = text.partition("=")
    return name, lambda: command(line)


def _parser() -> argparse.ArgumentParser:
    doc = benchmarks.quality.__doc__
    parser = argparse.ArgumentParser(
        "python -m benchmarks.quality", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="*")
    parser.add_argument("--systems", help="comma separated; otherwise all")
    parser.add_argument("--command", action="append", default=[], metavar="NAME=LINE", help="a program, {in} and {out}")
    parser.add_argument("--every", type=int, default=1, help="take every n-th recording")
    parser.add_argument("--jobs", type=int, default=1, help="processes for the metrics")
    parser.add_argument("--clean", action="store_true", help="also give the systems the clean recordings")
    parser.add_argument("--versus", metavar="NAME", help="differences to this system, with 95 %% intervals")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="pairs where the first system is behind it")
    parser.add_argument("--json", type=Path, help="write the scores of every recording here")
    parser.add_argument("--from-json", type=Path, metavar="FILE", help="the tables of a run that was kept")
    parser.add_argument(
        "--merge", type=Path, action="append", default=[], metavar="FILE", help="with these runs' systems"
    )
    return parser


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = _parser()
    options = parser.parse_args(arguments)
    if bool(options.data) == bool(options.from_json):
        parser.error("either DATA or --from-json is needed")
    if options.from_json and (options.command or options.clean):
        parser.error("--command and --clean need DATA")
    if options.worst and not options.versus:
        parser.error("--worst needs --versus")
    return options


def _kept(options: argparse.Namespace) -> Results:
    """What earlier runs have found."""
    paths = [*([options.from_json] if options.from_json else []), *options.merge]
    return results.merged(Results({}, {}), *(results.read(path) for path in paths))


def _known(text: str | None, known: Iterable[str]) -> list[str]:
    """The names in a list with commas, all if there is none; the end, if one is not known."""
    names = list(known) if text is None else [name for name in text.split(",") if name]
    if unknown := set(names) - set(known):
        raise SystemExit(f"No such system: {', '.join(sorted(unknown))}.")
    return names


def _run(options: argparse.Namespace, found: list[Recording], kept: Results) -> Results:
    """The systems on the recordings, with what is kept; written after each of them."""
    makers = [*OURS, *PEERS]
    systems = available(_known(options.systems, makers), options.command)
    _known(options.versus, [*systems, *kept.scores])
    have = Results({r.name: Recorded(digest(read(r.noisy)), r.kinds) for r in found}, {})
    with ProcessPoolExecutor(options.jobs) as pool:
        for name, system in systems.items():
            began = time.perf_counter()
            rows = run.scores(system, found, pool, options.clean)
            have = results.merged(have, Results({}, {name: rows}))
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
            if options.json:
                results.write(options.json, results.merged(have, kept))
    return results.merged(have, kept)


def _found(options: argparse.Namespace) -> list[Recording]:
    for package, columns in metrics.MISSING.items():
        if not metrics.available(package):
            print(f"{columns}: left out, the package {package} is not installed.", file=sys.stderr)
    found = recordings(options.data, options.every)
    if not found:
        raise SystemExit(f"No recordings in {', '.join(map(str, options.data))}.")
    print(described(found), flush=True)
    return found


def _again(options: argparse.Namespace, kept: Results) -> Results:
    names = _known(options.systems, kept.scores)
    _known(options.versus, names)
    have = results.chosen(kept, names)
    if options.json:
        results.write(options.json, have)
    return have


def main(arguments: list[str] | None = None) -> None:
    options = _options(arguments)
    kept = _kept(options)
    have = _run(options, _found(options), kept) if options.data else _again(options, kept)
    compared = results.shared(have)
    missing = len(have.recordings) - len(compared.recordings)
    if missing:
        print(f"{missing} recordings are left out: not every system has them.")
    pairs = len(compared.pairs)
    print(f"\n{pairs} pairs, {len(compared.recordings) - pairs} without a reference:\n")
    print(report(compared, options.versus, options.worst))


if __name__ == "__main__":
    main()
