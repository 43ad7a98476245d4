"""What a Butterworth high-pass takes away.

S. Butterworth, "On the theory of filter amplifiers", Experimental Wireless and the Wireless Engineer 7, 1930, p. 536.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

ALMOST_0_HZ = 1e-9


def high_pass_takes(
    hz: NDArray[np.floating], cutoff_hz: float | NDArray[np.float64], order: int
) -> NDArray[np.float64]:
    """1 less its magnitude at frequencies `hz`, which broadcast with the cutoffs: 1 at 0 Hz, 0.29 at the cutoff."""
    magnitude: Any = 1 / np.sqrt(1 + (cutoff_hz / np.maximum(hz, ALMOST_0_HZ)) ** (2 * order))
    taken: NDArray[np.float64] = 1 - magnitude
    return taken
