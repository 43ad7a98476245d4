"""Sound as an autoregressive process, and samples filled in from it.

Over some tens of milliseconds a voice is close to a filter with few coefficients driven by little: x[n] + a[1] x[n-1] +
… + a[p] x[n-p] = e[n]. Samples that are missing are those which make the energy of e least.

1. A. J. E. M. Janssen, R. N. J. Veldhuis, L. B. Vries, "Adaptive interpolation of discrete-time signals that can be
   modeled as autoregressive processes", IEEE Trans. Acoustics, Speech, and Signal Processing 34(2), 1986.
2. S. J. Godsill, P. J. W. Rayner, "Digital Audio Restoration", Springer 1998, chapters 4 and 5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.kernel import kernel

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
    r = np.empty(order + 1)
    for k in range(order + 1):
        r[k] = np.dot(y[: y.size - k], y[k:])
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


def _prediction_error_numpy(x: Signal, a: Signal) -> Signal:
    order = a.size - 1
    off: Signal = np.zeros(x.size)
    off[order:-order] = np.abs(np.correlate(np.convolve(x, a, "valid"), a, "valid")) / (a @ a)
    return off


@kernel(_prediction_error_numpy)
def prediction_error(x: Signal, a: Signal) -> Signal:
    """How far each sample of x (n,) is off what those on both sides tell, ≥ 0; 0 for the `order` samples at either end.

    The residual filtered by the coefficients backward in time, the matched filter of [2, section 5.3], and scaled so
    that a single wrong sample is found at its height.
    """
    order, n = a.size - 1, x.size
    residual, off = np.zeros(n - order), np.zeros(n)
    both = off[order : n - order]
    # One coefficient after another over all samples: loops without a sum, which the compiler turns into vectors.
    for k in range(order + 1):
        factor, shifted = a[k], x[order - k : n - k]
        for i in range(residual.size):
            residual[i] += factor * shifted[i]
    for k in range(order + 1):
        factor, shifted = a[k], residual[k:]
        for i in range(both.size):
            both[i] += factor * shifted[i]
    power = np.dot(a, a)
    for i in range(both.size):
        both[i] = abs(both[i]) / power
    return off


def _prediction_errors(x: Signal, window: Signal, hop: int, order: int) -> Signal:
    """`prediction_error` of every `hop` samples of x (n,) by the fit to them and to what is around them.

    window : (hop and as much around it as is to be fitted,); where it does not fit into x, the errors are 0
    """
    around, off = (window.size - hop) // 2, np.zeros(x.size)
    for at in range(around, around + (x.size - 2 * around) // hop * hop, hop):
        a = fit(x[at - around : at + hop + around], window, order)
        off[at : at + hop] = prediction_error(x[at - order : at + hop + order], a)[order : order + hop]
    return off


# What it calls has a NumPy version each; compiled, the calls cost nothing.
prediction_errors = kernel(_prediction_errors)(_prediction_errors)


def _solve_numpy(column: Signal, y: Signal) -> None:
    from scipy.linalg import solveh_banded

    if y.size:
        y[:] = solveh_banded(column.T, y, lower=True)


@kernel(_solve_numpy)
def solve(column: Signal, y: Signal) -> None:
    """Solve a symmetric band matrix for y (m,), in place, by Cholesky decomposition.

    column : (m, w), of which [j, k] is the matrix's element (j + k, j); overwritten
    """
    m = y.size
    for j in range(m):
        # The tiny pivot keeps a band-limited sound, whose matrix is close to singular, from failing.
        pivot = np.sqrt(max(column[j, 0], 1e-12 * column[0, 0]))
        width = min(column.shape[1], m - j)
        while width > 1 and column[j, width - 1] == 0.0:
            width -= 1
        y[j] /= pivot
        column[j, 0] = pivot
        column[j, 1:width] /= pivot
        for k in range(1, width):
            factor = column[j, k]
            y[j + k] -= factor * y[j]
            for i in range(width - k):
                column[j + k, i] -= factor * column[j, k + i]
    for j in range(m - 1, -1, -1):
        for k in range(1, min(column.shape[1], m - j)):
            y[j] -= column[j, k] * y[j + k]
        y[j] /= column[j, 0]


def _interpolate_numpy(x: Signal, missing: Places, a: Signal) -> None:
    order, m = a.size - 1, missing.size
    b = np.convolve(a, a[::-1])
    x[missing] = 0.0
    y = -np.convolve(x, b, "same")[missing] if m else np.zeros(0)
    column = np.zeros((m, order + 1))
    for k in range(min(order + 1, m)):
        distance = missing[k:] - missing[: m - k]
        column[: m - k, k] = np.where(distance <= order, b[order + np.minimum(distance, order)], 0.0)
    solve(column, y)
    x[missing] = y


@kernel(_interpolate_numpy)
def interpolate(x: Signal, missing: Places, a: Signal) -> None:
    """Fill in x (n,) at `missing` (m,), rising places at least `order` from both ends, in place [1, equation 7].

    The normal equations' matrix holds the autocorrelation of a: samples further apart than the order do not touch, and
    in the order of the missing samples it is a band.
    """
    order, m = a.size - 1, missing.size
    b = np.zeros(order + 1)
    for k in range(order + 1):
        for j in range(order + 1 - k):
            b[k] += a[j] * a[j + k]
    for j in range(m):
        x[missing[j]] = 0.0
    column, y = np.zeros((m, order + 1)), np.zeros(m)
    for j in range(m):
        at = missing[j]
        for k in range(1, order + 1):
            y[j] -= b[k] * (x[at - k] + x[at + k])
        for k in range(min(order + 1, m - j)):
            if missing[j + k] - at <= order:
                column[j, k] = b[missing[j + k] - at]
    solve(column, y)
    for j in range(m):
        x[missing[j]] = y[j]
