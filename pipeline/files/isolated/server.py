"""The process that waits with the decoders loaded, and forks a decoder for each file: that takes a few milliseconds.

It has one thread and no secrets, and ends when the program that started it ends or lets go. Who asks for a decoder
holds the other end of its leash; when they let go, or end, it is killed, wherever it is.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import signal
import socket

from . import decoder, wire

Leashes = dict[int, socket.socket]  # process → leash


def main(control_fd: str) -> None:
    control = socket.socket(fileno=int(control_fd))
    woken, wake = os.pipe()
    for fd in (woken, wake):
        os.set_blocking(fd, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    decoder.limit_files()
    gc.collect()
    gc.freeze()  # the forks share these pages
    control.send(wire.READY)
    leashes: Leashes = {}
    while True:
        watched: list[socket.socket | int] = [control, woken, *leashes.values()]
        ready, _, _ = select.select(watched, [], [])
        if control in ready and not _start(control, leashes):
            break
        if woken in ready:
            os.read(woken, 4096)
        let_go = [process for process, leash in leashes.items() if leash in ready]
        for process in let_go:
            os.kill(process, signal.SIGKILL)
            leashes.pop(process).close()
        _bury(leashes)
    for process in leashes:
        os.kill(process, signal.SIGKILL)
    _bury({}, 0)


def _start(control: socket.socket, leashes: Leashes) -> bool:
    """Fork a decoder; False when the program has ended."""
    try:
        request, fds, _, _ = socket.recv_fds(control, wire.REQUEST.size, 3)
    except ConnectionError:
        return False
    if len(fds) != 3:
        return bool(request)
    file, answer, leash = fds[0], fds[1], socket.socket(fileno=fds[2])
    try:
        process = os.fork()
    except OSError:
        leash.send(wire.STATUS.pack(wire.NOT_STARTED))
        leash.close()
    else:
        if process == 0:
            decoder.run(file, answer, *wire.REQUEST.unpack(request))
        leashes[process] = leash
    os.close(file)
    os.close(answer)
    return True


def _bury(leashes: Leashes, options: int = os.WNOHANG) -> None:
    """Tell how decoders have ended. options : of `waitpid`"""
    with contextlib.suppress(ChildProcessError):
        while True:
            process, status = os.waitpid(-1, options)
            if not process:
                return
            if leash := leashes.pop(process, None):
                with contextlib.suppress(OSError):
                    leash.send(wire.STATUS.pack(status))
                leash.close()
