"""A deep filter after the gains, below 5 kHz: what gains alone cannot mend, the phase of voiced speech above all.

Every bin of the speech, as the gains have estimated it, is corrected by a sum of its neighbours, 5 frames by 3 bins,
each times a complex number [1, 2]. A small network finds these from the neighbours themselves, turned so that only
their phases against each other count, and from what the large network knows of the moment. The correction is
answered as a complex number that goes with the bin of the recording, as a gain does: so that it can be kept, and is the
same for every channel.

`training/model/deep_filter.py` is the same in PyTorch.

1. W. Mack, E. A. P. Habets, "Deep filtering: signal extraction and reconstruction using complex time-frequency
   filters", IEEE Signal Processing Letters 27, 2020.
2. H. Schröter et al., "DeepFilterNet: a low complexity speech enhancement framework for full-band audio based on deep
   filtering", ICASSP 2022.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .bands import SPACING_HZ, STRIDE, WIDER_HZ
from .deep_filter_kernels import filtered, neighbourhoods, silu
from .kernels import Numbers, normalize

REACHES = {80: 80, 160: 120}
"""Bins that a filter may correct, up to 2.5 or 5 kHz, and the bands at their frequencies."""
BINS = max(REACHES)
PAST, AHEAD, SIDE = 2, 2, 1  # neighbours: frames before and after, bins on either side
TAPS = (PAST + 1 + AHEAD) * (2 * SIDE + 1)
INPUTS = 3 * TAPS + 2 * SIDE + 1
MOST = 2.0  # no correction is larger, against the recording

Spectrum = NDArray[np.complex64]
Places = NDArray[np.intp]


class DeepFilter(NamedTuple):
    """Weights. norm (tokens, width); enter (48, hidden); context (width, 4 · hidden) and its bias;
    place (bins, hidden); inner (hidden, deep) and its bias; leave (deep, 2 · 15) and its bias.
    """

    norm: Numbers
    enter: Numbers
    context: Numbers
    context_bias: Numbers
    place: Numbers
    inner: Numbers
    inner_bias: Numbers
    leave: Numbers
    leave_bias: Numbers

    @property
    def bins(self) -> int:
        """That it corrects: the lowest."""
        return len(self.place)

    @property
    def tokens(self) -> int:
        """Of the large network's, that know of those bins."""
        return len(self.norm)


def corrections(
    weights: DeepFilter, noisy: Spectrum, estimate: Spectrum, gains: Numbers, tokens: Numbers, spacing_hz: float
) -> Spectrum:
    """What is to be added to the gains of the lowest bins: (frames, bins) complex64, ±MOST in both parts.

    noisy : (frames, bins), spectra of the recording
    estimate : (PAST + frames + AHEAD, bins + 2), the same times its gains, with frames and bins around; zeros outside.
        Both at such a level that the recording's bins have a mean power of about one
    gains : (frames, bins + 2), that made the estimate
    tokens : (tokens, frames, width), what leaves the large network's last layer
    spacing_hz : from one bin to the next
    """
    frames, bins = noisy.shape
    if not frames:
        return np.zeros((0, bins), np.complex64)
    inputs = np.empty((frames, bins, INPUTS), np.float32)
    neighbourhoods(estimate, gains, signs(bins), inputs)
    hidden: Numbers = (inputs.reshape(-1, INPUTS) @ weights.enter).reshape(frames, bins, -1)
    near = nearest(bins, spacing_hz)
    hidden += _context(weights, tokens)[:, near.band]
    hidden += weights.place[near.bin]
    silu(hidden)
    deep: Numbers = (hidden.reshape(frames * bins, -1) @ weights.inner).reshape(frames, bins, -1)
    deep += weights.inner_bias
    silu(deep)
    taps: Numbers = (deep.reshape(frames * bins, -1) @ weights.leave).reshape(frames, bins, 2 * TAPS)
    taps += weights.leave_bias
    answer = np.empty((frames, bins), np.complex64)
    filtered(taps, estimate, signs(bins), noisy, np.float32(MOST), answer)
    return answer


def _context(weights: DeepFilter, tokens: Numbers) -> Numbers:
    """What the large network says of every band that the filter reaches: (frames, bands, hidden)."""
    count, frames, width = tokens.shape
    normal = np.empty_like(tokens)
    normalize(tokens, weights.norm, normal)
    said = normal.reshape(-1, width) @ weights.context
    said += weights.context_bias
    by_band: Numbers = said.reshape(count, frames, STRIDE, -1).transpose(1, 0, 2, 3).reshape(frames, count * STRIDE, -1)
    return by_band


class Nearest(NamedTuple):
    """What is nearest to each bin in frequency, (bins,): of the bins 31.25 Hz apart, and of the bands; read-only."""

    bin: Places
    band: Places


@cache
def nearest(bins: int, spacing_hz: float) -> Nearest:
    """To the lowest bins, which are a little closer than 31.25 Hz at 44.1 kHz."""
    bin_ = np.minimum(np.round(np.arange(bins) * spacing_hz / SPACING_HZ), bins - 1).astype(np.intp)
    wider = round(WIDER_HZ / SPACING_HZ)
    found = Nearest(bin_, np.where(bin_ < wider, bin_, wider + (bin_ - wider) // 2))
    for places in found:
        places.flags.writeable = False
    return found


@cache
def signs(bins: int) -> Numbers:
    """(bins, 15) of ±1: how a steady tone's phase goes on from a bin to its neighbours, for half-overlapping windows.

    From one frame to the next it turns by half a period for every bin, and from one bin to the next by half a period.
    The neighbours' own bins are counted, not the middle one's: so those that are odd in both have the other sign, for
    all bins alike, which the weights have learned.
    """
    bin_ = np.arange(bins)[:, None, None]
    frame = np.arange(-PAST, AHEAD + 1)[:, None]
    side = np.arange(-SIDE, SIDE + 1)
    half_periods = (bin_ + side) * frame + side
    table: Numbers = np.where(half_periods % 2, -1, 1).astype(np.float32).reshape(bins, TAPS)
    return table
