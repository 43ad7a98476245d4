"""What one enhancement finds of those before it, of the same recording, and what it leaves to those after it."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import ExitStack
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from pipeline.audio import Samples
from pipeline.stream.stage import AnyStage, Stage, chained

from .rows import Rows
from .store import Store
from .tape import Tape


class RecordingCache(NamedTuple):
    """A recording's place in a store. recording : tells it from all others, whoever they belong to, by its content"""

    store: Store
    recording: Hashable


class WorkCache:
    """For one enhancement: to be closed by leaving its context. What it made is kept only after `commit`.

    kept : None where nothing is
    """

    def __init__(self, kept: RecordingCache | None) -> None:
        self._kept = kept
        self._until = ExitStack()
        self._made: dict[Hashable, Rows | Tape] = {}

    def __enter__(self) -> WorkCache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for made in self._made.values():  # of work that did not come to its end
            made.close()
        self._until.close()

    def value(self, name: str) -> Any | None:
        """What is known of the recording under a name."""
        return None if self._kept is None else self._kept.store.find((name, self._kept.recording), self._until)

    def keep(self, name: str, value: Any) -> None:
        """The same, from now on."""
        if self._kept is not None:
            self._kept.store.keep((name, self._kept.recording), value)

    def tape(self, key: Hashable, width: int, kind: type[np.generic], size: float) -> Tape | None:
        """One that is whole, or one to be recorded of about `size` bytes; None where nothing is kept.

        key : all, beside the recording, that what is on it depends on
        """
        if self._kept is None:
            return None
        whole = ("tape", self._kept.recording, key)
        found: Tape | None = self._kept.store.find(whole, self._until)
        if found is None and (rows := self._kept.store.rows(width, kind, size)):
            found = self._made[whole] = Tape(rows)
        return found

    def over(self, stage: AnyStage, key: Hashable, samples: int, channels: int) -> AnyStage:
        """The stage, whose sound is kept if there is room; or, where it was kept, one that answers it as the stage did:
        as late, in the same blocks.

        What the stage answers behind the recording's end is replaced by silence: how much of it would be heard depends
        on the stages that follow.

        key : all, beside the recording, that the sound depends on; samples : of the recording, per channel
        """
        rows: Rows | None = None
        if self._kept is not None:
            whole = ("sound", self._kept.recording, key)
            rows = self._kept.store.find(whole, self._until)
            if rows is not None:
                return _player(rows, stage.latency)
            if rows := self._kept.store.rows(channels, np.float32, 4.0 * samples * channels):
                self._made[whole] = rows
        return chained((stage, _recorder(rows, samples)))

    def commit(self) -> None:
        """The sound has come to its end: what was made is whole."""
        for key, made in self._made.items():
            if self._kept is not None and not made.is_closed:
                if isinstance(made, Tape):
                    made.is_whole = True
                self._kept.store.keep(key, made, made)
        self._made.clear()


def _recorder(rows: Rows | None, samples: int) -> Stage[int]:
    """What follows the end of the sound (a filter's tail) would be another for each of the stages behind: it is cut."""

    def step(block: Samples, at: int) -> tuple[Samples, int]:
        stop = at + block.shape[1]
        sounding = max(0, min(block.shape[1], samples - at))
        if rows is not None and not rows.is_closed:
            try:
                rows.append(block[:, :sounding].T)
            except OSError:  # the disk is full: the work goes on without
                rows.close()
        if sounding < block.shape[1]:
            block = block.copy()
            block[:, sounding:] = 0
        return block, stop

    return Stage(0, lambda: 0, step)


def _player(rows: Rows, latency: int) -> Stage[int]:
    def step(block: Samples, at: int) -> tuple[Samples, int]:
        stop, out = at + block.shape[1], np.zeros_like(block)
        if stop > 0:
            kept = rows.read(max(0, at), stop - max(0, at)).T
            start = max(0, -at)
            out[:, start : start + kept.shape[1]] = kept
        return out, stop

    return Stage(latency, lambda: -latency, step)
