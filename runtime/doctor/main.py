"""The command line of `runtime_setup.py`: examine this machine, examine a deployment, or bake a cache."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from runtime import configuration, version
from runtime.doctor import bake, checks, exercise, remote, report
from runtime.doctor.checks import Check


def main(arguments: Sequence[str] | None = None, task: Callable[[], None] | None = None) -> int:
    """Run the command line; 0 if all is well, 1 if not. task : the warm-up's, which uses all that the service uses."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.ERROR, format="%(message)s")  # the lines below say it all, once
    if options.bake is not None:
        return _bake(options.bake, task)
    found: Iterable[Check] = examine(task) if options.url is None else remote.checklist(options.url, options.timeout)
    if options.json:
        found = list(found)
        whole: dict[str, Any] = {} if options.url else report.diagnostics()
        whole["checks"] = [asdict(check) for check in found]
        whole["status"] = "ok" if all(check.ok for check in found) else "degraded"
        _say(json.dumps(whole, indent=2))
        return 0 if whole["status"] == "ok" else 1
    failures = 0
    for check in found:
        failures += not check.ok
        _say(line(check))
    _say("All is well." if not failures else f"{failures} check{'s' if failures > 1 else ''} failed.")
    return 1 if failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python runtime_setup.py",
        description="Examine the runtime of this machine, line by line. Exit status 0 if all is well, else 1.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--url", metavar="URL", help="examine a running service instead, e.g. https://host")
    what.add_argument(
        "--bake", metavar="DIR", type=Path, help="compile everything the service calls into DIR, for any such machine"
    )
    parser.add_argument("--json", action="store_true", help="print the diagnostics as JSON")
    parser.add_argument("--timeout", type=float, default=remote.TIMEOUT_S, metavar="SECONDS", help="with --url")
    return parser


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def line(check: Check) -> str:
    """One check on one line: verdict, name, what was seen, what to do."""
    advice = f" → {check.suggestion}" if check.suggestion else ""
    text = f"{'ok  ' if check.ok else 'FAIL'} {check.name}: {check.detail}{advice}"
    return " ".join(text.splitlines())


def examine(task: Callable[[], None] | None = None) -> Iterator[Check]:
    """Really use numba, librosa and, by `task`, the pipeline; then make every check of the diagnostics."""
    status = configuration.configure()
    yield Check("runtime", True, f"{version.SYSTEM_NAME} {version.VERSION}, rung {status.rung} ({status.mode})")
    yield _attempt("numba works", _import_numba, checks.REINSTALL)
    yield _attempt("librosa works", exercise.librosa_parts, checks.REINSTALL)
    if task is not None:
        yield _attempt(
            "enhancement works",
            partial(exercise.warmed_up, task),
            "See the traceback above; if it is no fault of this machine, report it as a bug.",
        )
    for check in checks.run_checks():
        yield Check(**check)


def _import_numba() -> None:
    import numba  # noqa: F401


def _attempt(name: str, act: Callable[[], None], suggestion: str) -> Check:
    try:
        act()
    except Exception as fault:  # whatever it is, it is what the doctor was asked to find
        return Check(name, False, f"{type(fault).__name__}: {fault}", suggestion)
    return Check(name, True, "yes")


def _bake(directory: Path, task: Callable[[], None] | None) -> int:
    try:
        made = bake.bake(directory, task)
    except bake.BakeError as fault:
        _say(f"FAIL bake: {fault}")
        return 1
    size_mb = made.size_bytes / 2**20
    _say(f"ok   bake: {made.compilations} functions compiled, {made.files} files, {size_mb:.1f} MB in {made.directory}")
    return 0
