"""What else can stop a process of ours at its start, and is no variable."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Mapping, Sequence

from .mending import note

RESTARTED = "SPEECH_RESTARTED"
OWNER = 0o700


def mend() -> None:
    """The mask of new files, closed standard streams, and warnings that were made faults."""
    _mend_umask()
    _open_streams()
    _calm_warnings()
    if RESTARTED in os.environ:
        note(
            "encoding",
            "Started anew: Python's own settings lacked most letters of file names, or took docstrings away.",
        )


def _mend_umask() -> None:
    mask = os.umask(0o077)
    if mask & OWNER:
        note("umask", f"The umask {mask:04o} would close our own files to us: 0077 is used.")
    else:
        os.umask(mask)


def _open_streams() -> None:
    """A descriptor that is closed would be the next file's, and what is meant for the log would go into that file."""
    with contextlib.suppress(OSError):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:  # the lowest free one
            os.set_inheritable(number, True)
        os.close(number)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 — for good
            note(name, f"{name} was closed: nothing is read from it, or written to it.")


def _calm_warnings() -> None:
    """With PYTHONWARNINGS=error, any library's hint at its own future would end the start."""
    if "error" in os.environ.get("PYTHONWARNINGS", "").lower():
        warnings.filters[:] = [kept for kept in warnings.filters if kept[0] != "error"]  # type: ignore[index]


def restart_if_needed() -> None:
    """Start the program of this process again, once, where only the interpreter's own start can help: an encoding of
    file names that lacks most letters, or docstrings taken away (libraries build theirs from others').

    Before anything else is done; it returns if there is nothing to do, or nothing can be done.
    """
    reasons = []
    if sys.getfilesystemencoding().lower().replace("-", "") != "utf8":
        reasons.append(("PYTHONUTF8", "1"))
    if sys.flags.optimize >= 2:
        reasons.append(("PYTHONOPTIMIZE", ""))
    if not reasons or RESTARTED in os.environ or os.name != "posix" or not sys.executable:
        return
    with contextlib.suppress(OSError):
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | dict(reasons) | {RESTARTED: "1"})  # noqa: S606


def workers(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """How many processes the server that imports us was told to start: uvicorn, gunicorn and hypercorn say it alike."""
    found = environ.get("WEB_CONCURRENCY", "")
    for place, word in enumerate(arguments):
        if word in ("--workers", "-w"):
            found = "".join(arguments[place + 1 : place + 2])
        elif word.startswith("--workers="):
            found = word.partition("=")[2]
    return int(found) if found.isascii() and found.isdigit() else 1


def note_workers(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Say that several processes serve, if they do: each has a line and files of its own."""
    if (count := workers(arguments, environ)) > 1:
        note(
            "WEB_CONCURRENCY" if "WEB_CONCURRENCY" in environ else "workers",  # which is ignored elsewhere, not here
            f"{count} worker processes serve, but files and the line of those who wait live in one of them: most calls "
            "will not find theirs. Start one worker, without --workers and WEB_CONCURRENCY.",
            ok=False,
        )
