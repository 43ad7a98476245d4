"""How a numba kernel is declared: with the NumPy version that stands in for it where nothing may be compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import runtime_setup

P = ParamSpec("P")
R = TypeVar("R")


def kernel(numpy_version: Callable[P, R]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile the decorated function with numba; with `NUMBA_DISABLE_JIT=1`, use `numpy_version` instead.

    The NumPy version takes the same arguments and gives the same result; it is also the oracle of the tests. It is
    kept as `.numpy_version` on what this returns, so that a test can call both.

    The compiled code is cached on disk as far as the runtime allows and releases the GIL.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        import numba  # before the question: only its import shows whether an installed numba works

        if runtime_setup.status().jit_disabled:
            chosen = numpy_version
        else:
            chosen = cast("Callable[P, R]", numba.njit(cache=True, nogil=True, error_model="numpy")(function))
        chosen.numpy_version = numpy_version  # type: ignore[attr-defined]
        return chosen

    return decorate
