"""Many recordings, one after the other or on several processes."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import EnhancementError
from pipeline.files.encode import remove_unfinished
from pipeline.files.formats import AudioShape, Encoding, sndfile_format
from pipeline.files.limits import LOCAL, Limits
from pipeline.settings import Settings

from .plan import Task


@dataclass(frozen=True)
class TaskOutcome:
    """What became of a task: a report (as JSON and as a table), or an error."""

    task: Task
    report: dict[str, Any] | None = None
    table: str = ""
    error: str = ""
    details: str = ""


@dataclass(frozen=True)
class BatchOptions:
    """What is the same for all tasks."""

    settings: Settings
    overwrite: bool = False
    encoding: Encoding = field(default_factory=Encoding)


def enhance_all(
    tasks: Sequence[Task], order: BatchOptions, jobs: int = 1, progress: Callable[[float, str], None] | None = None
) -> Iterator[TaskOutcome]:
    """Outcomes as they come. `progress` is told the fraction of the file at work, with one job only.

    Stopped from outside (KeyboardInterrupt, a closed generator), it leaves finished files and nothing half written.
    """
    if jobs == 1 or len(tasks) < 2:
        with _noted_interrupt() as interrupted:
            for task in tasks:
                outcome = _outcome(task, order, progress, interrupted.is_set)
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
        run = joblib.Parallel(n_jobs=most, return_as="generator_unordered", initializer=_ignore_interrupt)
        with _noted_interrupt(at_once=True) as interrupted:
            for outcome in run(joblib.delayed(_outcome)(task, order) for task in tasks):
                if interrupted.is_set():  # it was swallowed
                    raise KeyboardInterrupt
                yield outcome
    finally:
        for task in tasks:
            remove_unfinished(task.target)


def _outcome(
    task: Task,
    order: BatchOptions,
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> TaskOutcome:
    """From file to file. Whatever fails is in the outcome, so that the next file has its turn."""
    try:
        return _enhanced(task, order, progress, cancelled)
    except EnhancementError as error:
        return TaskOutcome(task, error=f"{error.message} {error.suggestion}".rstrip(), details=error.details)
    except Exception as error:  # a fault of this program in one file must not cost the others
        message = f"An unexpected fault ({type(error).__name__}) stopped this file. Run it again with -v for details."
        return TaskOutcome(task, error=message, details=traceback.format_exc())


def _enhanced(
    task: Task,
    order: BatchOptions,
    progress: Callable[[float, str], None] | None,
    cancelled: Callable[[], bool] | None,
) -> TaskOutcome:
    from pipeline import enhance_file
    from pipeline.files.decode import Recording

    _check_target(task, order.overwrite)
    limits = Limits.from_environment(LOCAL)
    recording = Recording(task.source, limits)  # what is no recording makes no folder, nor what the format cannot hold
    shape = AudioShape(recording.sample_rate, recording.channels, 0)
    sndfile_format(task.target.suffix, shape, order.encoding)
    try:
        task.target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnhancementError("The output folder cannot be made.", details=error.strerror or "") from None
    report = enhance_file(
        task.source, task.target, order.settings, subtype=order.encoding.subtype,
        bitrate_kbps=order.encoding.bitrate_kbps, limits=limits,
        progress=progress, cancelled=cancelled,
    )  # fmt: skip
    return TaskOutcome(task, report.as_dict(), str(report))


def _check_target(task: Task, overwrite: bool) -> None:
    """Before anything is computed: never onto the input, and onto another file only if asked to."""
    if not os.path.lexists(task.target):
        return
    if _is_same_file(task.target, task.source):
        raise EnhancementError("The output is the input itself.", suggestion="Name another output with -o.")
    if not overwrite:
        raise EnhancementError("The output exists already.", suggestion="Pass --overwrite to replace it.")


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there, or lies where we may not look
        return False


@contextlib.contextmanager
def _noted_interrupt(*, at_once: bool = False) -> Iterator[threading.Event]:
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


def _ignore_interrupt() -> None:
    """Ctrl-C reaches the whole process group; the parent alone answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
