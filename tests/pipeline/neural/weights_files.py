"""Files of weights for networks that are small, so that tests of the format are quick."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from pipeline.neural.bands import PATCH, STRIDE, TOKENS
from pipeline.neural.deep_filter import BINS, INPUTS, TAPS
from pipeline.neural.weights import FORMAT

Tensors = dict[str, NDArray[np.floating]]


def metadata(**changes: str) -> dict[str, str]:
    return {"format": FORMAT, "past": "1", "ahead": "1", "blocks": "2", "look": "1", "shift": "2"} | changes


DEEP_FILTER = "deep_filter."


def shapes(width: int = 4, inner: int = 6, squeeze: int = 2, frames: int = 3, blocks: int = 2) -> dict[str, tuple]:
    found: dict[str, tuple[int, ...]] = {
        "patch.weight": (width, PATCH * frames),
        "patch.bias": (width,),
        "place": (TOKENS, width),
        "norm": (TOKENS, width),
        "head.weight": (STRIDE, 3 * width),
        "head.bias": (STRIDE,),
        "dry.weight": (STRIDE, 3 * width),
        "dry.bias": (STRIDE,),
    }
    for name, size in (("wide", inner), ("late", inner + 1)):
        found |= _recurrence(f"{name}.inner", 1, size)
        found |= {
            f"{name}.norm": (TOKENS, width),
            f"{name}.squeeze.weight": (squeeze, width),
            f"{name}.squeeze.bias": (squeeze,),
            f"{name}.gather.weight": (size, TOKENS * squeeze),
            f"{name}.gather.bias": (size,),
            f"{name}.spread.weight": (TOKENS * squeeze, size),
            f"{name}.spread.bias": (TOKENS * squeeze,),
            f"{name}.expand.weight": (width, squeeze),
        }
    for k in range(blocks):
        found |= _recurrence(f"recurrences.{k}", TOKENS, width)
        found |= {
            f"exchanges.{k}.norm": (TOKENS, width),
            f"exchanges.{k}.enter.weight": (2 * width, width),
            f"exchanges.{k}.enter.bias": (2 * width,),
            f"exchanges.{k}.mix": (TOKENS, TOKENS),
            f"exchanges.{k}.bias": (TOKENS, 1),
            f"exchanges.{k}.leave.weight": (width, width),
        }
    return found | _deep_filter(width)


def _deep_filter(width: int, hidden: int = 5, deep: int = 3) -> dict[str, tuple[int, ...]]:
    return {
        f"{DEEP_FILTER}enter.weight": (hidden, INPUTS),
        f"{DEEP_FILTER}context.weight": (STRIDE * hidden, width),
        f"{DEEP_FILTER}context.bias": (STRIDE * hidden,),
        f"{DEEP_FILTER}place": (BINS, hidden),
        f"{DEEP_FILTER}inner.weight": (deep, hidden),
        f"{DEEP_FILTER}inner.bias": (deep,),
        f"{DEEP_FILTER}leave.weight": (2 * TAPS, deep),
        f"{DEEP_FILTER}leave.bias": (2 * TAPS,),
    }


def _recurrence(name: str, tokens: int, width: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{name}.norm": (tokens, width),
        f"{name}.enter.weight": (3 * width, width),
        f"{name}.enter.bias": (3 * width,),
        f"{name}.leave.weight": (width, width),
    }


def tensors(seed: int = 0, **sizes: int) -> Tensors:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes(**sizes).items()}


def file_of(found: Mapping[str, NDArray[np.generic]] | None = None, **changes: str) -> bytes:
    """A file of weights: `found` (default: good ones) under metadata with `changes`."""
    return save(dict(tensors() if found is None else found), metadata(**changes))
