"""Work in parts, one behind the other, each on another item at the same time where cores are idle.

What comes out does not depend on how many threads work: every part sees all items in their order, one at a time, and
has a state of its own. A thread carries an item from part to part as far as the way is free, so that it stays in that
core's cache and threads seldom wake each other; where a part is busy the item waits there, and the thread takes the one
nearest to the end. The one that asks for the results works along, and it alone calls what gives the items.

Reference: A. D. Robison et al., "Structured Parallel Programming", Morgan Kaufmann, 2012, section 9.4 (pipelines whose
workers are bound to items).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import runtime_setup

from .crew import CREW

MOST_WAITING = 2  # items before a part: more would only take memory


class Part(NamedTuple):
    """One of the steps that make up a work. start : () → state; step : (item, state) → (item, state).

    name : what `benchmarks.profile` calls it
    """

    start: Callable[[], Any]
    step: Callable[[Any, Any], tuple[Any, Any]]
    name: str = ""


class Line(NamedTuple):
    """Parts from blocks to blocks that come `late` samples late."""

    parts: tuple[Part, ...]
    late: int


def worked(parts: Iterable[Part], items: Iterable[Any]) -> Generator[Any, None, None]:
    """What the last part answers to each item, in order. To be closed where not all is asked for."""
    line = tuple(parts)
    with CREW.working() as most:
        if most < 2 or len(line) < 2:
            yield from _one_by_one(line, items)
        else:
            yield from _Run(line, items).results(min(most, len(line)) - 1)


def through(parts: Iterable[Part], item: Any, states: Iterable[Any]) -> tuple[Any, list[Any]]:
    """What the last part answers to an item, and the states after it."""
    after = []
    for part, state in zip(parts, states, strict=True):
        item, changed = part.step(item, state)
        after.append(changed)
    return item, after


def _one_by_one(parts: tuple[Part, ...], items: Iterable[Any]) -> Iterator[Any]:
    states = [part.start() for part in parts]
    for item in items:
        with runtime_setup.one_thread_meanwhile():
            answer, states = through(parts, item, states)
        yield answer


class _Run:
    """Items on their way through the parts. All fields are guarded by the condition."""

    def __init__(self, parts: tuple[Part, ...], items: Iterable[Any]) -> None:
        self._steps, self._states = [part.step for part in parts], [part.start() for part in parts]
        self._items = iter(items)
        self._waiting: list[deque[Any]] = [deque() for _ in range(len(parts) + 1)]  # the last: results
        self._busy = [False] * len(parts)
        self._is_over = self._is_left = False  # no more items come; nobody asks for results any more
        self._fault: BaseException | None = None
        self._changed = threading.Condition()

    def results(self, helpers: int) -> Iterator[Any]:
        with ExitStack() as stack:
            for _ in range(helpers):
                thread = threading.Thread(target=self._help, name="enhancement", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # a limit of the system: the work is done without
                    break
                stack.callback(thread.join)
            stack.callback(self._leave)  # before the threads are waited for
            while True:
                with self._changed:
                    if self._fault is not None:
                        raise self._fault
                    found = self._waiting[-1].popleft() if self._waiting[-1] else None
                    # Items first: only this thread can bring what the others work on.
                    part = None if found is not None or self._wants_items() else self._next()
                    if part is not None:
                        self._busy[part] = True
                    elif found is None and not self._wants_items():
                        if self._is_done():
                            return
                        self._changed.wait()
                        continue
                    self._changed.notify_all()
                if found is not None:
                    yield found[0]
                elif part is not None:
                    self._carry(part)
                else:
                    self._take()

    def _help(self) -> None:
        while True:
            with self._changed:
                while self._next() is None and not self._is_ended():
                    self._changed.wait()
                if self._is_ended():
                    return
            with CREW.helping() as is_free:  # asked before a part is taken: who may not help takes none from who may
                if is_free:
                    self._carry_next()
            if not is_free:
                CREW.wait()

    def _is_ended(self) -> bool:
        return self._is_left or self._fault is not None

    def _carry_next(self) -> None:
        with self._changed:
            part = None if self._is_ended() else self._next()
            if part is None:
                return
            self._busy[part] = True
        self._carry(part)

    def _next(self) -> int | None:
        """The part nearest to the end that has something to do, and room for what comes of it."""
        for part in reversed(range(len(self._steps))):
            if self._waiting[part] and not self._busy[part] and len(self._waiting[part + 1]) < MOST_WAITING:
                return part
        return None

    def _wants_items(self) -> bool:
        return not self._is_over and len(self._waiting[0]) < MOST_WAITING

    def _is_done(self) -> bool:
        return self._is_over and not any(self._busy) and not any(self._waiting)

    def _take(self) -> None:
        """One more item; by the thread that asks for results alone."""
        try:
            item = (next(self._items),)
        except StopIteration:
            self._is_over = True
            return
        with self._changed:
            self._waiting[0].append(item)
            self._changed.notify_all()

    def _carry(self, part: int) -> None:
        """The next item of a part that this thread has made busy, as far as it can go."""
        with self._changed:
            (item,) = self._waiting[part].popleft()
        while True:
            try:
                with runtime_setup.one_thread_meanwhile():
                    item, self._states[part] = self._steps[part](item, self._states[part])
            except BaseException as error:
                with self._changed:
                    self._busy[part], self._fault = False, self._fault or error
                    self._changed.notify_all()
                return
            with self._changed:
                self._busy[part] = False
                behind = part + 1
                if not self._is_way_free(behind):
                    self._waiting[behind].append((item,))
                    self._changed.notify_all()
                    return
                self._busy[behind] = True
                if self._waiting[part]:
                    self._changed.notify_all()
            part = behind

    def _is_way_free(self, part: int) -> bool:
        """Whether the part can take an item at once, and is still wanted."""
        if part == len(self._steps) or self._busy[part] or self._waiting[part] or self._is_left:
            return False
        return len(self._waiting[part + 1]) < MOST_WAITING

    def _leave(self) -> None:
        with self._changed:
            self._is_left = True
            self._changed.notify_all()
        CREW.wake()
