"""Samples that are no numbers (NaN, infinite): a few are a program's slip and are bridged, many are damage."""

from __future__ import annotations

from contextlib import closing

import numpy as np

from pipeline.audio import Samples, not_finite

from ..decoded import Block, Blocks

MOST_IN_A_ROW_S = 0.02
MOST_SHARE = 0.001  # of all samples of a channel


def finite(blocks: Blocks) -> Blocks:
    """The blocks without such samples: a line is drawn over them. Raises AudioError if they are many."""
    bad = samples = 0
    last: Samples | None = None
    previous: Block | None = None
    with closing(blocks):
        for block in blocks:
            samples += block.samples.size
            if block.samples.size and not np.isfinite(block.samples).all():
                bad += int((~np.isfinite(block.samples)).sum())
                block = block._replace(samples=_mended(block.samples, last, block.sample_rate))
            if block.samples.size:
                last = block.samples[:, -1:]
            previous = block
            yield block
    if bad > MOST_SHARE * samples + 1:
        raise not_finite()
    if bad and previous is not None:
        what = "1 sample was not a number and was" if bad == 1 else f"{bad} samples were not numbers and were"
        said = f"{what} mended."
        yield Block(previous.sample_rate, previous.samples[:, :0], previous.claimed_s, None, (said,))


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
