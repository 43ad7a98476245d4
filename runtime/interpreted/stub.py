"""A numba without a compiler, for when the real one cannot be imported: librosa and our kernels still work."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from runtime.interpreted import ufuncs
from runtime.status import STUB_VERSION


def jit(*arguments: Any, **_: Any) -> Any:
    """Stand in for `numba.jit` and `numba.njit`: the function stays what it is."""
    if arguments and inspect.isfunction(arguments[0]):
        return arguments[0]
    return lambda function: function


def fill(module: Any) -> None:
    """Give `module`, which stands for numba, the names that librosa and our kernels use."""
    module.__version__ = STUB_VERSION
    module.jit = module.njit = jit
    module.prange = range
    ufuncs.install(module)
    for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"):
        setattr(module, name, np.dtype(name))
    module.complex64, module.complex128 = np.dtype("complex64"), np.dtype("complex128")
    module.boolean = module.bool_ = np.dtype("bool")
