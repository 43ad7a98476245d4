"""The deep filter against what PyTorch answers, its kernels against NumPy, and what it makes of a stream."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load, load_file, save

from pipeline.dsp.stft import Stft
from pipeline.neural import weights
from pipeline.neural.deep_filter import BINS, MOST, PAST, TAPS, DeepFilter, bands_of_bins, corrections, signs
from pipeline.neural.deep_filter_kernels import around, filtered, neighbourhoods, silu
from pipeline.neural.features import LOWEST
from pipeline.neural.network import Gains, Network
from pipeline.neural.weights import parse, read
from pipeline.stages.denoise.correction import RUMBLE_BINS, Correction
from pipeline.stages.denoise.gain_steps import from_steps, to_steps
from pipeline.stages.denoise.neural import stage
from pipeline.stream.stage import run, run_whole, split
from tests.pipeline.neural.weights_files import DEEP_FILTER, metadata
from tests.pipeline.signals import noise, sine

HERE = Path(__file__).parent
KNOWN = load_file(HERE / "activations.safetensors")
NOISY = KNOWN["noisy_real"] + 1j * KNOWN["noisy_imag"]
ADDED = KNOWN["added_real"] + 1j * KNOWN["added_imag"]
RATE, SIZE = 16_000, 512
Line = NDArray[np.complex64]


@pytest.fixture(scope="module")
def network() -> Network:
    return read(HERE / "network.safetensors").network


def filter_of(network: Network) -> DeepFilter:
    assert network.deep_filter is not None
    return network.deep_filter


def last_layer(network: Network) -> tuple[Gains, NDArray[np.float32]]:
    """The gains of all 40 frames, and what leaves the last layer."""
    ahead = np.full((network.look_ahead, 148), LOWEST, np.float32)
    state = network.start()
    x, _ = network.enter(np.concatenate((KNOWN["features"], ahead)), state.seen)
    for number, layer in enumerate(state.layers):
        x, _ = network.layer(number, x, layer)
    assert x is not None
    return network.leave(x), x


@pytest.mark.parametrize("cuts", [(), (1, 2, 3), (5, 6, 30), tuple(range(1, 40))], ids=str)
def test_what_is_added_is_what_was_trained(network: Network, cuts: tuple[int, ...]) -> None:
    gains, x = last_layer(network)
    correction = Correction(filter_of(network), Stft(SIZE // 2, 2), RATE)
    silent = np.zeros((2, 257), np.complex64)  # of the frames after the end
    line: Line = np.concatenate((NOISY.astype(np.complex64), silent))[None]
    padded = [np.concatenate((one, np.zeros_like(one[:2]))) for one in gains]
    tokens = np.concatenate((x, np.zeros_like(x[:, :2])), axis=1)
    found, pending = [], correction.start()
    for start, stop in pairwise((0, *cuts, 42)):
        part = Gains(*(one[start:stop] for one in padded))
        ready, pending = correction.step(part, tokens[:, start:stop], line[:, :stop], 1.0, pending)
        found.append(ready)
    added = np.concatenate([part.added for part in found])
    meant = ADDED / NOISY[:, :BINS]
    meant = np.clip(meant.real, -MOST, MOST) + 1j * np.clip(meant.imag, -MOST, MOST)
    assert (np.abs(meant[:, RUMBLE_BINS:]) > 0.3).mean() > 0.5
    np.testing.assert_allclose(added[:, RUMBLE_BINS:], meant[:, RUMBLE_BINS:], atol=1e-4)
    assert not added[:, :RUMBLE_BINS].any()
    for name in ("kept", "dry"):
        np.testing.assert_array_equal(np.concatenate([getattr(part, name) for part in found]), getattr(gains, name))


@pytest.mark.parametrize("level", [1e-3, 1.0, 1e3])
def test_kernels_equal_their_numpy_versions(level: float) -> None:
    rng = np.random.default_rng(3)

    def draw(*shape: int) -> NDArray[np.float32]:
        return rng.standard_normal(shape).astype(np.float32)

    def spectra(*shape: int) -> Line:
        return ((draw(*shape) + 1j * draw(*shape)) * level).astype(np.complex64)

    estimate, noisy, taps = spectra(11, BINS + 2), spectra(7, BINS), draw(7, BINS, 2 * TAPS)
    estimate[2:4] = 0  # digital silence
    inputs, answer = np.zeros((7, BINS, 3 * TAPS + 3), np.float32), np.zeros((7, BINS), np.complex64)
    calls = (
        (neighbourhoods, (estimate, draw(7, BINS + 2), signs(), inputs)),
        (filtered, (taps, estimate, signs(), noisy, np.float32(MOST), answer)),
        (silu, (draw(3, 4, 5) * np.float32(20),)),
    )
    for kernel, arguments in calls:
        ours, oracle = ([a.copy() for a in arguments] for _ in range(2))
        kernel(*ours)  # type: ignore[operator]
        kernel.numpy_version(*oracle)  # type: ignore[attr-defined]
        for a, b in zip(ours, oracle, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
            assert np.isfinite(a).all()


@pytest.mark.parametrize("hz", [500.0, 531.25, 1_000.0, 2_031.25])
def test_the_signs_make_a_steady_tone_one_phase_in_all_neighbours(hz: float) -> None:
    """But for those that are odd in both, whose sign is the other one at all frequencies."""
    stft = Stft(SIZE // 2, 2)
    spectra, _ = stft.analyze(sine(hz, RATE, 1.0)[:, : 60 * stft.hop], stft.silence(1))
    padded = np.pad(spectra[0, :, : BINS + 1], ((0, 0), (1, 0)))
    middle = around(padded, signs())[20, round(hz * SIZE / RATE)]
    odd = np.outer((0, 1, 0, 1, 0), (1, 0, 1)).ravel()
    against = middle * middle[TAPS // 2].conj() * (1 - 2 * odd)
    assert (np.abs(against) > 0.1 * np.abs(middle).max() ** 2).all()
    assert np.abs(np.angle(against)).max() < 0.1


@pytest.mark.parametrize("shift", [1, 5])
def test_only_phases_against_each_other_count(network: Network, shift: int) -> None:
    """The whole turned by any angle is answered as before; of steady sound, so is any later moment."""
    rng = np.random.default_rng(5)
    noisy = (rng.standard_normal((9, BINS)) + 1j * rng.standard_normal((9, BINS))).astype(np.complex64)
    estimate = np.pad(noisy, ((PAST, 2), (1, 1)))
    gains, tokens = np.ones((9, BINS + 2), np.float32), rng.standard_normal((20, 9, 8)).astype(np.float32)
    turn = np.complex64(np.exp(1j * shift))
    one, other = (
        corrections(filter_of(network), noisy * k, estimate * k, gains, tokens, 31.25) for k in (np.complex64(1), turn)
    )
    np.testing.assert_allclose(one, other, atol=2e-5)
    assert np.abs(one).max() > 0.3


def test_where_bins_are_closer_than_bands_the_band_at_their_frequency_counts() -> None:
    assert np.array_equal(bands_of_bins(31.25), np.arange(BINS))
    closer = bands_of_bins(44_100 / 1_440)
    assert closer[0] == 0
    assert closer[-1] == round(79 * 44_100 / 1_440 / 31.25) == 77


def with_filter(change: float = 1.0) -> Network:
    """The bundled network with a filter that does something: the small one's kind, at the bundled width."""
    found = load(weights.BUNDLED.read_bytes())
    rng = np.random.default_rng(7)
    width = found["place"].shape[1]
    shapes = {
        "enter.weight": (6, 48),
        "context.weight": (24, width),
        "context.bias": (24,),
        "place": (80, 6),
        "inner.weight": (5, 6),
        "inner.bias": (5,),
        "leave.weight": (30, 5),
        "leave.bias": (30,),
    }
    kept = {name: tensor for name, tensor in found.items() if not name.startswith(DEEP_FILTER)}
    made = {DEEP_FILTER + name: rng.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes.items()}
    made[f"{DEEP_FILTER}leave.bias"] *= np.float32(change)
    made[f"{DEEP_FILTER}leave.weight"] *= np.float32(change)
    network = weights.bundled().network
    sizes = {"ahead": network.ahead, "past": network.past, "look": network.look, "shift": network.shift}
    sizes["blocks"] = len(network.recurrences)
    return parse(save(kept | made, metadata(**{key: str(size) for key, size in sizes.items()})))


