"""Weights of the content detector: a safetensors file, refused with a reason unless every part fits.

Nothing in it is executed. The metadata names the format; widths follow from the tensors and are bounded.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

from .features import COUNT, Numbers
from .network import DILATIONS, WIDTH, Convolution, Network

FORMAT = "speech-content-1"
KINDS = ("speech", "music", "singing", "laughter", "applause")
MAX_BYTES = 1_000_000
MAX_WIDTH = 128
MAX_MAGNITUDE = 100.0
BUNDLED = Path(__file__).parents[3] / "assets" / "content.safetensors"


class ContentWeightsError(ValueError):
    """These weights cannot be used; the message says why."""


@cache
def bundled() -> Network:
    """The network that comes with the app. Raises ContentWeightsError."""
    try:
        if BUNDLED.stat().st_size > MAX_BYTES:
            raise ContentWeightsError(f"{BUNDLED.name} is larger than {MAX_BYTES // 10**6} MB.")
        return parse(BUNDLED.read_bytes())
    except OSError as error:
        raise ContentWeightsError(f"{BUNDLED.name} cannot be read: {error.strerror or error}.") from error


def parse(data: bytes) -> Network:
    """The network in a safetensors file's bytes. Raises ContentWeightsError."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(data)
        metadata = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")]).get("__metadata__", {})
        form, kinds = metadata.get("format"), metadata.get("kinds")
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ContentWeightsError(f"Not a file of weights: {error}.") from error
    if form != FORMAT or kinds != ",".join(KINDS):
        raise ContentWeightsError(f"The weights are not of the format {FORMAT}.")
    return _network(tensors)


def _network(tensors: dict[str, Numbers]) -> Network:
    def take(name: str, *shape: int) -> Numbers:
        tensor = tensors.get(name)
        if tensor is None or tensor.shape != shape or tensor.dtype not in (np.float16, np.float32):
            raise ContentWeightsError(f"The weights lack {name} {shape}, or it has another shape or type.")
        if not (np.abs(tensor) <= MAX_MAGNITUDE).all():  # NaN compares false
            raise ContentWeightsError(f"{name} holds numbers that are not finite, or beyond ±{MAX_MAGNITUDE:g}.")
        return tensor.astype(np.float32)

    def width(name: str) -> int:
        bias = tensors.get(f"{name}.bias")
        if bias is None or bias.ndim != 1 or not 1 <= bias.size <= MAX_WIDTH:
            raise ContentWeightsError(f"The weights lack {name}.bias, or it has an impossible width.")
        return int(bias.size)

    def convolution(name: str, taps: int, into: int, out: int) -> Convolution:
        weight = take(f"{name}.weight", out, into, taps)  # as PyTorch has it
        return Convolution(
            np.ascontiguousarray(weight.transpose(2, 1, 0)).reshape(taps * into, out), take(f"{name}.bias", out)
        )

    narrow, wide = width("first"), width("second")
    return Network(
        take("mean", COUNT),
        take("scale", COUNT),
        convolution("first", WIDTH, COUNT, narrow),
        convolution("second", WIDTH, narrow, wide),
        tuple(convolution(f"deep.{k}", 3, wide, wide) for k in range(len(DILATIONS))),
        convolution("head", 1, wide, len(KINDS)),
    )
