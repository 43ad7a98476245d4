"""vectorize and guvectorize in plain NumPy, for a process in which nothing may be compiled.

`NUMBA_DISABLE_JIT` reaches only `numba.jit`; the decorators here would go on compiling, and fail on the plain functions
they then find. The stand-ins keep what librosa relies on: broadcasting, core dimensions, the choice of the loop by the
types of the arguments, `out`. Results equal the compiled ones up to rounding: numba computes
some float32 expressions in double precision where NumPy does not.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from runtime.interpreted.stencil import stencil

Function = Callable[..., Any]
Loop = tuple["np.dtype[Any]", ...]

NAMES = {"boolean": "bool", "bool_": "bool", "intp": "int64", "uintp": "uint64", "intc": "int32", "void": "void"}
TYPE = re.compile(r"(\w+)\s*((?:\[[^\]]*\])?)")


def install(numba: Any) -> None:
    """Put the stand-ins in the place of numba's own, before librosa takes them from there."""
    numba.vectorize, numba.guvectorize, numba.stencil = vectorize, guvectorize, stencil


def parse_types(signature: str) -> tuple[Loop, tuple[bool, ...]]:
    """The types in "float32(complex64)" or "void(float32[:], bool_)", result first; which of them are arrays."""
    found = TYPE.findall(signature)
    return tuple(np.dtype(NAMES.get(name, name)) for name, _ in found), tuple(bool(dims) for _, dims in found)


PYTHON_NUMBERS = {int: "iufc", float: "fc", complex: "c"}
"""What kinds of loop a Python number fits, beside arguments that do have a type (NEP 50)."""


def fits(argument: Any, dtype: np.dtype[Any], *, weak: bool) -> bool:
    """Whether a ufunc would take `argument` in a loop of `dtype`; `weak` lets Python's numbers follow the others."""
    if weak and type(argument) in PYTHON_NUMBERS:
        return dtype.kind in PYTHON_NUMBERS[type(argument)]
    return bool(np.can_cast(np.asarray(argument).dtype, dtype, casting="safe"))


def choose(name: str, loops: Iterable[Loop], inputs: tuple[Any, ...]) -> Loop:
    """The first of `loops` (input types first) that takes `inputs`. Raises TypeError, as a ufunc does."""
    weak = not all(type(x) in PYTHON_NUMBERS for x in inputs)
    for loop in loops:
        if all(fits(x, dtype, weak=weak) for x, dtype in zip(inputs, loop, strict=False)):
            return loop
    raise TypeError(f"{name} has no loop for {[np.asarray(x).dtype.name for x in inputs]}")


def vectorize(types_or_function: Any = (), **_: Any) -> Any:
    """Stand in for `numba.vectorize`: a function of scalars becomes one of arrays."""
    if inspect.isfunction(types_or_function):
        return _Elementwise(types_or_function, [])
    types = [types_or_function] if isinstance(types_or_function, str) else types_or_function
    return lambda function: _Elementwise(function, types)


class _Elementwise:
    def __init__(self, function: Function, types: Iterable[Any]) -> None:
        self.__name__, self.__doc__, self._function = function.__name__, function.__doc__, function
        parsed = [parse_types(t)[0] for t in types if isinstance(t, str)]
        self._loops = [(*loop[1:], loop[0]) for loop in parsed]
        self._branches = has_branches(function)

    def __call__(self, *inputs: Any, out: Any = None) -> Any:
        arrays: Any = inputs
        result_type = None
        if self._loops:
            *types, result_type = choose(self.__name__, self._loops, inputs)
            arrays = [np.asarray(x, dtype) for x, dtype in zip(inputs, types, strict=True)]
        if self._branches:
            result = np.vectorize(self._function, otypes=result_type and [result_type])(*arrays)
        else:  # arithmetic without a decision is the same for an array as for each of its elements
            result = np.asarray(self._function(*arrays), dtype=result_type)
        if out is not None:
            out[...] = result
            return out
        return result[()]  # as a ufunc: a scalar for scalars


