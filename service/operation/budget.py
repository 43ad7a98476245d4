"""So many lines of the log in a minute: a visitor who wants to fill the disk does not do it with our words."""

from __future__ import annotations

import logging
import threading
import time

PERIOD_S = 60.0


class Budget:
    """lines : in a minute; what is left out is counted. what : it is, in the line that says so"""

    def __init__(self, log: logging.Logger, lines: int, what: str) -> None:
        self._log, self._lines, self._what = log, lines, what
        self._since_s, self._count = 0.0, 0
        self._lock = threading.Lock()

    def info(self, message: str, *values: object) -> None:
        """A line, while there is room for one in this minute."""
        now = time.monotonic()
        with self._lock:
            if now - self._since_s > PERIOD_S:
                if self._count > self._lines:
                    self._log.info("%s: %d more in that minute.", self._what, self._count - self._lines)
                self._since_s, self._count = now, 0
            self._count += 1
            count = self._count
        if count <= self._lines:
            self._log.info(message, *values)
        elif count == self._lines + 1:
            self._log.info("%s: more of it is counted for a minute, not told.", self._what)
