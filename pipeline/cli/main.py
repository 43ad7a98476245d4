"""`python -m pipeline`: reports go to stdout, progress and errors to stderr.

Exit status: 0 all done · 1 some files failed · 2 the command line makes no sense · 130 interrupted (Ctrl-C).
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pipeline.errors import EnhancementError, SettingsError

from . import parser, piped
from .batch import BatchOptions, TaskOutcome, enhance_all
from .plan import BatchPlan, plan, to_measure

USAGE, INTERRUPTED = 2, 130
SHOWN = 5  # names of what is no recording


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status (argparse itself leaves with 2)."""
    options = parser.parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.WARNING, format="%(name)s: %(message)s")
    if options.list_presets:
        _print(parser.presets_table())
        return 0
    try:
        return _planned(_understood(options), options)
    except SettingsError as error:
        _complain(f"error: {error.message} {error.suggestion}".rstrip())
        return USAGE
    except EnhancementError as error:
        _complain(f"error: {error.message} {error.suggestion}".rstrip())
        return 1
    except KeyboardInterrupt:
        _complain("interrupted")
        return INTERRUPTED


def _planned(order: BatchOptions, options: argparse.Namespace) -> int:
    suffix = f".{options.format}" if options.format else None
    if options.analyze:
        return _run(to_measure(options.inputs), order, options)
    if not piped.is_piped(options.inputs, options.output):
        return _run(plan(options.inputs, options.output, suffix, options.removed), order, options)
    with piped.planned(options.inputs, options.output, suffix) as planned:
        return _run(planned, order, options)


def _understood(options: argparse.Namespace) -> BatchOptions:
    """Raises SettingsError if the options do not make sense together."""
    if not options.inputs:
        raise SettingsError("No recording was named.", suggestion="See --help.")
    for option in ("output", "removed", "resume"):
        if options.analyze and getattr(options, option):
            raise SettingsError(f"--analyze writes nothing: it does not go with --{option}.")
    if options.removed and piped.is_piped(options.inputs, options.output):
        raise SettingsError("--removed does not go with -.", suggestion="Name files instead.")
    if options.dask is not None:
        from . import cluster

        if piped.is_piped(options.inputs, options.output):
            raise SettingsError("--dask does not go with -.", suggestion="Name files instead.")
        cluster.check(options.dask)
    return BatchOptions(
        parser.settings_of(options), options.overwrite, parser.encoding_of(options), options.track,
        resume=options.resume, analyze=options.analyze,
    )  # fmt: skip


def _run(planned: BatchPlan, order: BatchOptions, options: argparse.Namespace) -> int:
    from tqdm import tqdm

    _note_skipped(planned, options.verbose)
    if not planned.tasks:
        _complain("error: no recording was found")
        return 1
    if options.resume and planned.folder is None:
        raise SettingsError("--resume goes with a folder of results.", suggestion="Name one with -o.")
    order = replace(order, folder=planned.folder)
    failed: list[str] = []
    done = was_done = 0
    bar_format = "{percentage:3.0f}%|{bar}| {n:.1f}/{total} {postfix} [{elapsed}<{remaining}]"
    with tqdm(total=len(planned.tasks), disable=None, leave=False, bar_format=bar_format) as bar:

        def progress(fraction: float, text: str) -> None:
            bar.set_postfix_str(text, refresh=False)
            bar.update(done + fraction - bar.n)

        for outcome in _outcomes(planned, order, options, progress):
            done += 1
            bar.update(done - bar.n)
            bar.clear()
            was_done += outcome.was_done
            if outcome.error:
                failed.append(outcome.task.name)
            _show(outcome, options)
    if was_done:
        _complain(f"note: {was_done} of {len(planned.tasks)} done before")
    if failed and len(planned.tasks) > 1:
        _complain(f"failed: {len(failed)} of {len(planned.tasks)}: {', '.join(failed)}")
    return 1 if failed else 0


def _outcomes(
    planned: BatchPlan, order: BatchOptions, options: argparse.Namespace, progress: Callable[[float, str], None]
) -> Iterator[TaskOutcome]:
    if options.dask is None:
        return enhance_all(planned.tasks, order, options.jobs, progress)
    from . import cluster

    return cluster.enhance_all(planned.tasks, order, options.dask, options.jobs, progress)


def _note_skipped(planned: BatchPlan, verbose: bool) -> None:
    if not planned.skipped:
        return
    shown = planned.skipped if verbose else planned.skipped[:SHOWN]
    more = f" and {len(planned.skipped) - len(shown)} more (-v lists them)" if len(shown) < len(planned.skipped) else ""
    are = "is no recording" if len(planned.skipped) == 1 else "are no recordings"
    _complain(f"note: {len(planned.skipped)} {are}: {', '.join(shown)}{more}")


def _show(outcome: TaskOutcome, options: argparse.Namespace) -> None:
    if outcome.error:
        _complain(f"error: {outcome.task.name}: {outcome.error}")
        if options.verbose and outcome.details:
            _complain(outcome.details)
        return
    if outcome.was_done:
        return
    if options.analyze:
        _show_measures(outcome, options)
        return
    source, target = piped.shown(options.inputs, options.output, outcome.task)
    to_pipe = piped.writes(options.inputs, options.output)  # which holds the result, and nothing else
    if options.report == "json":
        entry = {"input": source, "output": target, "report": outcome.report}
        _print(json.dumps(entry), to_stderr=to_pipe)
    elif options.report == "table":
        name = target if to_pipe else outcome.task.target.name
        _print(f"{outcome.task.name} → {name}\n{outcome.table}\n", to_stderr=to_pipe)


def _show_measures(outcome: TaskOutcome, options: argparse.Namespace) -> None:
    if options.report == "json":
        _print(json.dumps({"input": str(outcome.task.source), "measures": outcome.report}))
    elif options.report == "table":
        _print(f"{outcome.task.name}\n{outcome.table}\n")


def _print(text: str, *, to_stderr: bool = False) -> None:
    if to_stderr:
        _complain(text)
        return
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
