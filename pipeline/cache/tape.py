"""What one part of the work said, unit by unit: recorded the first time, played the next."""

from __future__ import annotations

from .rows import Numbers, Rows


class Tape:
    """rows : where it is written"""

    def __init__(self, rows: Rows) -> None:
        self._rows, self._ends = rows, [0]
        self.is_whole = False

    @property
    def is_closed(self) -> bool:
        return self._rows.is_closed

    def close(self) -> None:
        """Nothing of it is kept."""
        self._rows.close()

    def record(self, rows: Numbers) -> None:
        """What the next unit says: (n, width), none at times. A full disk ends it: the work goes on without."""
        if self.is_closed:
            return
        try:
            self._rows.append(rows)
            self._ends.append(self._ends[-1] + len(rows))
        except OSError:
            self.close()

    def played(self, unit: int) -> Numbers:
        """What a unit said: (n, width). Beyond the last it is the last: there is nothing but zeros behind the end."""
        unit = max(0, min(unit, len(self._ends) - 2))
        start, stop = self._ends[unit : unit + 2] if len(self._ends) > 1 else (0, 0)
        return self._rows.read(start, stop - start)
