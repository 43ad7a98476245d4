"""The log of what was refused: one line each, nothing of the visitor's but the begin of the path, and not too many."""

from __future__ import annotations

import logging
import time

log = logging.getLogger(__name__)

LINES, PERIOD_S = 30, 60.0  # so many in such a time; the rest is counted
SHOWN = 60  # letters of a path


class RefusedLog:
    """Of one process."""

    def __init__(self) -> None:
        self._since = 0.0
        self._count = 0

    def note(self, method: str, path: str, status: int, why: str) -> None:
        """One line in the log, while there is room for one in this minute."""
        now = time.monotonic()
        if now - self._since > PERIOD_S:
            if self._count > LINES:
                log.info("Refused %d requests more in that minute.", self._count - LINES)
            self._since, self._count = now, 0
        self._count += 1
        if self._count <= LINES:
            shown = ascii(path[:SHOWN])[1:-1]
            log.info("Refused: %d %s %s: %s", status, ascii(method[:8])[1:-1], shown, why)
        elif self._count == LINES + 1:
            log.info("More is refused; it is counted for a minute.")
