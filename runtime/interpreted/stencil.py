"""`numba.stencil` in plain NumPy: see `interpreted`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., Any]


def stencil(function_or_mode: Any = None, **_: Any) -> Any:
    """Stand in for `numba.stencil`: a function of an element's neighbours becomes one of the array; edges are 0."""
    return _Stencil(function_or_mode) if inspect.isfunction(function_or_mode) else _Stencil


class _Stencil:
    def __init__(self, function: Function) -> None:
        self.__name__, self.__doc__, self._function = function.__name__, function.__doc__, function

    def __call__(self, x: np.ndarray[Any, Any], *scalars: Any, out: Any = None) -> Any:
        offsets: set[tuple[int, ...]] = set()
        try:
            result = np.asarray(self._function(_Shifted(x, offsets), *scalars))
        except ValueError:  # it decides by the value of an element: one by one then
            values = [self._function(_At(x, index, offsets), *scalars) for index in np.ndindex(x.shape)]
            result = np.array(values).reshape(x.shape)
        for axis in range(x.ndim):
            reach = [offset[axis] for offset in offsets]
            edge = np.moveaxis(result, axis, 0)
            edge[: max(0, -min(reach, default=0))] = 0
            edge[len(edge) - max(0, *reach, 0) :] = 0
        if out is not None:
            out[...] = result
            return out
        return result


class _Shifted:
    """`x[k]` for every element at once."""

    def __init__(self, x: np.ndarray[Any, Any], offsets: set[tuple[int, ...]]) -> None:
        self._x, self._offsets = x, offsets

    def __getitem__(self, key: int | tuple[int, ...]) -> Any:
        offset = key if isinstance(key, tuple) else (key,)
        self._offsets.add(offset)
        return np.roll(self._x, [-k for k in offset], axis=tuple(range(self._x.ndim)))


class _At:
    """`x[k]` for one element."""

    def __init__(self, x: np.ndarray[Any, Any], index: tuple[int, ...], offsets: set[tuple[int, ...]]) -> None:
        self._x, self._index, self._offsets = x, index, offsets

    def __getitem__(self, key: int | tuple[int, ...]) -> Any:
        offset = key if isinstance(key, tuple) else (key,)
        self._offsets.add(offset)
        shape = self._x.shape
        return self._x[tuple((i + k) % n for i, k, n in zip(self._index, offset, shape, strict=True))]
