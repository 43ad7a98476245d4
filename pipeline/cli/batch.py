"""Many recordings, one after the other or on several processes."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import runtime_setup
from pipeline.errors import Cancelled, EnhancementError
from pipeline.files.formats import AudioShape, Encoding, form_of, nearest
from pipeline.files.limits import LOCAL, Limits
from pipeline.files.writing.target import checked_target, remove_unfinished
from pipeline.settings import Settings

from . import manifest
from .plan import Task


@dataclass(frozen=True)
class TaskOutcome:
    """What became of a task: a report (as JSON and as a table), or an error; or nothing was to be done any more."""

    task: Task
    report: dict[str, Any] | None = None
    table: str = ""
    error: str = ""
    details: str = ""
    was_done: bool = False


@dataclass(frozen=True)
class BatchOptions:
    """What is the same for all tasks.

    folder : of the manifest, None for none; resume : skip what it says is done
    analyze : measure, and write nothing
    """

    settings: Settings
    overwrite: bool = False
    encoding: Encoding = field(default_factory=Encoding)
    track: int | None = None
    folder: Path | None = None
    resume: bool = False
    analyze: bool = False


def enhance_all(
    tasks: Sequence[Task], order: BatchOptions, jobs: int = 1, progress: Callable[[float, str], None] | None = None
) -> Iterator[TaskOutcome]:
    """Outcomes as they come. `progress` is told the fraction of the file at work, with one job only.

    Stopped from outside (KeyboardInterrupt, a closed generator), it leaves finished files and nothing half written.
    """
    done, tasks = done_before(tasks, order)
    yield from (TaskOutcome(task, was_done=True) for task in done)
    if jobs == 1 or len(tasks) < 2 or not _has_temporary_folder():
        with noted_interrupt() as interrupted:
            for task in tasks:
                outcome = outcome_of(task, order, progress, interrupted.is_set)
                if interrupted.is_set():
                    raise KeyboardInterrupt
                yield outcome
        return
    import joblib

    from pipeline import warm_up

    # The compiled code is in the cache before the workers ask for it, all at once.
    warm_up.kernels((order.settings.denoise.method,))
    try:
        most = min(jobs, len(tasks))  # all of them are started, needed or not
        run = joblib.Parallel(n_jobs=most, return_as="generator_unordered", initializer=_as_one_of, initargs=(most,))
        with noted_interrupt(at_once=True) as interrupted:
            for outcome in run(joblib.delayed(outcome_of)(task, order) for task in tasks):
                if interrupted.is_set():  # it was swallowed
                    raise KeyboardInterrupt
                yield outcome
    finally:
        for path in [path for task in tasks for path in task.outputs]:
            remove_unfinished(path)


def _has_temporary_folder() -> bool:
    """Processes beside this one need one; without, recordings are done one after the other."""
    try:
        return bool(tempfile.gettempdir())
    except OSError:
        return False


def done_before(tasks: Sequence[Task], order: BatchOptions) -> tuple[list[Task], list[Task]]:
    """What is done, and what is left to do: all, unless this order resumes another."""
    folder = order.folder
    if not order.resume or folder is None:
        return [], list(tasks)
    known, asked = manifest.entries(folder), manifest.order_of(order.settings, order.encoding, order.track)
    done: list[Task] = []
    left: list[Task] = []
    for task in tasks:
        entry = known.get(manifest.inside(task.target, folder))
        (done if manifest.is_done(task, entry, asked) else left).append(task)
    return done, left


def outcome_of(
    task: Task,
    order: BatchOptions,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> TaskOutcome:
    """From file to file. Whatever fails is in the outcome, so that the next file has its turn."""
    try:
        found = _measured(task, order) if order.analyze else _enhanced(task, order, progress, cancelled)
    except Cancelled as error:
        return TaskOutcome(task, error=error.message)
    except EnhancementError as error:
        found = failed(task, error)
    except Exception as error:  # a fault of this program in one file must not cost the others
        found = TaskOutcome(task, error=unexpected(error), details=traceback.format_exc())
    return recorded(found, order)


def failed(task: Task, error: EnhancementError) -> TaskOutcome:
    """What is told of a fault that has words."""
    return TaskOutcome(task, error=f"{error.message} {error.suggestion}".rstrip(), details=error.details)


def unexpected(error: Exception) -> str:
    """The same of one that has none."""
    return f"An unexpected fault ({type(error).__name__}) stopped this file. Run it again with -v for details."


def recorded(outcome: TaskOutcome, order: BatchOptions) -> TaskOutcome:
    """In the folder's manifest, where there is one; by whoever wrote the result, at once: what is done is not
    forgotten, whatever comes next."""
    folder = order.folder
    if folder is None:
        return outcome
    asked = manifest.order_of(order.settings, order.encoding, order.track)
    try:
        folder.mkdir(parents=True, exist_ok=True)  # the first that fails may come before the first result
        manifest.append(folder, manifest.line(outcome.task, folder, asked, outcome.report, outcome.error))
    except OSError as error:
        message = outcome.error or "It is done, but the manifest of the output folder cannot be written."
        return replace(outcome, error=message, details=outcome.details or error.strerror or "")
    return outcome


def _measured(task: Task, order: BatchOptions) -> TaskOutcome:
    from pipeline.files.decode import Recording
    from pipeline.measures.analysis import analyze_blocks
    from pipeline.measures.report import table

    recording = Recording(task.source, Limits.from_environment(LOCAL), track=order.track)
    found = analyze_blocks(recording.blocks(), recording.sample_rate, recording.channels)
    return TaskOutcome(task, {**found.as_dict(), "remarks": list(recording.remarks)}, table(found, recording.remarks))


def _enhanced(
    task: Task,
    order: BatchOptions,
    progress: Callable[[float, str], None] | None,
    cancelled: Callable[[], bool] | None,
) -> TaskOutcome:
    from pipeline import enhance_file
    from pipeline.files.decode import Recording

    # What is no recording makes no folder, nor what cannot be written.
    check_outputs(task, order)
    limits = Limits.from_environment(LOCAL)
    recording = Recording(task.source, limits, track=order.track)
    for path in task.outputs:
        encoding = order.encoding if path is task.target else nearest(path.suffix, order.encoding)
        form_of(path.suffix, AudioShape(recording.sample_rate, recording.channels, 0), encoding)
    make_folders(task.outputs)
    report = enhance_file(
        task.source, task.target, order.settings, subtype=order.encoding.subtype,
        bitrate_kbps=order.encoding.bitrate_kbps, removed=task.removed, limits=limits, track=order.track,
        progress=progress, cancelled=cancelled,
    )  # fmt: skip
    return TaskOutcome(task, report.as_dict(), str(report))


def check_outputs(task: Task, order: BatchOptions) -> None:
    """Raises EnhancementError where a file of the task cannot or should not be written."""
    for path in task.outputs:
        checked_target(path, task.source, overwrite=order.overwrite or order.resume, makes_folder=True)


def make_folders(outputs: Sequence[Path]) -> None:
    """Those that the files will lie in. Raises EnhancementError."""
    for path in outputs:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EnhancementError("The output folder cannot be made.", details=error.strerror or "") from None


@contextlib.contextmanager
def noted_interrupt(*, at_once: bool = False) -> Iterator[threading.Event]:
    """An event that Ctrl-C sets; a second Ctrl-C raises where it falls, with `at_once` the first one, too.

    An interrupt that falls into a library's callback or into a destructor is swallowed there. The work asks for this
    event at every block instead.
    """
    noted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return

    def note(*_: object) -> None:
        noted.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if at_once:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def _as_one_of(workers: int) -> None:
    """Ctrl-C reaches the whole process group; the parent alone answers it. The cores are shared with the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.setdefault("THREADS", str(max(1, runtime_setup.cores() // workers)))
