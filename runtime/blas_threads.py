"""One recording, one core: matrix products do not spread over threads of their own.

They would wait for each other: on a busy machine, or one with a quota of processor time, that costs ten times what it
saves, and several recordings at once use the cores anyway. Whoever owns the process (the app, the command line) says so
to the whole of it, before NumPy is imported. In somebody else's program, who has its own products, only ours are kept
on one thread, while they run. What the environment says already stands in both.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
DECISIVE = {*VARIABLES, "OMP_NUM_THREADS"}
SAID_BY_THREADPOOLCTL = "KMP_DUPLICATE_LIB_OK"

_lock = threading.Lock()
_depth = 0
_before: list[int] = []


def one() -> None:
    """Set the variables that NumPy's BLAS reads when it is loaded, unless they are set."""
    for name in VARIABLES:
        os.environ.setdefault(name, "1")


@contextlib.contextmanager
def one_meanwhile() -> Iterator[None]:
    """Until the end, products of this thread use one core, unless the environment says how many."""
    if not DECISIVE.isdisjoint(os.environ):
        yield
        return
    of_process, of_thread = _found()
    before = [pool.get_num_threads() for pool in of_thread]
    for pool in of_thread:
        pool.set_num_threads(1)
    _enter(of_process)
    try:
        yield
    finally:
        _leave(of_process)
        for pool, number in zip(of_thread, before, strict=True):
            pool.set_num_threads(number)


@cache
def _found() -> tuple[list[Any], list[Any]]:
    """The pools whose number of threads is the process's, and those where it is each thread's own (OpenMP).

    What the module that finds them says in the environment is taken back.
    """
    before = os.environ.get(SAID_BY_THREADPOOLCTL)
    import threadpoolctl

    if before is None:
        os.environ.pop(SAID_BY_THREADPOOLCTL, None)
    pools = threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers
    apart = [getattr(pool, "threading_layer", "") == "openmp" for pool in pools]
    return [p for p, own in zip(pools, apart, strict=True) if not own], [
        p for p, own in zip(pools, apart, strict=True) if own
    ]


def _enter(pools: list[Any]) -> None:
    """The first thread that comes in notes the number and sets one."""
    global _depth  # noqa: PLW0603 — one number per process
    with _lock:
        if not _depth:
            _before[:] = [pool.get_num_threads() for pool in pools]
            for pool in pools:
                pool.set_num_threads(1)
        _depth += 1


def _leave(pools: list[Any]) -> None:
    """The last one out puts it back; threadpoolctl would let only the thread do that which was first in."""
    global _depth  # noqa: PLW0603
    with _lock:
        _depth -= 1
        if not _depth:
            for pool, number in zip(pools, _before, strict=True):
                getattr(pool, "clear_controlling_thread", lambda **_: None)(force=True)
                pool.set_num_threads(number)
                getattr(pool, "clear_controlling_thread", lambda **_: None)()
