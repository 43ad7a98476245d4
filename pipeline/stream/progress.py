"""How far an enhancement is, and whether it is to go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pipeline.errors import Cancelled

from .source import Counted

Progress = Callable[[float, str], None]


class Schedule(NamedTuple):
    """Where the parts of an enhancement end, as shares of its time: measured on two minutes of speech (mono and stereo,
    16 kHz, presets `default` and `podcast`), medians."""

    measured: float
    restored: float
    loudness: float
    written: float


LOSSLESS = Schedule(0.30, 0.81, 0.84, 1.0)
LOSSY = Schedule(0.22, 0.53, 0.55, 0.92)  # then what was written is measured


class ProgressMonitor:
    """Turns blocks done into progress, and asks at each whether to go on."""

    def __init__(
        self, progress: Progress | None, cancelled: Callable[[], bool] | None, schedule: Schedule = LOSSLESS
    ) -> None:
        self._progress, self._cancelled, self.schedule = progress, cancelled, schedule
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
            self._share(done / (done + 30) if blocks is None else done / (blocks + 1))

        return on_block

    def along(self, source: Counted) -> Callable[[], None]:
        """A callback for a loop over a source that is counted: by the length that it claims, if it claims one."""
        by_blocks = self.tick(None)

        def on_block() -> None:
            if source.expected_samples:
                self._share(source.sample_count / source.expected_samples)
            else:
                by_blocks()

        return on_block

    def _share(self, share: float) -> None:
        self._report(self._start + min(1.0, share) * (self._stop - self._start))

    def _report(self, fraction: float) -> None:
        if self._cancelled is not None and self._cancelled():
            raise Cancelled("The enhancement was cancelled.")
        if self._progress is not None:
            self._progress(fraction, self._text)
