"""The log of what was refused: one line each, nothing of the visitor's but the begin of the path, and not too many."""

from __future__ import annotations

import logging
import re

from service.operation.budget import Budget

log = logging.getLogger(__name__)

LINES = 30  # in a minute
SHOWN = 60  # letters of a path
# What follows is a key to somebody's work, or the name of a file.
KEPT_TO_OURSELVES = re.compile(r"(/file=|/api/jobs/|/heartbeat/|/call/(?:v2/)?\w+/).+", re.DOTALL)


class RefusedLog:
    """Of one process."""

    def __init__(self) -> None:
        self._lines = Budget(log, LINES, "Refused")

    def note(self, method: str, path: str, status: int, why: str) -> None:
        """One line in the log, while there is room for one in this minute."""
        shown = ascii(KEPT_TO_OURSELVES.sub(r"\1...", path)[:SHOWN])[1:-1]
        self._lines.info("Refused: %d %s %s: %s", status, ascii(method[:8])[1:-1], shown, why)
