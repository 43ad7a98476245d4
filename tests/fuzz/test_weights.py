"""Files of weights that lie: a network that can be run, or a WeightsError with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors.numpy import save

from pipeline.neural import chosen, hub, weights
from pipeline.neural.bands import COUNT
from pipeline.neural.weights import MAX_BYTES, Weights, WeightsError
from tests.pipeline.neural.weights_files import metadata, shapes, tensors

from . import hostile
from .scale import fuzzed, tried

GOOD = save(tensors(), metadata())
HEADER = 8 + int.from_bytes(GOOD[:8], "little")
NAMES = sorted(shapes())
HEARD = np.zeros((30, COUNT), np.float32)  # more than any of them looks ahead


def attempt(path: Path) -> Weights | None:
    """What the file gives: weights that answer with gains, or None, when it was refused in words."""
    tried["weights files"] += 1
    try:
        found = weights.read(path)
    except WeightsError as refusal:
        assert str(refusal).endswith(".")
        return None
    network = found.network
    with np.errstate(all="ignore"):
        gains, _ = network.gains(HEARD, network.start())
    assert all(((part >= 0) & (part <= 1)).all() for part in gains)
    return found


def header_of(entries: dict[str, Any], tail: bytes) -> bytes:
    text = json.dumps(entries).encode(errors="surrogatepass")
    return len(text).to_bytes(8, "little") + text + tail


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights") / "denoiser.safetensors"


changes = st.lists(
    st.tuples(st.one_of(st.integers(0, HEADER), st.integers(0, len(GOOD) - 1)), st.integers(0, 255)),
    max_size=8,
)  # fmt: skip


@fuzzed(100, 800)
@given(changes, st.one_of(st.just(len(GOOD)), st.integers(0, len(GOOD))), st.binary(max_size=9))
@example([], len(GOOD), b"")
def test_flips_cuts_and_more(path: Path, changes: list[tuple[int, int]], cut: int, more: bytes) -> None:
    data = bytearray(GOOD)
    for at, value in changes:
        data[at] = value
    path.write_bytes(bytes(data[:cut]) + more)
    found = attempt(path)
    if path.read_bytes() == GOOD:
        assert found


entry = st.fixed_dictionaries(
    {},
    optional={
        "dtype": st.sampled_from(["F32", "F16", "BF16", "F64", "I8", "U64", "BOOL", "F8_E5M2", "f32", "", None, 3]),
        "shape": st.one_of(st.lists(st.integers(-1, 2**64), max_size=4), hostile.scalars),
        "data_offsets": st.one_of(st.lists(st.integers(-1, 2**64), max_size=3), hostile.scalars),
        "more": hostile.scalars,
    },
)


@fuzzed(60, 500)
@given(
    st.dictionaries(st.one_of(st.sampled_from(NAMES), hostile.texts), st.one_of(entry, hostile.values), max_size=3),
    st.one_of(st.dictionaries(st.sampled_from([*metadata()]), hostile.texts), hostile.values),
    st.integers(-3, 2**63),
)
def test_headers_that_lie(path: Path, entries: dict[str, Any], said: object, longer: int) -> None:
    """Names, types, shapes and places of tensors; the metadata; the header's own length."""
    whole = json.loads(GOOD[8:HEADER])
    whole["__metadata__"] = whole["__metadata__"] | said if isinstance(said, dict) else said
    for name, change in entries.items():
        whole[name] = whole.get(name, {}) | change if isinstance(change, dict) else change
    data = header_of(whole, GOOD[HEADER:])
    path.write_bytes(data)
    attempt(path)
    path.write_bytes(((int.from_bytes(data[:8], "little") + longer) % 2**64).to_bytes(8, "little") + data[8:])
    attempt(path)


spoilt = st.one_of(
    st.tuples(st.just("number"), st.sampled_from([np.nan, np.inf, -np.inf, 3e38, 101.0, 100.0, -100.0, 1e-45])),
    st.tuples(st.just("type"), st.sampled_from(["f2", "f4", "f8", "i1", "i8", "u4", "?"])),
    st.tuples(st.just("shape"), st.sampled_from([(0,), (1, 0), (), (-1,), (1, -1)])),
    st.tuples(st.just("longer"), st.integers(0, 3)),
    st.tuples(st.just("gone"), st.none()),
)


def spoil(tensor: Any, how: str, value: Any) -> Any:
    if how == "number":
        found = tensor.copy()
        found.flat[found.size // 2] = value
        return found
    if how == "type":
        return np.nan_to_num(tensor).astype(value)
    if how == "shape":
        return tensor.reshape(value) if -1 in value else np.zeros(value, np.float32)
    return np.concatenate([tensor, *[tensor[:1]] * value]) if how == "longer" else None


@fuzzed(100, 600)
@given(st.dictionaries(st.sampled_from(NAMES), spoilt, max_size=3), st.integers(1, 5), st.integers(1, 8))
def test_tensors_that_do_not_fit(path: Path, changes: dict[str, tuple[str, Any]], width: int, inner: int) -> None:
    """Whole files, well formed, of networks that are not."""
    found: dict[str, Any] = dict(tensors(width=width, inner=inner))
    for name, (how, value) in changes.items():
        found[name] = spoil(found[name], how, value)
    path.write_bytes(save({name: tensor for name, tensor in found.items() if tensor is not None}, metadata()))
    taken = attempt(path)
    if not changes:
        assert taken


@pytest.mark.parametrize("size", [MAX_BYTES, MAX_BYTES + 1, 1 << 40])
def test_sizes(path: Path, size: int) -> None:
    """Sparse files: a terabyte takes no room, unless somebody reads it."""
    with path.open("wb") as file:
        file.write((size - 8).to_bytes(8, "little") + b"{")
        file.truncate(size)
    assert attempt(path) is None
    path.unlink()


@fuzzed(60, 300)
@given(st.one_of(hostile.texts, hostile.plain, st.from_regex(r"\w{1,3}/[\w.-]{1,5}@[0-9a-f]{39,41}", fullmatch=True)))
def test_names_of_repositories(text: str) -> None:
    tried["weights files"] += 1
    try:
        found = hub.configured({hub.VARIABLE: text})
    except WeightsError as refusal:
        assert not text.isprintable() or len(text) < 8 or text not in str(refusal)
        return
    if found is not None:
        assert str(found) == text.strip()
        assert ".." not in found.name and found.name.count("/") == 1 and len(found.revision) == 40


@pytest.mark.parametrize("content", [b"", GOOD[:-1], b"\xff" * 100, None], ids=["empty", "cut", "garbage", "not there"])
def test_without_bundled_weights_the_denoiser_is_off(
    path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    tried["weights files"] += 1
    monkeypatch.setattr(weights, "BUNDLED", path)
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)
    weights.bundled.cache_clear()
    try:
        found = chosen._choose()
    finally:
        weights.bundled.cache_clear()
    assert found.weights is None
    assert [warning.startswith("The neural denoiser is off: ") for warning in found.warnings] == [True]
