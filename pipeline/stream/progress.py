"""How far an enhancement is, and whether it is to go on."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.errors import Cancelled

Progress = Callable[[float, str], None]


class ProgressMonitor:
    """Turns blocks done into progress, and asks at each whether to go on."""

    def __init__(self, progress: Progress | None, cancelled: Callable[[], bool] | None) -> None:
        self._progress, self._cancelled = progress, cancelled
        self._start, self._stop, self._text = 0.0, 0.0, ""

    def phase(self, start: float, stop: float, text: str) -> None:
        """What comes next takes progress from `start` to `stop`."""
        self._start, self._stop, self._text = start, stop, text
        self._report(start)

    def tick(self, blocks: int | None) -> Callable[[], None]:
        """A callback for a loop over about `blocks` blocks; of a number not known, half are 30 blocks away."""
        done = 0

        def on_block() -> None:
            nonlocal done
            done += 1
            share = done / (done + 30) if blocks is None else min(1.0, done / (blocks + 1))
            self._report(self._start + share * (self._stop - self._start))

        return on_block

    def _report(self, fraction: float) -> None:
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("The enhancement was cancelled.")
        if self._progress is not None:
            self._progress(fraction, self._text)
