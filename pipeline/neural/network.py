"""The network of the neural denoiser: features of frames in, gains of bands out, block by block.

`training/model/network.py` says what it computes and is the same in PyTorch. Here everything but the recurrences is a
matrix product over all frames of a block at once; what a block must know of those before it is an explicit state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .bands import COUNT, PATCH, STRIDE, TOKENS
from .deep_filter import BINS, DeepFilter, Spectrum
from .features import LOWEST, Features
from .kernels import Numbers, gate, normalize, normalize_later, recur, sigmoids


class Recurrence(NamedTuple):
    """norm (tokens, width); enter (width, 3 · width) and its bias; leave (width, width)."""

    norm: Numbers
    enter: Numbers
    enter_bias: Numbers
    leave: Numbers


class Exchange(NamedTuple):
    """norm (37, width); u, v: (width, width) and biases; mix (37, 37); bias (37,); leave (width, width)."""

    norm: Numbers
    u: Numbers
    u_bias: Numbers
    v: Numbers
    v_bias: Numbers
    mix: Numbers
    bias: Numbers
    leave: Numbers


class Wide(NamedTuple):
    """One recurrence over all tokens together, through a bottleneck."""

    norm: Numbers
    squeeze: Numbers
    squeeze_bias: Numbers
    gather: Numbers
    gather_bias: Numbers
    inner: Recurrence
    spread: Numbers
    spread_bias: Numbers
    expand: Numbers


class Gains(NamedTuple):
    """kept : against noise; dry : against noise and the room's reverberation; both (frames, 148), 0 to 1.

    added : to the first, in the lowest bins, by the deep filter; (frames, 80) complex64, zeros until it has answered
    """

    kept: Numbers
    dry: Numbers
    added: Spectrum


def no_gains() -> Gains:
    """Those of no frame."""
    none = np.zeros((0, COUNT), np.float32)
    return Gains(none, none, np.zeros((0, BINS), np.complex64))


class LayerState(NamedTuple):
    """waiting : what has entered the recurrence and waits for the frames that it looks ahead to (37, up to `shift`,
    width); hidden (37, width); wide (1, width of its own) of the recurrences over all tokens that follow the layer.
    """

    waiting: Numbers
    hidden: Numbers
    wide: tuple[Numbers, ...]


class State(NamedTuple):
    """seen : features that the next frames need (frames, 148); layers : of each layer"""

    seen: Features
    layers: tuple[LayerState, ...]


@dataclass(frozen=True)
class Network:
    """Weights, as `pipeline.neural.weights` reads them; head (3 · width, 8): for gains kept and dry, 4 each.

    past, ahead : frames around its own that a patch takes in
    look, shift : so many channels of every block's recurrence come from so many frames later
    deep_filter : of weights that have one
    """

    past: int
    ahead: int
    look: int
    shift: int
    patch: Numbers
    patch_bias: Numbers
    place: Numbers
    recurrences: tuple[Recurrence, ...]
    exchanges: tuple[Exchange, ...]
    wide: Wide
    late: Wide
    norm: Numbers
    head: Numbers
    head_bias: Numbers
    deep_filter: DeepFilter | None = None

    @property
    def look_ahead(self) -> int:
        """Frames after its own that a gain depends on."""
        return self.ahead + len(self.recurrences) * self.shift

    def start(self) -> State:
        """At the start of a stream: nothing was heard before."""
        seen = np.full((self.past, COUNT), LOWEST, np.float32)
        return State(seen, tuple(self.layer_start(k) for k in range(len(self.recurrences))))

    def layer_start(self, number: int) -> LayerState:
        """The state of a layer at the start of a stream."""
        width = self.place.shape[1]
        return LayerState(
            np.zeros((TOKENS, 0, width), np.float32),
            np.zeros((TOKENS, width), np.float32),
            tuple(np.zeros((1, part.gather.shape[1]), np.float32) for part in self._wides(number)),
        )

    def gains(self, features: Features, state: State) -> tuple[Gains, State]:
        """features (frames, 148) → gains (frames, 148), and the state after.

        A gain needs the features of `self.look_ahead` frames after it: the first call answers with so many fewer
        frames, and every later one with frames that are so many late.
        """
        x, seen = self.enter(features, state.seen)
        layers = []
        for number, before in enumerate(state.layers):
            x, after = self.layer(number, x, before)
            layers.append(after)
        return self.leave(x), State(seen, tuple(layers))

    def enter(self, features: Features, seen: Features) -> tuple[Numbers | None, Features]:
        """features (frames, 148) and what was seen → tokens (37, frames, width); None where frames are missing."""
        seen = np.concatenate((seen, features))
        frames = len(seen) - self.past - self.ahead
        return (self._patches(seen), seen[frames:].copy()) if frames > 0 else (None, seen)

    def layer(self, number: int, x: Numbers | None, state: LayerState) -> tuple[Numbers | None, LayerState]:
        """One layer: x (37, frames, width) → the same, `shift` frames late."""
        if x is None:
            return None, state
        hidden, wide = state.hidden.copy(), tuple(part.copy() for part in state.wide)
        x, waiting = self._recurrence(self.recurrences[number], x, state.waiting, hidden)
        if not x.size:
            return None, LayerState(waiting, hidden, wide)
        _exchange(self.exchanges[number], x)
        for part, its in zip(self._wides(number), wide, strict=True):
            _wide(part, x, its)
        return x, LayerState(waiting, hidden, wide)

    def leave(self, x: Numbers | None) -> Gains:
        """What comes out of the last layer → gains."""
        return no_gains() if x is None else self._head(x)

    def _wides(self, number: int) -> tuple[Wide, ...]:
        """The recurrences over all tokens that follow a layer."""
        count = len(self.recurrences)
        middle = (self.wide,) if number == count // 2 - 1 else ()
        return (*middle, self.late) if number == max(0, count - 2) else middle

    def _recurrence(self, part: Recurrence, x: Numbers, waiting: Numbers, hidden: Numbers) -> tuple[Numbers, Numbers]:
        """What comes out for the frames that have waited long enough, and those that wait from now on."""
        before = waiting.shape[1]
        ready = max(0, before + x.shape[1] - self.shift)
        y = np.empty((x.shape[0], ready, x.shape[2]), np.float32)
        normalize_later(waiting, part.norm, 0, self.look, self.shift, y)
        normalize_later(x, part.norm, before, self.look, self.shift, y)
        out = _recur(part, y, hidden)
        out[:, :before] += waiting[:, :ready]
        out[:, before:] += x[:, : max(0, ready - before)]
        line = np.concatenate((waiting, x[:, -self.shift :]), axis=1) if self.shift else waiting
        return out, np.ascontiguousarray(line[:, -self.shift :])  # one kernel for all layouts

    def _patches(self, seen: Features) -> Numbers:
        margin = (PATCH - STRIDE) // 2
        padded = np.pad(seen, ((0, 0), (margin, margin)), constant_values=LOWEST)
        windows = np.lib.stride_tricks.sliding_window_view(padded, (self.past + self.ahead + 1, PATCH))[:, ::STRIDE]
        rows = windows.transpose(1, 0, 2, 3).reshape(TOKENS, len(windows), -1)
        x = rows @ self.patch
        x += self.patch_bias
        x += self.place[:, None, :]
        return x

    def _head(self, x: Numbers) -> Gains:
        tokens, frames, width = x.shape
        padded = np.zeros((tokens + 2, frames, width), np.float32)
        normalize(x, self.norm, padded[1:-1])
        rows = np.concatenate((padded[:-2], padded[1:-1], padded[2:]), axis=2)
        logits = _times(rows, self.head)
        logits += self.head_bias
        by_frame = logits.transpose(1, 0, 2).reshape(frames, TOKENS, 2, STRIDE)
        kept, dry = (np.ascontiguousarray(by_frame[:, :, k]).reshape(frames, COUNT) for k in range(2))
        return Gains(sigmoids(kept), sigmoids(dry), np.zeros((frames, BINS), np.complex64))


def _times(x: Numbers, matrix: Numbers) -> Numbers:
    """x (tokens, frames, n) times matrix (n, m), as one product."""
    product: Numbers = x.reshape(-1, x.shape[-1]) @ matrix
    return product.reshape(*x.shape[:-1], matrix.shape[1])


def _recur(part: Recurrence, y: Numbers, hidden: Numbers) -> Numbers:
    """The recurrence of y, which is overwritten."""
    p = _times(y, part.enter)
    p += part.enter_bias
    recur(p, hidden, y)
    return _times(y, part.leave)


def _exchange(part: Exchange, x: Numbers) -> None:
    y = np.empty_like(x)
    normalize(x, part.norm, y)
    u = _times(y, part.u)
    u += part.u_bias
    v = _times(y, part.v)
    v += part.v_bias
    mixed = (part.mix @ v.reshape(TOKENS, -1)).reshape(x.shape)
    gate(u, mixed, part.bias)
    x += _times(mixed, part.leave)


def _wide(part: Wide, x: Numbers, hidden: Numbers) -> None:
    y = np.empty_like(x)
    normalize(x, part.norm, y)
    narrow = _times(y, part.squeeze)
    narrow += part.squeeze_bias
    frames = x.shape[1]
    together = np.ascontiguousarray(narrow.transpose(1, 0, 2)).reshape(frames, -1)
    z = (together @ part.gather + part.gather_bias)[None]
    y = np.empty_like(z)
    normalize(z, part.inner.norm, y)
    z += _recur(part.inner, y, hidden)
    spread = z[0] @ part.spread + part.spread_bias
    spread *= sigmoids(spread)
    apart = np.ascontiguousarray(spread.reshape(frames, TOKENS, -1).transpose(1, 0, 2))
    x += _times(apart, part.expand)
