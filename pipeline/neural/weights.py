"""Weights of the neural denoiser: read from a safetensors file, and refused with a reason unless every part fits.

The file's metadata names the format and the network's look-ahead; nothing in it is executed, and its size is bounded
before it is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from .bands import PATCH, STRIDE, TOKENS
from .deep_filter import BINS, INPUTS, TAPS, DeepFilter
from .deep_filter import TOKENS as LOW_TOKENS
from .kernels import Numbers
from .network import Exchange, Network, Recurrence, Wide

FORMAT = "speech-denoiser-4"
FORMATS = ("speech-denoiser-3", FORMAT)
"""The one before has no deep filter, and so may this one have none."""
MAX_BYTES = 8_000_000
MAX_WIDTH = 256
MOST = {"past": 8, "ahead": 8, "blocks": 16, "look": MAX_WIDTH, "shift": 4}
"""Numbers in the metadata, and how large they may be; together they bound the delay."""
HEADS = ("head", "dry")  # gains that keep the room, and gains that take it away
MAX_MAGNITUDE = 100.0
"""Trained weights stay below 10; from 10⁵ on, products of products leave float32 and gains become NaN."""
BUNDLED = Path(__file__).parents[2] / "assets" / "denoiser.safetensors"


class WeightsError(ValueError):
    """These weights cannot be used; the message says why."""


@dataclass(frozen=True)
class Weights:
    """A network, where it comes from, and the sha256 of its file."""

    network: Network
    source: str
    sha256: str


def read(path: Path, source: str = "bundled") -> Weights:
    """The weights in a file. Raises WeightsError where there is none, or it holds another thing."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise WeightsError(f"{path.name} is larger than the {MAX_BYTES // 10**6} MB that weights may have.")
        return of_bytes(path.read_bytes(), source)
    except OSError as error:
        raise WeightsError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def of_bytes(data: bytes, source: str) -> Weights:
    """The weights in a file's bytes. Raises WeightsError."""
    return Weights(parse(data), source, hashlib.sha256(data).hexdigest())


@cache
def bundled() -> Weights:
    """The weights that come with the app. Raises WeightsError."""
    return read(BUNDLED)


def parse(data: bytes) -> Network:
    """The network in a safetensors file's bytes. Raises WeightsError."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(data)
        metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")]).get("__metadata__", {})
        if metadata.get("format") not in FORMATS:
            raise WeightsError(f"The weights are not of the format {FORMAT}.")
        sizes = {key: int(metadata[key]) for key in MOST}
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise error if isinstance(error, WeightsError) else WeightsError(f"Not a file of weights: {error}.") from error
    if sizes["blocks"] < 1 or not all(0 <= sizes[key] <= most for key, most in MOST.items()):
        raise WeightsError("The weights' metadata is out of range.")
    return _Reader(tensors).network(**sizes)


class _Reader:
    """Takes tensors by name and refuses what has another shape, another type, or is not finite."""

    def __init__(self, tensors: dict[str, Numbers]) -> None:
        self.tensors = tensors
        place = tensors.get("place")
        if place is None or place.ndim != 2 or not 1 <= place.shape[1] <= MAX_WIDTH:
            raise WeightsError("The weights do not say how wide the network is.")
        self.width = place.shape[1]

    def take(self, name: str, *shape: int) -> Numbers:
        """A tensor as float32, contiguous."""
        tensor = self.tensors.get(name)
        if tensor is None or tensor.shape != shape or tensor.dtype not in (np.float16, np.float32):
            raise WeightsError(f"The weights lack {name} {shape}, or it has another shape or type.")
        if not (np.abs(tensor) <= MAX_MAGNITUDE).all():  # NaN compares false
            raise WeightsError(f"{name} holds numbers that are not finite, or beyond ±{MAX_MAGNITUDE:g}.")
        return np.array(tensor, np.float32)  # a copy: kernels are compiled for arrays that can be written to

    def network(self, past: int, ahead: int, blocks: int, look: int, shift: int) -> Network:
        take, width = self.take, self.width
        if look > width:
            raise WeightsError("The weights' metadata is out of range.")
        return Network(
            past,
            ahead,
            look,
            shift,
            self.matrix("patch.weight", width, PATCH * (past + 1 + ahead)),
            take("patch.bias", width),
            take("place", TOKENS, width),
            tuple(self.recurrence(f"recurrences.{k}", TOKENS, width) for k in range(blocks)),
            tuple(self.exchange(f"exchanges.{k}") for k in range(blocks)),
            self.wide("wide"),
            self.wide("late"),
            take("norm", TOKENS, width),
            np.concatenate([self.matrix(f"{head}.weight", STRIDE, 3 * width) for head in HEADS], axis=1),
            np.concatenate([take(f"{head}.bias", STRIDE) for head in HEADS]),
            self.deep_filter(),
        )

    def deep_filter(self) -> DeepFilter | None:
        """None where the weights have nothing of it."""
        if not any(name.startswith("deep_filter.") for name in self.tensors):
            return None
        place, bias = self.tensors.get("deep_filter.place"), self.tensors.get("deep_filter.inner.bias")
        if place is None or bias is None:
            raise WeightsError("The weights lack a part of the deep filter.")
        wide, narrow = place.shape[-1] if place.ndim else 0, bias.size
        if not (1 <= wide <= MAX_WIDTH and 1 <= narrow <= MAX_WIDTH):
            raise WeightsError("The deep filter has an impossible width.")
        take = self.take
        return DeepFilter(
            take("norm", TOKENS, self.width)[:LOW_TOKENS].copy(),
            self.matrix("deep_filter.enter.weight", wide, INPUTS),
            self.matrix("deep_filter.context.weight", STRIDE * wide, self.width),
            take("deep_filter.context.bias", STRIDE * wide),
            take("deep_filter.place", BINS, wide),
            self.matrix("deep_filter.inner.weight", narrow, wide),
            take("deep_filter.inner.bias", narrow),
            self.matrix("deep_filter.leave.weight", 2 * TAPS, narrow),
            take("deep_filter.leave.bias", 2 * TAPS),
        )

    def matrix(self, name: str, out: int, into: int) -> Numbers:
        """A matrix for row vectors from the left: (into, out)."""
        return np.ascontiguousarray(self.take(name, out, into).T)

    def recurrence(self, name: str, tokens: int, width: int) -> Recurrence:
        return Recurrence(
            self.take(f"{name}.norm", tokens, width),
            self.matrix(f"{name}.enter.weight", 3 * width, width),
            self.take(f"{name}.enter.bias", 3 * width),
            self.matrix(f"{name}.leave.weight", width, width),
        )

    def exchange(self, name: str) -> Exchange:
        width = self.width
        enter = self.matrix(f"{name}.enter.weight", 2 * width, width)
        bias = self.take(f"{name}.enter.bias", 2 * width)
        whole: Callable[[Numbers], Numbers] = np.ascontiguousarray
        return Exchange(
            self.take(f"{name}.norm", TOKENS, width),
            whole(enter[:, :width]),
            bias[:width],
            whole(enter[:, width:]),
            bias[width:],
            self.take(f"{name}.mix", TOKENS, TOKENS),
            self.take(f"{name}.bias", TOKENS, 1)[:, 0].copy(),
            self.matrix(f"{name}.leave.weight", width, width),
        )

    def wide(self, name: str) -> Wide:
        take, width = self.take, self.width
        bias = self.tensors.get(f"{name}.gather.bias")
        squeezed = self.tensors.get(f"{name}.squeeze.bias")
        if bias is None or squeezed is None:
            raise WeightsError(f"The weights lack the {name} recurrence over all tokens.")
        inner, squeeze = bias.size, squeezed.size
        if not (1 <= inner <= 8 * MAX_WIDTH and 1 <= squeeze <= MAX_WIDTH):
            raise WeightsError(f"The {name} recurrence over all tokens has an impossible width.")
        return Wide(
            take(f"{name}.norm", TOKENS, width),
            self.matrix(f"{name}.squeeze.weight", squeeze, width),
            take(f"{name}.squeeze.bias", squeeze),
            self.matrix(f"{name}.gather.weight", inner, TOKENS * squeeze),
            take(f"{name}.gather.bias", inner),
            self.recurrence(f"{name}.inner", 1, inner),
            self.matrix(f"{name}.spread.weight", TOKENS * squeeze, inner),
            take(f"{name}.spread.bias", TOKENS * squeeze),
            self.matrix(f"{name}.expand.weight", width, squeeze),
        )
