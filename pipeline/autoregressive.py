"""Sound as an autoregressive process, and samples filled in from it.

Over some tens of milliseconds a voice is close to a filter with few coefficients driven by little: x[n] + a[1] x[n-1] +
… + a[p] x[n-p] = e[n]. Samples that are missing are those which make the energy of e least.

1. A. J. E. M. Janssen, R. N. J. Veldhuis, L. B. Vries, "Adaptive interpolation of discrete-time signals that can be
   modeled as autoregressive processes", IEEE Trans. Acoustics, Speech, and Signal Processing 34(2), 1986.
2. S. J. Godsill, P. J. W. Rayner, "Digital Audio Restoration", Springer 1998, sections 4.3 (model) and 5.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .jit import kernel

Signal = NDArray[np.float64]
Places = NDArray[np.int64]

# Added to the power before the fit, as a share of it: keeps the fit of a band-limited sound (all of its power below a
# few kHz) solvable in float64.
LEAST_FLOOR = 1e-9


def _fit_numpy(x: Signal, window: Signal, order: int) -> Signal:
    from scipy.linalg import solve_toeplitz

    y = x * window
    r = np.array([y[: y.size - k] @ y[k:] for k in range(order + 1)])
    a = np.zeros(order + 1)
    a[0] = 1.0
    if r[0] > 0:
        r[0] *= 1 + LEAST_FLOOR
        a[1:] = solve_toeplitz(r[:-1], -r[1:])
    return a


@kernel(_fit_numpy)
def fit(x: Signal, window: Signal, order: int) -> Signal:
    """Coefficients (order + 1,), the first one 1, of x (n,) under `window` (n,): autocorrelation method, Levinson.

    A silent x gives 1, 0, 0, …
    """
    y = x * window
    r = np.zeros(order + 1)
    for i in range(y.size):
        for k in range(min(order, i) + 1):
            r[k] += y[i] * y[i - k]
    a = np.zeros(order + 1)
    a[0] = 1.0
    error = r[0] * (1 + LEAST_FLOOR)
    if error <= 0:
        return a
    before = np.empty(order + 1)
    for k in range(1, order + 1):
        s = r[k]
        for j in range(1, k):
            s += a[j] * r[k - j]
        reflection = -s / error
        before[:k] = a[:k]
        for j in range(1, k):
            a[j] = before[j] + reflection * before[k - j]
        a[k] = reflection
        error *= 1 - reflection * reflection
    return a


def _interpolate_numpy(x: Signal, missing: Places, a: Signal) -> None:
    order = a.size - 1
    rows = np.lib.stride_tricks.sliding_window_view(np.arange(x.size), order + 1)
    filter_matrix = np.zeros((len(rows), x.size))
    np.put_along_axis(filter_matrix, rows, a[::-1][np.newaxis], axis=1)
    gaps = filter_matrix[:, missing]
    known = x.copy()
    known[missing] = 0.0
    x[missing] = np.linalg.lstsq(gaps, -filter_matrix @ known, rcond=None)[0]


@kernel(_interpolate_numpy)
def interpolate(x: Signal, missing: Places, a: Signal) -> None:
    """Fill in x (n,) at `missing` (m,), rising places at least `order` from both ends, in place [1, equation 7].

    The normal equations are solved by Cholesky decomposition; gaps further apart than the order do not touch, so the
    matrix is a band in the order of the missing samples.
    """
    order, m = a.size - 1, missing.size
    b = np.zeros(order + 1)
    for k in range(order + 1):
        for j in range(order + 1 - k):
            b[k] += a[j] * a[j + k]
    for i in range(m):
        x[missing[i]] = 0.0
    # column[j, k] belongs to samples j and j + k of the missing: the matrix, then its lower triangular factor.
    column = np.zeros((m, order + 1))
    y = np.empty(m)
    for j in range(m):
        at = missing[j]
        s = 0.0
        for k in range(1, order + 1):
            s += b[k] * (x[at - k] + x[at + k])
        y[j] = -s
        for k in range(min(order + 1, m - j)):
            distance = missing[j + k] - at
            if distance > order:
                break
            column[j, k] = b[distance]
    for j in range(m):
        pivot = np.sqrt(max(column[j, 0], 1e-12 * b[0]))
        y[j] /= pivot
        width = min(order + 1, m - j)
        while column[j, width - 1] == 0.0 and width > 1:
            width -= 1
        for k in range(width):
            column[j, k] /= pivot
        column[j, 0] = pivot
        for k in range(1, width):
            factor = column[j, k]
            y[j + k] -= factor * y[j]
            for i in range(width - k):
                column[j + k, i] -= factor * column[j, k + i]
    for j in range(m - 1, -1, -1):
        s = y[j]
        for k in range(1, min(order + 1, m - j)):
            s -= column[j, k] * y[j + k]
        y[j] = s / column[j, 0]
        x[missing[j]] = y[j]
