"""Who may work: one thread for every recording, and more as far as cores are idle.

A recording alone has all cores; as many recordings as cores have one each, and whoever comes in between shares what is
left. Counted are the recordings of this process.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import runtime_setup

LONGEST_WAIT_S = 0.05  # between two looks at whether a core is idle, or the work over


class Crew:
    """Threads at work in this process."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._working: Counter[int] = Counter()  # by thread: one that works on a line within a line counts once
        self._helping, self._most = 0, 1

    @contextmanager
    def working(self) -> Iterator[int]:
        """One more thread works on a recording; answers how many there may be for it."""
        me, most = threading.get_ident(), runtime_setup.threads()
        with self._lock:
            self._working[me] += 1
            self._most = most
        try:
            yield most
        finally:
            with self._lock:
                self._working[me] -= 1
                self._working += Counter()  # without those that are at 0
                self._lock.notify_all()

    @contextmanager
    def helping(self) -> Iterator[bool]:
        """Whether a core is idle, which is taken for so long."""
        with self._lock:
            is_free = len(self._working) + self._helping < self._most
            self._helping += is_free
        try:
            yield is_free
        finally:
            if is_free:  # else nothing has changed: two who may not help would wake each other for ever
                with self._lock:
                    self._helping -= 1
                    self._lock.notify_all()

    def wait(self) -> None:
        """Until a core may have become idle."""
        with self._lock:
            self._lock.wait(LONGEST_WAIT_S)

    def wake(self) -> None:
        """Whoever waits looks again."""
        with self._lock:
            self._lock.notify_all()


CREW = Crew()