@pytest.mark.parametrize("rate", [4_000, 8_000, 22_050, 44_100, 48_000])
def test_it_works_at_every_rate_and_says_less_where_less_is_asked(rate: int) -> None:
    x = noise(1, rate, -30.0) + sine(300.0, rate, 1.0, 0.2)
    plain, strong = with_filter(0.0), with_filter()
    difference = [
        np.abs(run_whole(stage(strong, db, rate, 1), x) - run_whole(stage(plain, db, rate, 1), x)).max()
        for db in (0.0, 3.0, 40.0)
    ]
    assert difference[0] < 1e-6
    assert difference[1] < 0.6 * difference[2]
    assert difference[2] > 0.05 * np.abs(run_whole(stage(plain, 40.0, rate, 1), x)).max()


@pytest.mark.parametrize("block", [997, 8_192])
def test_blocks_equal_whole(block: int) -> None:
    network, x = with_filter(), noise(2, 40_000, -30.0) + sine(300.0, 16_000, 2.5, 0.2)
    one = stage(network, 40.0, 16_000, 2)
    pieces = np.concatenate(list(run(one, split(x, block))), axis=1)
    np.testing.assert_allclose(pieces, run_whole(one, x), atol=1e-6)


def test_channels_are_turned_alike() -> None:
    mono = noise(1, 40_000, -30.0) + sine(300.0, 16_000, 2.5, 0.2)
    y = run_whole(stage(with_filter(), 40.0, 16_000, 2), np.concatenate((mono, 0.5 * mono)))
    np.testing.assert_allclose(y[1], 0.5 * y[0], atol=1e-6)


def test_what_is_added_is_kept_in_steps_and_nothing_stays_nothing() -> None:
    rng = np.random.default_rng(1)
    added = (rng.uniform(-2.5, 2.5, (4, BINS)) + 1j * rng.uniform(-2.5, 2.5, (4, BINS))).astype(np.complex64)
    added[0] = 0
    ones = np.ones((4, 148), np.float32)
    kept = from_steps(to_steps(Gains(ones, ones, added))).added
    assert not kept[0].any()
    for part, was in ((kept.real, added.real), (kept.imag, added.imag)):
        np.testing.assert_allclose(part, was.clip(-MOST, MOST), atol=1 / 16_000)


def test_weights_without_it_have_none() -> None:
    found = load((HERE / "network.safetensors").read_bytes())
    sizes = {"past": "2", "ahead": "2", "blocks": "2", "look": "3", "shift": "2"}
    bare = {name: tensor for name, tensor in found.items() if not name.startswith(DEEP_FILTER)}
    for form in ("speech-denoiser-3", "speech-denoiser-4"):
        assert parse(save(bare, metadata(format=form, **sizes))).deep_filter is None
    assert parse(save(found, metadata(**sizes))).deep_filter is not None
