"""How long work takes on this machine: a guess first, then what the last recordings took."""

from __future__ import annotations

import threading

# Samples as float32, enhanced in a second by one core: two minutes of mono at 16 kHz (7.7 MB) in 5 to 9 s.
FIRST_BYTES_PER_S = 1.2e6
NEWEST_SHARE = 0.3  # of what the next guess is made of
LEAST_S = 0.5  # shorter work says more of this process than of the machine
SURE_FRACTION = 0.1  # so far done, the work itself tells how long it takes


class Pace:
    """Bytes of samples per second of work."""

    def __init__(self, bytes_per_s: float = FIRST_BYTES_PER_S) -> None:
        self._bytes_per_s = bytes_per_s
        self._lock = threading.Lock()

    def learn(self, work_bytes: float, took_s: float) -> None:
        """So much was done in so many seconds."""
        if took_s >= LEAST_S and work_bytes > 0:
            with self._lock:
                self._bytes_per_s += NEWEST_SHARE * (work_bytes / took_s - self._bytes_per_s)

    def expected_s(self, work_bytes: float) -> float:
        """How long that much should take."""
        return work_bytes / self._bytes_per_s

    def work_bytes(self, seconds: float) -> float:
        """How much is done in that time."""
        return seconds * self._bytes_per_s

    def left_s(self, work_bytes: float, fraction: float, for_s: float) -> float:
        """Of work that has been running for `for_s` and is `fraction` (0…1) done: by what was expected at first, by its
        own pace from `SURE_FRACTION` on."""
        expected = self.expected_s(work_bytes) * (1 - fraction)
        if fraction <= 0:
            return expected
        seen = for_s * (1 - fraction) / fraction
        sure = min(1.0, fraction / SURE_FRACTION)
        return sure * seen + (1 - sure) * expected
