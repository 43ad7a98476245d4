"""A deep filter after the gains, below 2.5 kHz: what gains alone cannot mend, the phase of voiced speech above all.

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

from .bands import SPACING_HZ, STRIDE
from .deep_filter_kernels import filtered, neighbourhoods, silu
from .kernels import Numbers, normalize

BINS = 80  # that are corrected: up to 2.5 kHz
TOKENS = BINS // STRIDE  # of the large network's, that know of them
PAST, AHEAD, SIDE = 2, 2, 1  # neighbours: frames before and after, bins on either side
TAPS = (PAST + 1 + AHEAD) * (2 * SIDE + 1)
INPUTS = 3 * TAPS + 2 * SIDE + 1
MOST = 2.0  # no correction is larger, against the recording

Spectrum = NDArray[np.complex64]


class DeepFilter(NamedTuple):
    """Weights. norm (20, width); enter (48, hidden); context (width, 4 · hidden) and its bias; place (80, hidden);
    inner (hidden, deep) and its bias; leave (deep, 2 · 15) and its bias.
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


def corrections(
    weights: DeepFilter, noisy: Spectrum, estimate: Spectrum, gains: Numbers, tokens: Numbers, spacing_hz: float
) -> Spectrum:
    """What is to be added to the gains of the lowest bins: (frames, 80) complex64, ±MOST in both parts.

    noisy : (frames, 80), spectra of the recording
    estimate : (PAST + frames + AHEAD, 82), the same times its gains, with frames and bins around; zeros outside. Both
        at such a level that the recording's bins have a mean power of about one
    gains : (frames, 82), that made the estimate
    tokens : (20, frames, width), what leaves the large network's last layer
    spacing_hz : from one bin to the next
    """
    frames = len(noisy)
    if not frames:
        return np.zeros((0, BINS), np.complex64)
    inputs = np.empty((frames, BINS, INPUTS), np.float32)
    neighbourhoods(estimate, gains, signs(), inputs)
    hidden: Numbers = (inputs.reshape(-1, INPUTS) @ weights.enter).reshape(frames, BINS, -1)
    hidden += _context(weights, tokens)[:, bands_of_bins(spacing_hz)]
    silu(hidden)
    deep: Numbers = (hidden.reshape(frames * BINS, -1) @ weights.inner).reshape(frames, BINS, -1)
    deep += weights.inner_bias
    silu(deep)
    taps: Numbers = (deep.reshape(frames * BINS, -1) @ weights.leave).reshape(frames, BINS, 2 * TAPS)
    taps += weights.leave_bias
    answer = np.empty((frames, BINS), np.complex64)
    filtered(taps, estimate, signs(), noisy, np.float32(MOST), answer)
    return answer


def _context(weights: DeepFilter, tokens: Numbers) -> Numbers:
    """What the large network says of every band up to 2.5 kHz: (frames, 80, hidden)."""
    _, frames, width = tokens.shape
    normal = np.empty_like(tokens)
    normalize(tokens, weights.norm, normal)
    said = normal.reshape(-1, width) @ weights.context
    said += weights.context_bias
    by_band = said.reshape(TOKENS, frames, STRIDE, -1).transpose(1, 0, 2, 3).reshape(frames, BINS, -1)
    by_band += weights.place
    context: Numbers = by_band
    return context


@cache
def bands_of_bins(spacing_hz: float) -> NDArray[np.intp]:
    """The band at the frequency of each bin, (80,); bins are a little closer than bands at 44.1 kHz; read-only."""
    at = np.minimum(np.round(np.arange(BINS) * spacing_hz / SPACING_HZ), BINS - 1).astype(np.intp)
    at.flags.writeable = False
    return at


@cache
def signs() -> Numbers:
    """(80, 15) of ±1: how a steady tone's phase goes on from a bin to its neighbours, for half-overlapping windows.

    From one frame to the next it turns by half a period for every bin, and from one bin to the next by half a period.
    The neighbours' own bins are counted, not the middle one's: so those that are odd in both have the other sign, for
    all bins alike, which the weights have learned.
    """
    bin_ = np.arange(BINS)[:, None, None]
    frame = np.arange(-PAST, AHEAD + 1)[:, None]
    side = np.arange(-SIDE, SIDE + 1)
    half_periods = (bin_ + side) * frame + side
    table: Numbers = np.where(half_periods % 2, -1, 1).astype(np.float32).reshape(BINS, TAPS)
    return table
