"""Samples that are no numbers (NaN, infinite): a few are a program's slip and are bridged, many are damage."""

from __future__ import annotations

from contextlib import closing

import numpy as np

from pipeline.audio import Samples, not_finite

from ..decoded import Blocks

MOST_IN_A_ROW_S = 0.02
MOST_SHARE = 0.001  # of all samples of a channel


def finite(blocks: Blocks) -> Blocks:
    """The blocks without such samples: a line is drawn over them. Raises AudioError if they are many."""
    bad = samples = 0
    last: Samples | None = None
    with closing(blocks):
        for block in blocks:
            now = int((~np.isfinite(block.samples)).sum())
            mended = block._replace(samples=_mended(block.samples, last, block.sample_rate)) if now else block
            bad, samples = bad + now, samples + block.samples.size
            last = mended.samples[:, -1:] if block.samples.size else last
            yield mended
    if bad > MOST_SHARE * samples + 1:
        raise not_finite()
    if bad:
        one = "1 sample was not a number and was mended."
        said = one if bad == 1 else f"{bad} samples were not numbers and were mended."
        yield mended._replace(samples=mended.samples[:, :0], facts=None, remarks=(said,))


def _mended(x: Samples, last: Samples | None, rate: int) -> Samples:
    """x (channels, n); last (channels, 1) : what came before it."""
    y = x.copy()
    at = np.arange(x.shape[1])
    for number, channel in enumerate(y):
        good = np.isfinite(channel)
        if good.all():
            continue
        if _longest(~good) > MOST_IN_A_ROW_S * rate:
            raise not_finite()
        places, values = at[good], channel[good]
        if last is not None:
            places, values = np.append(-1, places), np.append(last[number], values)
        channel[:] = np.interp(at, places, values) if len(places) else 0.0
    return y


def _longest(bad: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bad.astype(np.int8), [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))
