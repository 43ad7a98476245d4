"""Blocks from a decoder that can be stopped at any time: the program's side.

The file is handed over as an open descriptor, so the decoder needs no right to open one. Samples come back over a
socket; who reads slowly makes the decoder wait. Where no process can be started, decoding goes on in this one.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from typing import BinaryIO

from pipeline.errors import Cancelled

from .. import decoders
from ..decoded import Blocks, after, damaged
from ..watch import Watch, too_much
from . import process, wire

log = logging.getLogger(__name__)

STEP_S = 0.1  # between two questions whether to go on
START_S = 30.0  # the most that the helper may take to load the decoders; usual are 0.3
PATIENCE_S = 120.0  # for one block, on the wall's clock: the decoder's own limit is processor time
ATTEMPTS = 2

Cancel = Callable[[], bool] | None


class _UnavailableError(Exception):
    """No process can be started here."""


class _LostError(Exception):
    """The helper has ended, and the decoder with it."""


class Helper:
    """The process that forks decoders: started when it is first needed, again when it has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """Its process, None if there is none."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Raises _UnavailableError where that cannot be."""
        with self._lock:
            self._started()

    def ask(self, request: bytes, fds: list[int]) -> None:
        """Have a decoder started. Raises _UnavailableError."""
        with self._lock:
            for _ in range(ATTEMPTS):
                try:
                    socket.send_fds(self._started(), [request], fds)
                    return
                except OSError:
                    self._end()
        raise _UnavailableError("it ends at once")

    def stop(self) -> None:
        """End it, and its decoders."""
        with self._lock:
            self._end()

    def forget(self) -> None:
        """In a process that was forked from the one it belongs to."""
        if self._control and self._process:
            self._control.close()
            self._process.returncode = 0
        self.__init__()  # type: ignore[misc]

    def _started(self) -> socket.socket:
        if self._process is not None and self._process.poll() is not None:
            self._end()  # somebody ended it
        if self._control is None:
            if not (hasattr(os, "fork") and hasattr(socket, "send_fds") and sys.executable):
                raise _UnavailableError("the system has no fork")
            self._control, theirs = socket.socketpair()
            try:
                with theirs:
                    self._process = process.started("server", str(theirs.fileno()), fds=(theirs.fileno(),))
                self._control.settimeout(START_S)
                if self._control.recv(1) != wire.READY:
                    raise OSError("it ended while it started")
            except (OSError, ValueError) as error:
                self._end()
                raise _UnavailableError(str(error)) from None
        return self._control

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5.0)  # it sees that nobody holds the other end
            self._process.kill()
            self._process.wait()
            self._process = None


HELPER = Helper()
atexit.register(HELPER.stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=HELPER.forget)


def warm_up() -> None:
    """Start the helper, before somebody waits for it. Where that cannot be, the log says so."""
    try:
        HELPER.start()
    except _UnavailableError as error:
        _warn(str(error))


def blocks(file: BinaryIO, cancelled: Cancel = None, after_s: float = 0.0, track: int | None = None) -> Blocks:
    """As `decoders.blocks`; raises LimitError as well for a decoder that wants more memory or time than it may have."""
    done = 0
    for _ in range(ATTEMPTS):
        try:
            with closing(after(done, _decoder(file, cancelled, after_s, track))) as rest:
                for block in rest:
                    done += block.samples.shape[1]
                    yield block
            return
        except _LostError:
            HELPER.stop()
        except _UnavailableError as error:
            _warn(str(error))
            yield from after(done, decoders.blocks(file, Watch(cancelled), after_s, track))
            return
    raise damaged("the decoder was ended twice")


_warned = threading.Event()


def _warn(reason: str) -> None:
    """Once: it would be the same for every file."""
    if not _warned.is_set():
        _warned.set()
        log.warning("Recordings are decoded in this process, where a hostile one can cost much: %s.", reason)


def _decoder(file: BinaryIO, cancelled: Cancel, after_s: float, track: int | None) -> Blocks:
    """One decoder's blocks. It is killed when this ends, however it ends."""
    answer, theirs = socket.socketpair()
    leash, held = socket.socketpair()
    with answer, leash:
        with theirs, held:
            HELPER.ask(wire.REQUEST.pack(after_s, track or 0), [file.fileno(), theirs.fileno(), held.fileno()])
        answer.settimeout(STEP_S)
        fill = partial(_fill, answer, cancelled)
        try:
            while (block := wire.receive(fill)) is not None:
                yield block
        except (EOFError, ConnectionError):
            raise _end_of(leash) from None
        except (ValueError, KeyError):
            raise damaged("the decoder's answer makes no sense") from None


def _fill(source: socket.socket, cancelled: Cancel, buffer: memoryview) -> None:
    """Raises Cancelled, LimitError and, where nothing comes any more, EOFError."""
    waits = 0
    while buffer:
        if cancelled is not None and cancelled():
            raise Cancelled("Reading the recording was cancelled.")
        try:
            count = source.recv_into(buffer)
        except TimeoutError:
            waits += 1
            if waits * STEP_S > PATIENCE_S:
                raise too_much("time", "no answer") from None
            continue
        if not count:
            raise EOFError
        buffer = buffer[count:]


def _end_of(leash: socket.socket) -> Exception:
    """Why a decoder ended before the end."""
    leash.settimeout(START_S)
    with suppress(OSError):
        told = leash.recv(wire.STATUS.size)
        if len(told) == wire.STATUS.size:
            return _verdict(*wire.STATUS.unpack(told))
    return _LostError()


def _verdict(status: int) -> Exception:
    """status : of `waitpid`"""
    if status == wire.NOT_STARTED:
        return _UnavailableError("no process can be forked")
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if ended_by in (signal.SIGPROF, signal.SIGXCPU):
        return too_much("time")
    if ended_by == signal.SIGKILL:  # by the system, where memory is short
        return too_much("memory")
    log.warning("A decoder failed (status %d): its file is taken as damaged.", status)
    return damaged("the decoder failed")
