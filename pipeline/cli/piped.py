"""`-` in place of a file: a recording comes from standard input, or the result goes to standard output.

Both wait in temporary files: the recording is read three times, and a WAV's header is known last.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import EnhancementError, SettingsError
from pipeline.files.formats import OUTPUTS
from pipeline.files.limits import LOCAL, Limits

from .plan import BatchPlan, Task, plan, printable

PIPE = "-"
COPIED = 1 << 20  # bytes at a time
MEMORY = "/dev/shm"  # noqa: S108 — where Linux keeps files in memory; the folder made there is closed to others


def is_piped(inputs: list[str], output: str | None) -> bool:
    return PIPE in inputs or output == PIPE


def writes(inputs: list[str], output: str | None) -> bool:
    """Whether the result goes to standard output: then nothing else may."""
    return output == PIPE or (output is None and PIPE in inputs)


@contextmanager
def planned(inputs: list[str], output: str | None, suffix: str | None) -> Iterator[BatchPlan]:
    """The one task; what it wrote is handed on when the context ends well.

    Raises SettingsError for what makes no sense, EnhancementError where something cannot be read or written.
    """
    if len(inputs) != 1:
        raise SettingsError("- stands for one recording, and goes with no other.", suggestion="Name files instead.")
    to_pipe = writes(inputs, output)
    if to_pipe and sys.stdout.isatty():
        raise SettingsError("The result would be written to the terminal.", suggestion="Name a file with -o.")
    with _temporary_folder(None if to_pipe else output) as folder:
        result = str(folder / f"result{suffix or next(iter(OUTPUTS))}") if to_pipe else output
        if inputs[0] != PIPE:
            found = plan(inputs, result, suffix)
        else:
            (task,) = plan([str(folder / "recording")], result, suffix).tasks
            _received(sys.stdin.buffer, task.source)
            found = BatchPlan((Task(task.source, task.target, "standard input"),), ())
        yield found
        if to_pipe and found.tasks[0].target.exists():
            _handed_on(found.tasks[0].target, sys.stdout.buffer)


@contextmanager
def _temporary_folder(output: str | None) -> Iterator[Path]:
    """In the system's temporary directory; where there is none, beside the output; else in memory.

    Raises EnhancementError if no place takes it.
    """
    beside = None if output is None else Path(output) if Path(output).is_dir() else Path(output).parent
    for place in (None, beside, MEMORY):
        try:
            made = tempfile.TemporaryDirectory(prefix="speech-", dir=place)
        except OSError:
            continue
        with made as folder:
            yield Path(folder)
        return
    raise EnhancementError(
        "There is no place for a temporary file.",
        suggestion="Set TMPDIR to a folder that can be written, or name files instead of -.",
    )


def shown(inputs: list[str], output: str | None, task: Task) -> tuple[str, str]:
    """Names of input and output for people and programs: no temporary files."""
    name = PIPE if PIPE in inputs else str(task.source)
    return name, PIPE if writes(inputs, output) else str(task.target)


def _received(source: BinaryIO, target: Path) -> None:
    limits, size = Limits.from_environment(LOCAL), 0
    try:
        with target.open("wb", buffering=0) as copy:
            while data := _read(source):
                size += len(data)
                limits.check_file(size)
                while data:
                    data = data[copy.write(data) :]
    except OSError as error:
        raise EnhancementError(
            "A temporary file could not be written.",
            details=printable(error.strerror or ""),
            suggestion="Make room on the disk of the temporary directory (TMPDIR).",
        ) from None


def _read(source: BinaryIO) -> bytes:
    try:
        return source.read(COPIED)
    except OSError as error:
        raise EnhancementError("Standard input cannot be read.", details=printable(error.strerror or "")) from None


def _handed_on(source: Path, target: BinaryIO) -> None:
    try:
        with source.open("rb") as result:
            shutil.copyfileobj(result, target, COPIED)
        target.flush()
    except OSError as error:
        raise EnhancementError("Standard output cannot be written.", details=printable(error.strerror or "")) from None
