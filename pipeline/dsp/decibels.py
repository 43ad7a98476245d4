"""Decibels and what they stand for. A kernel, which numba compiles, writes its own out."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", float, NDArray[np.float32], NDArray[np.float64])


def amplitude(db: T) -> T:
    """The factor of a signal that is so many dB; arrays keep their type."""
    factor: Any = 10 ** (db / 20)
    result: T = factor
    return result


def power(db: T) -> T:
    """The factor of a power that is so many dB; arrays keep their type."""
    factor: Any = 10 ** (db / 10)
    result: T = factor
    return result


def power_db(power: T) -> T:
    """dB of a power that is above 0; arrays keep their type."""
    db: Any = 10 * np.log10(power) if isinstance(power, np.ndarray) else 10 * math.log10(power)
    result: T = db
    return result


def amplitude_db(magnitude: float) -> float:
    """dB of a magnitude, minus infinity for 0."""
    return 20 * math.log10(magnitude) if magnitude > 0 else -math.inf
