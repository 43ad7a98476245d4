"""One request's work in a thread: progress comes out, cancel goes in.

Whoever started the work iterates over its progress. When they stop (the visitor cancelled, closed the page or lost
the connection), the generator is closed and its `finally` tells the thread to stop at its next block.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import runtime_setup

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")

STEP_S = 0.15  # between two looks at the work: quick enough for the eye and for Cancel


@dataclass(frozen=True)
class Progress:
    """How far the work is (0…1) and what it is doing. before : recordings that are served before it begins"""

    fraction: float
    text: str
    before: int = 0


class Handle:
    """What the work sees of its visitor."""

    def __init__(self) -> None:
        self.sound_s: float | None = None  # how much of it there is, once the work knows
        self._progress = Progress(0.0, "")
        self._cancel = threading.Event()

    def report(self, fraction: float, text: str) -> None:
        self._progress = Progress(min(1.0, max(0.0, fraction)), text)

    def cancelled(self) -> bool:
        return self._cancel.is_set()

    def between(self, start: float, stop: float) -> Callable[[float, str], None]:
        """A `report` whose 0…1 is `start…stop` of the whole."""
        return lambda fraction, text: self.report(start + fraction * (stop - start), text)


class Work(Generic[T]):
    """`function(handle)` in a thread. Iterate `progress()`, then read `result()`."""

    def __init__(self, function: Callable[[Handle], T]) -> None:
        self._function = function
        self._handle = Handle()
        self._done = threading.Event()
        self._value: list[T] = []
        self._fault: BaseException | None = None
        self._afterwards: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def progress(self) -> Generator[Progress, None, None]:
        """Start, and yield whenever there is something new to show."""
        threading.Thread(target=self._run, name="work", daemon=True).start()
        shown: Progress | None = None
        beat = 0
        try:
            while not self._done.wait(STEP_S):
                now, beat = self._handle._progress, beat + 1
                if now != shown or beat % 4 == 0:  # the beat: Gradio notices a visitor who left only at a yield
                    shown = now
                    yield now
        finally:
            self._handle._cancel.set()

    def result(self) -> T:
        """What the function returned; raises what it raised."""
        if self._fault is not None:
            raise self._fault
        return self._value[0]

    @property
    def sound_s(self) -> float | None:
        """How long the recording is, as far as the work has told."""
        return self._handle.sound_s

    def when_stopped(self, call: Callable[[], None]) -> None:
        """Call this once the thread has really stopped, which takes a moment after a cancel; at once if it has."""
        with self._lock:
            if not self._done.is_set():
                self._afterwards.append(call)
                return
        call()

    def _run(self) -> None:
        try:
            self._value.append(self._function(self._handle))
        except BaseException as fault:  # carried over to the thread that reads the result
            # Its frames hold the samples, and it would be held by this object, which they hold: a circle.
            traceback.clear_frames(fault.__traceback__)
            self._fault = fault
        finally:
            with self._lock:
                self._done.set()
            for call in self._afterwards:
                call()
            runtime_setup.return_memory()


def finished(work: Generator[Any, None, T]) -> T:
    """What `work` returns in the end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: T = end.value
            return result


def mapped(work: Generator[A, None, T], say: Callable[[A], B]) -> Generator[B, None, T]:
    """`work`, with `say` of all that it yields; closed together with it. Returns what it returns."""
    with closing(work):
        while True:
            try:
                now = next(work)
            except StopIteration as end:
                result: T = end.value
                return result
            yield say(now)
