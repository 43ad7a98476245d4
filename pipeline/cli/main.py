"""`python -m pipeline`: reports go to stdout, progress and errors to stderr.

Exit status: 0 all done · 1 some files failed · 2 the command line makes no sense · 130 interrupted (Ctrl-C).
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence

from pipeline.errors import SettingsError

from . import parser
from .batch import BatchOptions, TaskOutcome, enhance_all
from .plan import BatchPlan, plan

USAGE, INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status (argparse itself leaves with 2)."""
    options = parser.parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.WARNING, format="%(name)s: %(message)s")
    if options.list_presets:
        _print(parser.presets_table())
        return 0
    try:
        return _run(*_understood(options), options)
    except SettingsError as error:
        _complain(f"error: {error.message} {error.suggestion}".rstrip())
        return USAGE
    except KeyboardInterrupt:
        _complain("interrupted")
        return INTERRUPTED


def _understood(options: argparse.Namespace) -> tuple[BatchPlan, BatchOptions]:
    """Raises SettingsError if the options do not make sense together."""
    if not options.inputs:
        raise SettingsError("No recording was named.", suggestion="See --help.")
    order = BatchOptions(parser.settings_of(options), options.overwrite, parser.encoding_of(options))
    return plan(options.inputs, options.output, f".{options.format}" if options.format else None), order


def _run(planned: BatchPlan, order: BatchOptions, options: argparse.Namespace) -> int:
    from tqdm import tqdm

    _note_skipped(planned, options.verbose)
    if not planned.tasks:
        _complain("error: no recording was found")
        return 1
    failed = done = 0
    bar_format = "{percentage:3.0f}%|{bar}| {n:.1f}/{total} {postfix} [{elapsed}<{remaining}]"
    with tqdm(total=len(planned.tasks), disable=None, leave=False, bar_format=bar_format) as bar:

        def progress(fraction: float, text: str) -> None:
            bar.set_postfix_str(text, refresh=False)
            bar.update(done + fraction - bar.n)

        for outcome in enhance_all(planned.tasks, order, options.jobs, progress):
            done += 1
            bar.update(done - bar.n)
            bar.clear()
            failed += bool(outcome.error)
            _show(outcome, options)
    return 1 if failed else 0


def _note_skipped(planned: BatchPlan, verbose: bool) -> None:
    if planned.skipped:
        names = ": " + ", ".join(planned.skipped) if verbose else ""
        _complain(f"note: {len(planned.skipped)} without sound skipped{names}")


def _show(outcome: TaskOutcome, options: argparse.Namespace) -> None:
    if outcome.error:
        _complain(f"error: {outcome.task.name}: {outcome.error}")
        if options.verbose and outcome.details:
            _complain(outcome.details)
    elif options.report == "json":
        entry = {"input": str(outcome.task.source), "output": str(outcome.task.target), "report": outcome.report}
        _print(json.dumps(entry))
    elif options.report == "table":
        _print(f"{outcome.task.name} → {outcome.task.target.name}\n{outcome.table}\n")


def _print(text: str) -> None:
    # A terminal of another encoding shows a substitute instead of ending the batch.
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read has left (`| head`); the recordings are still wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
