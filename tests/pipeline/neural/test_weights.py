"""What is a file of weights, and that everything else is refused with a reason, whatever it is."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from pipeline.neural import weights
from pipeline.neural.bands import COUNT
from pipeline.neural.features import LOWEST
from pipeline.neural.network import Network
from pipeline.neural.weights import WeightsError, bundled, of_bytes, parse, read
from tests.pipeline.neural.weights_files import file_of, metadata, tensors

GOOD = file_of()


def test_the_bundled_ones_are_good() -> None:
    data = weights.BUNDLED.read_bytes()
    assert bundled().source == "bundled"
    assert bundled().sha256 == hashlib.sha256(data).hexdigest()
    assert bundled().network.head.dtype == np.float32
    largest = max(float(np.abs(tensor).max()) for tensor in load(data).values())
    assert largest < weights.MAX_MAGNITUDE / 10


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_a_good_file_becomes_a_network(dtype: type) -> None:
    found = tensors()
    network = parse(file_of({name: tensor.astype(dtype) for name, tensor in found.items()}))
    assert (network.past, network.ahead, len(network.recurrences)) == (1, 1, 2)
    assert (network.look, network.shift, network.look_ahead) == (1, 2, 5)
    both = np.concatenate((found["head.weight"], found["dry.weight"])).T
    np.testing.assert_allclose(network.head, both, rtol=1e-3, atol=1e-4)
    assert network.head.flags.c_contiguous
    assert network.head.dtype == np.float32


def test_order_of_the_metadata_and_extra_tensors_do_not_matter() -> None:
    found = dict(reversed(tensors().items())) | {"unknown": np.zeros(3, np.float32)}
    assert np.array_equal(parse(file_of(found)).head, parse(GOOD).head)


@pytest.mark.parametrize("name", sorted(tensors()))
def test_every_tensor_is_needed_whole(name: str) -> None:
    """Missing, one longer, of another type, not finite, absurd: refused by name."""
    good = tensors()
    with pytest.raises(WeightsError):
        parse(file_of({key: value for key, value in good.items() if key != name}))
    for bad in (
        np.concatenate((good[name], good[name][:1])),
        good[name].astype(np.float64),
        good[name].astype(np.int8),
        good[name][None],
    ):
        with pytest.raises(WeightsError):
            parse(file_of(good | {name: bad}))
    for number in (np.nan, np.inf, -np.inf, 101.0, -101.0):
        spoilt = good[name].copy()
        spoilt.flat[-1] = number
        with pytest.raises(WeightsError, match=name.replace(".", r"\.")):
            parse(file_of(good | {name: spoilt}))


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "speech-denoiser-2"},
        {"format": ""},
        {"past": "-1"},
        {"past": "9"},
        {"ahead": "1e3"},
        {"ahead": "9" * 5000},
        {"ahead": "one"},
        {"blocks": "0"},
        {"blocks": "17"},
        {"blocks": "1000000000"},
        {"blocks": "3"},
        {"past": "2"},
        {"look": "-1"},
        {"look": "5"},
        {"look": "257"},
        {"shift": "5"},
        {"shift": "-1"},
        {"shift": "nan"},
    ],
)
def test_metadata_that_does_not_fit_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(WeightsError):
        parse(file_of(None, **changes))


@pytest.mark.parametrize(("past", "ahead"), [(9, 1), (1, 9), (-1, 3)])
def test_a_look_beyond_the_limits_is_refused_though_the_tensors_fit(past: int, ahead: int) -> None:
    with pytest.raises(WeightsError, match="out of range"):
        parse(file_of(tensors(frames=past + 1 + ahead), past=str(past), ahead=str(ahead)))


@pytest.mark.parametrize("key", ["format", "past", "ahead", "blocks", "look", "shift"])
def test_metadata_that_lacks_a_key_is_refused(key: str) -> None:
    rest = {name: value for name, value in metadata().items() if name != key}
    with pytest.raises(WeightsError):
        parse(save(tensors(), rest))


def header(content: object, tail: bytes = b"") -> bytes:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return len(text).to_bytes(8, "little") + text + tail


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        b"\0" * 64,
        b"\xff" * 64,
        b"not a file of weights",
        b"\x80\x04\x95.",  # a pickle
        GOOD[:-1],
        GOOD[: len(GOOD) // 2],
        GOOD + b"\0",
        header([]),
        header(None),
        header({}),
        header({"__metadata__": None}),
        header({"__metadata__": []}),
        header({"__metadata__": {"format": 3}}),
        header({"__metadata__": metadata()}),
        header({"__metadata__": metadata(), "place": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}, b"\0" * 4),
        header(
            {"__metadata__": metadata(), "place": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}, b"\0" * 2
        ),
        header(
            {"__metadata__": metadata(), "place": {"dtype": "F8_E4M3", "shape": [1], "data_offsets": [0, 1]}}, b"\0"
        ),
        header({"__metadata__": metadata(), "place": {"dtype": "F32", "shape": [2**62, 0], "data_offsets": [0, 0]}}),
        header({"__metadata__": metadata(), "place": {"dtype": "F32", "shape": [0, 2**62], "data_offsets": [0, 0]}}),
        header({"__metadata__": metadata(), "place": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}),
        header(b'{"__metadata__":' + b'{"a":' * 100_000),
        header(b"[" * 100_000),
        header(b'{"\xff": 1}'),
        (2**63).to_bytes(8, "little") + b"{}",
    ],
)
def test_what_is_no_file_of_weights_is_refused(data: bytes) -> None:
    with pytest.raises(WeightsError):
        parse(data)


@pytest.mark.parametrize(
    "sizes", [{"width": 257}, {"inner": 2049}, {"squeeze": 257}, {"inner": 0}, {"squeeze": 0}, {"width": 0}]
)
def test_impossible_widths_are_refused(sizes: dict[str, int]) -> None:
    with pytest.raises(WeightsError):
        parse(file_of(tensors(**({"blocks": 1} | sizes)), blocks="1"))


def test_widths_at_their_limits_are_taken() -> None:
    assert parse(file_of(tensors(width=256, blocks=1), blocks="1")).place.shape[1] == 256


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8),
    st.integers(0, len(GOOD)),
)
@example([(0, 255)], 0)
def test_spoilt_bytes_are_refused_or_taken_but_never_fatal(changes: list[tuple[int, int]], cut: int) -> None:
    """Wherever it happens: it gives a network, or a WeightsError."""
    data = bytearray(GOOD)
    for at, value in changes:
        data[at] = value
    attempt(bytes(data))
    attempt(bytes(data[:cut]))


HEADER = 8 + int.from_bytes(GOOD[:8], "little")


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, HEADER - 1), st.binary(max_size=3)), min_size=1, max_size=4))
def test_a_spoilt_header_is_refused_or_taken_but_never_fatal(changes: list[tuple[int, bytes]]) -> None:
    """The header says what everything else means: most of what can be wrong is there."""
    data = GOOD
    for at, value in changes:
        data = data[:at] + value + data[at + 1 :]
    attempt(data)
    fitting = (len(data) - (len(GOOD) - HEADER) - 8).to_bytes(8, "little", signed=True) + data[8:]
    attempt(fitting)


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(sorted(tensors())),
        st.fixed_dictionaries(
            {
                "dtype": st.sampled_from(["F32", "F16", "BF16", "F64", "I8", "BOOL", "U64", "F8_E5M2"]),
                "shape": st.lists(st.integers(-1, 2**64), max_size=4),
                "data_offsets": st.lists(st.integers(0, 2**64), min_size=2, max_size=2),
            }
        ),
        max_size=3,
    ),
    st.dictionaries(st.sampled_from(["format", "past", "ahead", "blocks", "look", "shift"]), st.text(max_size=4)),
)
def test_an_invented_header_is_never_fatal(entries: dict[str, object], said: dict[str, str]) -> None:
    attempt(header({"__metadata__": metadata() | said, **entries}, b"\0" * 64))


def attempt(data: bytes) -> None:
    try:
        assert isinstance(parse(data), Network)
    except WeightsError as refusal:
        assert str(refusal)


@pytest.mark.parametrize("seed", range(3))
def test_the_most_hostile_numbers_still_make_gains(seed: int) -> None:
    """As large as they may be, of any sign: gains between 0 and 1, and no state that grows out of float32."""
    rng = np.random.default_rng(seed)
    found = {
        name: (100 * (np.ones(tensor.shape) if seed == 0 else rng.choice((-1, 1), tensor.shape))).astype(np.float32)
        for name, tensor in tensors(width=64, inner=256, squeeze=16, blocks=8).items()
    }
    network = parse(file_of(found, blocks="8"))
    state = network.start()
    with np.errstate(all="ignore"):
        for _ in range(3):
            heard = rng.uniform(LOWEST, 8, (20, COUNT)).astype(np.float32)
            gains, state = network.gains(heard, state)
            assert all(((part >= 0) & (part <= 1)).all() for part in gains[:2])


def test_a_file_is_read_with_its_source_and_sum(tmp_path: Path) -> None:
    path = tmp_path / "some.safetensors"
    path.write_bytes(GOOD)
    found = read(path, "a/b@c")
    assert (found.source, found.sha256) == ("a/b@c", hashlib.sha256(GOOD).hexdigest())
    assert of_bytes(GOOD, "x").sha256 == found.sha256


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.truncate(weights.MAX_BYTES + 1)
    with pytest.raises(WeightsError, match="larger than the 8 MB"):
        read(path)


def test_a_file_that_is_not_there_or_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="cannot be read: No such file"):
        read(tmp_path / "none.safetensors")
    with pytest.raises(WeightsError, match="cannot be read: Is a directory"):
        read(tmp_path)
