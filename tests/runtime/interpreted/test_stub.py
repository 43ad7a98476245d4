"""What stands for numba where there is none."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from runtime.interpreted import stub

TYPES = {name: name for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")}
TYPES |= {name: name for name in ("float32", "float64", "complex64", "complex128")}
TYPES |= {"boolean": "bool", "bool_": "bool"}


@pytest.fixture
def numba() -> Any:
    made = ModuleType("numba")
    stub.fill(made)
    return made


@pytest.mark.parametrize(("name", "meant"), TYPES.items())
def test_its_types_are_those_of_arrays(numba: Any, name: str, meant: str) -> None:
    """librosa makes arrays of them: `np.empty(n, dtype=numba.uint32)`."""
    assert np.empty(1, dtype=getattr(numba, name)).dtype == np.dtype(meant)


def test_a_function_stays_what_it_is_however_it_is_decorated(numba: Any) -> None:
    def double(x: int) -> int:
        return 2 * x

    assert numba.jit(double) is numba.njit(double) is double
    for decorate in (numba.jit(nopython=True, cache=True), numba.njit(), numba.jit("int64(int64)", nogil=True)):
        assert decorate(double) is double
    assert list(numba.prange(1, 7, 2)) == [1, 3, 5]


def test_it_has_the_decorators_that_librosa_takes_from_it(numba: Any) -> None:
    @numba.vectorize
    def positive(x):  # type: ignore[no-untyped-def]
        return x if x > 0 else 0

    assert positive(np.array([-1, 2])).tolist() == [0, 2]
    assert numba.guvectorize
    assert numba.stencil
    assert isinstance(numba.__version__, str)