def has_branches(function: Function) -> bool:
    """Whether `function` decides anything, so that it cannot be given whole arrays."""
    tree = _syntax(function)
    deciding = (ast.If, ast.IfExp, ast.While, ast.For, ast.BoolOp, ast.Not, ast.Compare, ast.Call)
    numpy_calls = {id(n) for n in ast.walk(tree) if isinstance(n, ast.Call) and ast.unparse(n.func).startswith("np.")}
    body = [node for statement in tree.body for node in ast.walk(statement)]
    return any(isinstance(node, deciding) and id(node) not in numpy_calls for node in body)


def _syntax(function: Function) -> ast.FunctionDef:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return tree


def guvectorize(*arguments: Any, **_: Any) -> Any:
    """Stand in for `numba.guvectorize`: a function of blocks becomes one of stacks of blocks."""
    types, layout = arguments if len(arguments) == 2 else ([], arguments[0])
    types = [types] if isinstance(types, str) else types
    return lambda function: _Blockwise(function, types, layout)


class _Blockwise:
    def __init__(self, function: Function, types: Iterable[Any], layout: str) -> None:
        self.__name__, self.__doc__, self._function = function.__name__, function.__doc__, function
        sides = [re.findall(r"\(([^)]*)\)", side) for side in layout.split("->")]
        inputs, outputs = ([[d.strip() for d in dims.split(",") if d.strip()] for dims in side] for side in sides)
        self._inputs, self._outputs = inputs, outputs
        parsed = [parse_types(t) for t in types if isinstance(t, str)]
        self._loops = [loop[1:] for loop, _ in parsed]
        self._as_arrays = parsed[0][1][1:] if parsed else tuple(bool(dims) for dims in inputs) + (True,) * len(outputs)

    def __call__(self, *arguments: Any, out: Any = None) -> Any:
        given = arguments[: len(self._inputs)]
        targets = arguments[len(self._inputs) :] or (out if isinstance(out, tuple) else () if out is None else (out,))
        loop = choose(self.__name__, self._loops, given) if self._loops else tuple(np.asarray(x).dtype for x in given)
        inputs = [np.asarray(x, dtype) for x, dtype in zip(given, loop, strict=False)]

        sizes: dict[str, int] = {}
        stacks = []
        for x, dims in zip(inputs, self._inputs, strict=True):
            core = x.shape[x.ndim - len(dims) :]
            for name, size in zip(dims, core, strict=True):
                if sizes.setdefault(name, size) != size:
                    raise ValueError(f"{self.__name__}: dimension {name} is {size} here, {sizes[name]} before")
            stacks.append(x.shape[: x.ndim - len(dims)])
        stack = np.broadcast_shapes(*stacks)
        out_types = loop[len(inputs) :] or (np.result_type(*inputs),) * len(self._outputs)
        shapes = [stack + tuple(sizes[name] for name in dims) for dims in self._outputs]
        # The caller's arrays are worked in where their type allows: a function need not write every element.
        results = [
            target if target is not None and target.dtype == dtype else np.empty(shape, dtype)
            for target, dtype, shape in zip(targets or (None,) * len(shapes), out_types, shapes, strict=True)
        ]
        with np.errstate(all="ignore"):  # it may never have been written to, and hold any number
            for result, target in zip(results, targets, strict=False):
                if result is not target:
                    result[...] = target
        blocks = [
            np.broadcast_to(x, stack + x.shape[x.ndim - len(dims) :])
            for x, dims in zip(inputs, self._inputs, strict=True)
        ]
        for index in np.ndindex(*stack):
            places = zip([*blocks, *results], self._as_arrays, strict=True)
            self._function(*(_argument(x, index, whole) for x, whole in places))
        for result, target in zip(results, targets, strict=False):
            if result is not target:
                target[...] = result
        final = tuple(targets) or tuple(result[()] for result in results)
        return final if len(final) > 1 else final[0]


def _argument(x: np.ndarray[Any, Any], index: tuple[int, ...], as_array: bool) -> Any:
    """What the function gets for one place of the stack."""
    if as_array:
        return x[index] if x.ndim > len(index) else x[(*index, np.newaxis)]
    scalar = x[index]
    # Integers as Python's: numba computes with them in 64 bits, NumPy would wrap uint32(1) - uint32(3) around.
    return scalar.item() if scalar.dtype.kind in "iub" else scalar
