"""A line between browser and app that can be held, so that nothing moves on it, and cut."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CHUNK = 65_536


class Line:
    """url : of the app, over this line. Held: nothing moves on it, not even an end. Cut: every connection is reset."""

    def __init__(self, url: str) -> None:
        host, _, port = url.rstrip("/").rpartition("/")[2].partition(":")
        self._target = (host, int(port))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._moves = threading.Event()
        self._moves.set()
        self._is_cut = False
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        self._moves.clear()

    def cut(self) -> None:
        self._is_cut = True
        with self._lock:
            for one in self._open:
                _reset(one)
            self._open.clear()
        self._moves.set()  # threads that wait find their sockets closed

    def mend(self) -> None:
        self._is_cut = False
        self._moves.set()

    def close(self) -> None:
        self.cut()
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                visitor, _ = self._server.accept()
                if self._is_cut:
                    _reset(visitor)
                    continue
                app = socket.create_connection(self._target)
                with self._lock:
                    self._open |= {visitor, app}
                for ends in ((visitor, app), (app, visitor)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._moves.wait()
                target.sendall(data)
            self._moves.wait()
            target.shutdown(socket.SHUT_WR)


def _reset(one: socket.socket) -> None:
    """Closed at once, what is on its way is lost."""
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
    one.close()


@contextmanager
def line_to(url: str) -> Iterator[Line]:
    opened = Line(url)
    try:
        yield opened
    finally:
        opened.close()
