"""Who listens to the work they asked for: open streams of events, by the token that they are asked with."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

CALL = re.compile(r".*/call(?:/v2)?/\w+/([\w-]+)")


class Listeners:
    """Of one process. A token is a session of the page, or the event of a program's call."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def listening(self, *tokens: str | None) -> bool:
        """Whether somebody listens to one of them."""
        return any(self._open[token] > 0 for token in tokens if token)

    @contextmanager
    def listens(self, token: str) -> Iterator[None]:
        """Until the end, somebody listens."""
        self._open[token] += 1
        try:
            yield
        finally:
            self._open[token] -= 1
            if not self._open[token]:
                del self._open[token]


def token_of(path: str, query: bytes) -> str | None:
    """What a request for a stream listens to; None if that is no work."""
    if call := CALL.fullmatch(path):
        return call[1]
    if path.endswith("/queue/data"):
        return parse_qs(query.decode("latin-1")).get("session_hash", [""])[0]
    return None
