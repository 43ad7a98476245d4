"""The network of the neural denoiser: features of frames in, gains of bands out, block by block.

`training/model/network.py` says what it computes and is the same in PyTorch. Here everything but the recurrences is a
matrix product over all frames of a block at once; what a block must know of those before it is an explicit state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .bands import COUNT, PATCH, STRIDE, TOKENS
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
    """kept : against noise; dry : against noise and the room's reverberation; both (frames, 148), 0 to 1."""

    kept: Numbers
    dry: Numbers


class State(NamedTuple):
    """seen : features that the next frames need (frames, 148); waiting : what has entered each recurrence and waits for
    the frames that it looks ahead to (37, up to `shift`, width); the rest : (tokens, width) of every recurrence.
    """

    seen: Features
    waiting: tuple[Numbers, ...]
    hidden: tuple[Numbers, ...]
    wide: Numbers
    late: Numbers


@dataclass(frozen=True)
class Network:
    """Weights, as `pipeline.neural.weights` reads them; head (3 · width, 8): for gains kept and dry, 4 each.

    past, ahead : frames around its own that a patch takes in
    look, shift : so many channels of every block's recurrence come from so many frames later
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

    @property
    def look_ahead(self) -> int:
        """Frames after its own that a gain depends on."""
        return self.ahead + len(self.recurrences) * self.shift

    def start(self) -> State:
        """At the start of a stream: nothing was heard before."""
        width = self.place.shape[1]
        return State(
            np.full((self.past, COUNT), LOWEST, np.float32),
            tuple(np.zeros((TOKENS, 0, width), np.float32) for _ in self.recurrences),
            tuple(np.zeros((TOKENS, width), np.float32) for _ in self.recurrences),
            *(np.zeros((1, part.gather.shape[1]), np.float32) for part in (self.wide, self.late)),
        )

    def gains(self, features: Features, state: State) -> tuple[Gains, State]:
        """features (frames, 148) → gains (frames, 148), and the state after.

        A gain needs the features of `self.look_ahead` frames after it: the first call answers with so many fewer
        frames, and every later one with frames that are so many late.
        """
        none = np.zeros((0, COUNT), np.float32)
        seen = np.concatenate((state.seen, features))
        frames = len(seen) - self.past - self.ahead
        if frames <= 0:
            return Gains(none, none), state._replace(seen=seen)
        hidden, waiting = tuple(h.copy() for h in state.hidden), list(state.waiting)
        wide, late = state.wide.copy(), state.late.copy()
        x = self._patches(seen)
        for k, (recurrence, exchange) in enumerate(zip(self.recurrences, self.exchanges, strict=True)):
            x, waiting[k] = self._recurrence(recurrence, x, waiting[k], hidden[k])
            if not x.size:
                return Gains(none, none), State(seen[frames:].copy(), tuple(waiting), hidden, wide, late)
            _exchange(exchange, x)
            if k == len(self.recurrences) // 2 - 1:
                _wide(self.wide, x, wide)
            if k == max(0, len(self.recurrences) - 2):
                _wide(self.late, x, late)
        return self._head(x), State(seen[frames:].copy(), tuple(waiting), hidden, wide, late)

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
        return Gains(sigmoids(kept), sigmoids(dry))


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
