"""One form for a whole recording: the parts of joined files are brought to the first one's rate and channels."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np

from pipeline.audio import Samples

from ..decoded import Block, Blocks

SURPLUS = 0.7  # of channels that the first part does not have, as in ITU-R BS.775's downmix


def unified(blocks: Blocks) -> Blocks:
    """The blocks, all of the first one's form; where others were converted, a remark says so."""
    first: Block | None = None
    convert: Callable[[Samples, bool], Samples] | None = None
    form: tuple[int, int] = (0, 0)
    others: dict[str, None] = {}
    with closing(blocks):
        for block in blocks:
            first = first or block
            if (now := (block.sample_rate, len(block.samples))) != form:
                if convert is not None:
                    yield first._replace(samples=convert(_nothing(form[1]), True), facts=None, remarks=())
                form, convert = now, None
                if form != (first.sample_rate, len(first.samples)):
                    others[_said(*form)] = None
                    convert = _converter(form, (first.sample_rate, len(first.samples)))
            if convert is None:
                yield block
            else:
                yield block._replace(sample_rate=first.sample_rate, samples=convert(block.samples, False))
    if first is not None:
        rest = convert(_nothing(form[1]), True) if convert is not None else first.samples[:, :0]
        said = f"Parts of another form ({', '.join([*others][:3])}) were converted to that of the first."
        if others:
            yield Block(first.sample_rate, rest, first.claimed_s, None, (said,))


def _said(rate: int, channels: int) -> str:
    return f"{rate} Hz, {'mono' if channels == 1 else f'{channels} channels'}"


def _nothing(channels: int) -> Samples:
    return np.zeros((channels, 0), np.float32)


def _converter(given: tuple[int, int], wanted: tuple[int, int]) -> Callable[[Samples, bool], Samples]:
    """(block, is it the last) → block of the other form."""
    import soxr

    channels = min(given[1], wanted[1])
    stream: Any = soxr.ResampleStream(given[0], wanted[0], channels) if given[0] != wanted[0] else None

    def convert(x: Samples, last: bool) -> Samples:
        y = mixed(x, channels)
        if stream is not None:
            y = np.ascontiguousarray(stream.resample_chunk(np.ascontiguousarray(y.T), last=last).T, np.float32)
        return mixed(y, wanted[1])

    return convert


def mixed(x: Samples, channels: int) -> Samples:
    """x (n, samples) with another number of channels: one becomes all, all become one, others keep their places."""
    if len(x) == channels:
        return x
    if len(x) == 1:
        return np.repeat(x, channels, axis=0)
    if channels == 1:
        mono: Samples = x.mean(axis=0, keepdims=True, dtype=np.float32)
        return mono
    y = np.zeros((channels, x.shape[1]), np.float32)
    y[: min(len(x), channels)] = x[:channels]
    if len(x) > channels:
        y += np.float32(SURPLUS) * x[channels:].sum(axis=0, dtype=np.float32)
        y /= np.float32(1 + SURPLUS * (len(x) - channels))
    return y
