"""One decoder, in a process that has its file, the way back, and nothing else."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from pipeline.errors import AudioError

from .. import decoders
from ..decoded import Blocks, in_pieces
from ..watch import Watch, too_much
from . import wire

HEADROOM = 96 * 2**20  # bytes, over what the process has when it begins. Two hours of M4A need 20 MB for their table.
MOST_FILES = 256  # of the helper; a decoder has only a handful
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38  # linux/prctl.h


class TimedWatch(Watch):
    """A watch that the kernel keeps: who does not come back for the next step in time is ended by SIGPROF."""

    def step(self) -> float:
        left_s = super().step()
        signal.setitimer(signal.ITIMER_PROF, max(0.01, left_s))
        return left_s


def run(file_fd: int, answer_fd: int, after_s: float, track: int) -> NoReturn:
    """Decode and answer; what the process is, it is no longer afterwards."""
    status = 1
    with contextlib.suppress(BaseException):  # the helper's loop must not go on in here
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        _close_others(file_fd, answer_fd)
        limit(HEADROOM)
        set_limit(resource.RLIMIT_NOFILE, 16)
        set_limit(resource.RLIMIT_FSIZE, 0)
        answer = socket.socket(fileno=answer_fd)
        with os.fdopen(file_fd, "rb", buffering=0) as file:
            _answer(decoders.blocks(file, TimedWatch(), after_s, track or None), answer)
        status = 0
    os._exit(status)


def _answer(blocks: Blocks, to: socket.socket) -> None:
    try:
        for block in in_pieces(blocks, wire.MOST_VALUES):
            wire.send_block(to, block)
        wire.send_end(to)
    except AudioError as fault:
        wire.send_fault(to, fault)
    except MemoryError:
        wire.send_fault(to, too_much("memory"))


def limit_files() -> None:
    set_limit(resource.RLIMIT_NOFILE, MOST_FILES)


def _close_others(*kept: int) -> None:
    lowest = 3
    for fd in sorted(kept):
        os.closerange(lowest, fd)
        lowest = fd + 1
    os.closerange(lowest, MOST_FILES)


def limit(headroom: int) -> None:
    """So many bytes of memory more than now; no dumps, no new rights, and no life after the program that started it."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        set_limit(resource.RLIMIT_AS, pages * resource.getpagesize() + headroom)
        prctl: Callable[..., int] = ctypes.CDLL(None).prctl
        prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    set_limit(resource.RLIMIT_CORE, 0)


def set_limit(what: int, value: int) -> None:
    with contextlib.suppress(OSError, ValueError):  # a system that does not know it, or has a lower one already
        resource.setrlimit(what, (value, value))
