"""The neural denoiser: what must hold whatever its weights are, and what must hold of the bundled ones."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import fftconvolve, resample_poly, stft

from benchmarks.metrics.eaten import eaten_cells
from pipeline.audio import Samples
from pipeline.neural.bands import centres_hz
from pipeline.neural.network import Gains, State
from pipeline.neural.weights import bundled
from pipeline.stages.denoise.choice import is_noisy
from pipeline.stages.denoise.neural import stage
from pipeline.stream.stage import Stage, run, run_whole, split
from tests.pipeline.signals import noise, sine, speech_like

HERE = Path(__file__).parents[2] / "neural"
RATES = (8_000, 16_000, 22_050, 44_100, 48_000, 96_000)


def denoiser(rate: int, channels: int = 1, strength_db: float = 40.0, noisy: bool = True) -> Stage:
    return stage(bundled().network, strength_db, rate, channels, noisy=noisy)


def speech(rate: int) -> Samples:
    """(1, n): a recorded sentence, almost free of noise; what is made of sines is not speech to the network."""
    x, native = soundfile.read(HERE / "speech.flac", dtype="float32")
    ratio = Fraction(rate, native)
    return resample_poly(x, ratio.numerator, ratio.denominator).astype(np.float32)[None]


def level_db(x: Samples) -> float:
    return float(10 * np.log10(np.mean(x.astype(np.float64) ** 2) + 1e-30))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_keeps_shape_and_input_and_is_finite(rate: int, channels: int) -> None:
    for n in (0, 1, 2, 37, rate // 50, rate // 3, rate):
        x = noise(channels, n) if n else np.zeros((channels, 0), np.float32)
        before = x.copy()
        y = run_whole(denoiser(rate, channels), x)
        assert y.shape == x.shape
        assert y.dtype == np.float32
        assert np.isfinite(y).all()
        assert np.array_equal(x, before)


@pytest.mark.parametrize("block", [1, 997, 8_192, 10**6])
def test_blocks_equal_whole(block: int) -> None:
    x = speech_like(8_000, 3.0) + noise(1, 24_000, -40.0)
    pieces = np.concatenate(list(run(denoiser(8_000), split(x, block))), axis=1)
    np.testing.assert_allclose(pieces, run_whole(denoiser(8_000), x), atol=1e-6)


def test_a_run_leaves_no_trace() -> None:
    x, one = speech_like(8_000, 2.0) + noise(1, 16_000, -40.0), denoiser(8_000)
    assert np.array_equal(run_whole(one, x), run_whole(one, x))


@pytest.mark.parametrize("rate", RATES)
def test_silence_stays_silence(rate: int) -> None:
    assert not run_whole(denoiser(rate), np.zeros((1, rate), np.float32)).any()


@pytest.mark.parametrize("rate", RATES)
def test_with_no_strength_it_is_the_identity(rate: int) -> None:
    x = speech_like(rate, 1.5) + noise(1, rate * 3 // 2, -40.0)
    np.testing.assert_allclose(run_whole(denoiser(rate, 1, 0.0), x), x, atol=2e-6)


@pytest.mark.parametrize("strength_db", [6.0, 20.0])
def test_strength_is_the_most_that_is_taken(strength_db: float) -> None:
    x = noise(1, 160_000, -30.0)
    lost = level_db(x[:, 80_000:]) - level_db(run_whole(denoiser(16_000, 1, strength_db), x)[:, 80_000:])
    assert strength_db - 1.5 < lost < strength_db + 0.1


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize(("noisy", "most_db"), [(False, 6.6), (True, 27.6)])
def test_where_no_voice_is_the_rumble_filter_decides(rate: int, noisy: bool, most_db: float) -> None:
    """Below 47 Hz at most 6 dB are taken of what may be a clean recording's own, 15 and 12 of a noisy one; what is far
    above the level, and all that is an octave and more higher, is taken.
    """
    seconds = 6
    hiss, t = noise(1, seconds * rate, -40.0), np.arange(seconds * rate) / rate
    cases = ((24.0, 0.001, most_db - 7.2, most_db), (30.0, 0.05, 7, 40.5), (600.0, 0.05, 25, 40.5))
    for frequency, amplitude, least, most in cases:
        hum = (amplitude * np.sin(2 * np.pi * frequency * t)).astype(np.float32)[None]
        y = run_whole(denoiser(rate, noisy=noisy), hum + hiss)[0, rate:-rate]
        there = np.abs(np.mean(y * np.exp(-2j * np.pi * frequency * t[rate:-rate])))
        assert least < -20 * np.log10(2 * there / amplitude) < most


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
def test_speech_comes_out_of_noise(rate: int) -> None:
    clean = speech(rate)
    added = noise(1, clean.shape[1], level_db(clean) - 5)
    error = run_whole(denoiser(rate), clean + added) - clean
    assert level_db(error) < level_db(added) - 6


@pytest.mark.parametrize("rate", RATES)
def test_clean_speech_stays_as_it_is(rate: int) -> None:
    clean = speech(rate)
    assert level_db(run_whole(denoiser(rate), clean) - clean) < level_db(clean) - 18


@pytest.mark.parametrize("snr_db", [10.0, 20.0])
def test_speech_is_not_eaten(snr_db: float) -> None:
    """Of the cells where speech is within 30 dB of its peak and above the noise, under 1 % lose more than 10 dB."""
    clean = speech(16_000)
    noisy = clean + noise(1, clean.shape[1], level_db(clean) - snr_db)
    eaten, cells = eaten_cells(run_whole(denoiser(16_000), noisy)[0], noisy[0], clean[0], 16_000)
    assert cells > 500
    assert eaten / cells < 0.01


def test_the_band_above_8_khz_is_kept() -> None:
    """Of clean speech, and of speech in noise that reaches as high (louder is possible: noise is left over)."""
    clean = speech(48_000)
    noisy = clean + noise(1, clean.shape[1], level_db(clean) - 25)
    for x in (clean, noisy):
        above = [level_db(_above_8_khz(y)) for y in (clean, run_whole(denoiser(48_000), x))]
        assert above[1] > above[0] - 3


def _above_8_khz(x: Samples) -> Samples:
    spectrum = np.fft.rfft(x)
    spectrum[:, : round(8_000 / 48_000 * x.shape[1])] = 0
    return np.fft.irfft(spectrum, x.shape[1]).astype(np.float32)


def test_quiet_words_after_loud_ones_stay() -> None:
    words = speech(16_000)
    x = np.concatenate((words, words * np.float32(0.1)), axis=1)
    out = run_whole(denoiser(16_000), x + noise(1, x.shape[1], level_db(words) - 45))
    second = slice(words.shape[1], None)
    assert level_db(out[:, second]) > level_db(x[:, second]) - 1.5


def test_output_is_aligned_with_input() -> None:
    clean = speech(16_000)[0]
    out = run_whole(denoiser(16_000), clean[None] + noise(1, clean.size, -50.0))[0]
    lags = range(-40, 41)
    products = [float(np.dot(clean[100:-100], np.roll(out, -lag)[100:-100])) for lag in lags]
    assert lags[int(np.argmax(products))] == 0


def test_level_does_not_matter() -> None:
    x = speech(16_000)
    x = x + noise(1, x.shape[1], level_db(x) - 12)
    loud, quiet = (run_whole(denoiser(16_000), x * np.float32(gain)) / np.float32(gain) for gain in (1.0, 0.05))
    np.testing.assert_allclose(loud, quiet, atol=2e-3)


def test_digital_silence_before_the_sound_does_not_matter() -> None:
    rate = 16_000
    x = speech(rate) + noise(1, speech(rate).shape[1], -40)
    unit = 64 * 256  # whole units, so that the frames lie the same
    alone = run_whole(denoiser(rate), x)
    after = run_whole(denoiser(rate), np.pad(x, ((0, 0), (4 * unit, 0))))[:, 4 * unit :]
    np.testing.assert_allclose(after, alone, atol=1e-6)


def test_all_channels_get_one_gain() -> None:
    """The image stays: where a channel is twice the other, it is so in the output."""
    x = speech_like(16_000, 2.0) + noise(1, 32_000, -36.0)
    y = run_whole(denoiser(16_000, 2), np.concatenate((x, 2 * x)))
    np.testing.assert_allclose(y[1], 2 * y[0], atol=1e-6)


def test_a_channel_twice_is_treated_as_mono() -> None:
    x = speech_like(16_000, 2.0) + noise(1, 32_000, -36.0)
    alone = run_whole(denoiser(16_000), x)
    np.testing.assert_allclose(
        run_whole(denoiser(16_000, 2), np.repeat(x, 2, axis=0)), np.repeat(alone, 2, axis=0), atol=1e-5
    )


def test_a_long_file_does_not_drift() -> None:
    """The same ten units give the same sound, however long the file is already."""
    stretch = speech_like(8_000, 10.24) + noise(1, 81_920, -40.0)
    many = np.tile(stretch, (1, 36))
    out = run_whole(denoiser(8_000), many)
    last, before = out[:, -81_920:-8_192], out[:, -163_840:-90_112]
    np.testing.assert_allclose(last, before, atol=1e-4)


@pytest.mark.parametrize("make", [partial(sine, 440.0), partial(sine, 60.0)], ids=["tone", "hum"])
def test_steady_sounds_do_not_pump(make: partial[Samples]) -> None:
    """What the network takes for noise or not, it takes for the same throughout."""
    y = run_whole(denoiser(16_000), make(16_000, 8.0))[0, 32_000:]
    levels = [level_db(part[None]) for part in np.split(y, 12)]
    assert max(levels) - min(levels) < 6


def in_a_room(clean: Samples, t60_s: float = 0.9) -> Samples:
    """clean (1, n) at 16 kHz in a room: the direct sound, and from 5 ms on noise that dies away."""
    n = round(1.3 * t60_s * 16_000)
    room = 0.06 * np.random.default_rng(0).standard_normal(n) * 10 ** (-3 * np.arange(n) / 16_000 / t60_s)
    room[:80], room[0] = 0, 1
    return fftconvolve(clean, room[None])[:, : clean.shape[1]].astype(np.float32)


def dereverberated(x: Samples, dereverb_db: float) -> Samples:
    return run_whole(stage(bundled().network, 0.0, 16_000, 1, dereverb_db), x)


def test_dereverberation_brings_speech_nearer_to_its_dry_self() -> None:
    dry = speech(16_000)
    wet = in_a_room(dry)
    errors = [level_db(dereverberated(wet, strength_db) - dry) for strength_db in (0.0, 3.0, 12.0)]
    assert errors[0] == pytest.approx(level_db(wet - dry), abs=0.01)
    assert errors[1] < errors[0] - 1.5
    assert errors[2] < errors[0] - 2.0


@pytest.mark.parametrize("dereverb_db", [3.0, 6.0, 12.0])
def test_its_strength_is_the_most_that_is_taken_of_the_room(dereverb_db: float) -> None:
    wet = in_a_room(speech(16_000))
    before, after = (np.abs(stft(x[0], nperseg=512)[2]) for x in (wet, dereverberated(wet, dereverb_db)))
    heard = before > before.max() / 100
    taken_db = -20 * np.log10(after[heard] / before[heard])
    assert 0.85 * dereverb_db < np.percentile(taken_db, 99) < dereverb_db + 0.5


def test_noise_and_room_have_limits_of_their_own() -> None:
    """White noise is no room: what dereverberation alone takes of it stays far below what noise reduction takes."""
    x = noise(1, 80_000, -30.0)
    lost = [
        level_db(x[:, 32_000:]) - level_db(run_whole(stage(bundled().network, n, 16_000, 1, r), x)[:, 32_000:])
        for n, r in ((6.0, 0.0), (6.0, 12.0), (0.0, 12.0))
    ]
    assert lost[0] == pytest.approx(6, abs=0.7)
    assert lost[0] - 0.1 < lost[1] < 18.1
    assert lost[2] < 12.1


def test_the_latency_is_a_unit_the_look_ahead_and_a_window() -> None:
    assert denoiser(16_000).latency == 64 * 256 - 1 + 16 * 256 + 256


class Told:
    """A network that answers the same gains for every frame, whatever it hears."""

    look_ahead = 2
    recurrences = ()  # it has no layers
    deep_filter = None

    def __init__(self, kept: np.ndarray, dry: np.ndarray) -> None:
        self._gains = kept.astype(np.float32), dry.astype(np.float32)

    def start(self) -> State:
        return State(np.zeros((0, 148), np.float32), ())

    def enter(self, heard: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return heard[None], seen

    def leave(self, heard: np.ndarray) -> Gains:
        frames = heard.shape[1]
        kept, dry = (np.repeat(one[None], frames, axis=0) for one in self._gains)
        return Gains(kept, dry, np.zeros((frames, 80), np.complex64))


def taken_db(network: Told, hz: float, strength_db: float, dereverb_db: float = 0.0, rate: int = 48_000) -> float:
    """How much is taken off a tone."""
    x = sine(hz, rate, 3)
    y = run_whole(stage(network, strength_db, rate, 1, dereverb_db), x)  # type: ignore[arg-type]
    return level_db(x[:, rate:-rate]) - level_db(y[:, rate:-rate])


HZ = centres_hz()
ALL, NONE = np.ones(148), np.zeros(148)


@pytest.mark.parametrize(
    ("strength_db", "dereverb_db", "kept", "dry", "taken"),
    [
        (20.0, 0.0, ALL, ALL, 0.0),
        (20.0, 0.0, NONE, NONE, 20.0),
        (60.0, 0.0, 0.1 * ALL, NONE, 20.0),
        (20.0, 0.0, ALL, NONE, 0.0),
        (20.0, 12.0, ALL, NONE, 12.0),
        (20.0, 12.0, 0.5 * ALL, 0.25 * ALL, 12.0),
        (20.0, 12.0, 0.01 * ALL, 0.01 * ALL, 20.0),
        (0.0, 6.0, ALL, NONE, 6.0),
        (0.0, 6.0, 0.01 * ALL, 0.01 * ALL, 0.0),
    ],
)
def test_noise_and_room_are_turned_down_as_the_network_says_each_within_its_limit(
    strength_db: float, dereverb_db: float, kept: np.ndarray, dry: np.ndarray, taken: float
) -> None:
    wanted = pytest.approx(taken, abs=0.1)
    assert taken_db(Told(kept, dry), 1_000, strength_db, dereverb_db) == wanted


def test_above_8_khz_it_opens_as_far_as_from_4_to_8_khz() -> None:
    """The network alone would take a third of it away: few of the voices it knows reach so high."""
    opened = np.where((HZ >= 4_000) & (HZ < 8_000), 0.5, 0.0)
    assert taken_db(Told(opened, opened), 12_000, 40.0) == pytest.approx(6.02, abs=0.1)
    assert taken_db(Told(opened, opened), 1_000, 40.0) == pytest.approx(40, abs=0.5)
    louder = np.where(HZ >= 8_000, 0.9, opened)
    assert taken_db(Told(louder, louder), 12_000, 40.0) == pytest.approx(-20 * np.log10(0.9), abs=0.1)
    below = np.where(HZ < 4_000, 1.0, 0.0)
    assert taken_db(Told(below, below), 12_000, 40.0) == pytest.approx(40, abs=0.5)


@pytest.mark.parametrize(("hz", "taken"), [(30.0, 6.0), (100.0, 40.0)])
def test_a_rumble_no_stronger_than_the_sound_is_turned_down_by_6_db_at_most(hz: float, taken: float) -> None:
    rate = 16_000
    x = sine(hz, rate, 4, 0.02) + sine(1_000, rate, 4, 0.2)
    y = run_whole(stage(Told(NONE, NONE), 40.0, rate, 1, noisy=False), x)[0]  # type: ignore[arg-type]
    turn = np.exp(-2j * np.pi * hz * np.arange(2 * rate) / rate)
    before, after = (np.abs(np.mean(one[rate:-rate] * turn)) for one in (x[0], y))
    assert -20 * np.log10(after / before) == pytest.approx(taken, abs=1)


class Slow(Told):
    """A network without layers that keeps what is above -20 dB, against the level, and answers so many frames late."""

    def __init__(self, look_ahead: int) -> None:
        super().__init__(ALL, ALL)
        self.look_ahead = look_ahead
        self.heard: list[np.ndarray] = []

    def enter(self, heard: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:  # type: ignore[override]
        self.heard.append(heard)
        line = np.concatenate((seen, heard))
        ready = max(0, len(line) - self.look_ahead)
        return (line[None, :ready], line[ready:]) if ready else (None, line)

    def leave(self, heard: np.ndarray | None) -> Gains:
        loud = np.zeros((0, 148), np.float32) if heard is None else (heard[0].max(axis=1, keepdims=True) > -1) * ALL
        kept = loud.astype(np.float32)
        return Gains(kept, kept, np.zeros((len(kept), 80), np.complex64))


def heard_by(network: Slow, x: Samples) -> list[np.ndarray]:
    """What the network is given, unit by unit."""
    run_whole(stage(network, 40.0, 16_000, 1), x)  # type: ignore[arg-type]
    return network.heard


def test_the_network_hears_the_first_unit_backwards_before_it_hears_it() -> None:
    x = noise(1, 4 * 16_384, -30.0)
    first, *others = heard_by(Slow(2), x)
    assert len(first) == 128
    assert not any(len(other) != 64 for other in others)
    apart = first[64:] - first[:64][::-1]  # by the level, which goes on, and so the same in all bands
    assert np.ptp(apart[:, 1:100], axis=1).max() < 1e-4


def test_a_clean_recording_is_not_heard_beforehand() -> None:
    network = Slow(2)
    run_whole(stage(network, 40.0, 16_000, 1, noisy=False), noise(1, 4 * 16_384, -30.0))  # type: ignore[arg-type]
    assert {len(heard) for heard in network.heard} == {64}
    assert is_noisy(19.0)
    assert not is_noisy(20.5)  # the lowest of clean recordings
    assert not is_noisy(None)


@pytest.mark.parametrize("before", ["digital silence", "what is next to silent"])
def test_the_first_unit_is_the_first_with_a_sound(before: str) -> None:
    """And of that one only what sounds: digital silence says nothing of the noise."""
    still = np.zeros((1, 2 * 16_384), np.float32) if before == "digital silence" else noise(1, 2 * 16_384, -140.0)
    x = np.concatenate((still, np.zeros((1, 8_192), np.float32), noise(1, 3 * 16_384, -30.0)), axis=1)
    lengths = [len(heard) for heard in heard_by(Slow(2), x)]
    assert 64 + 32 <= lengths[0] <= 64 + 33
    assert set(lengths[1:]) == {64}


@pytest.mark.parametrize("look_ahead", [2, 14, 64, 65, 150])
@pytest.mark.parametrize("still", [0, 20_000])
def test_what_it_hears_beforehand_delays_no_gain(look_ahead: int, still: int) -> None:
    """Bursts stay and what is between them goes, each at its time, however late the network's answers are."""
    frame, count = 256, 260
    loud = np.arange(count) % 20 < 10
    x = noise(1, count * frame, -20.0) * np.where(np.repeat(loud, frame), 1, 0.003).astype(np.float32)
    x = np.concatenate((np.zeros((1, still), np.float32), x), axis=1)
    y = run_whole(stage(Slow(look_ahead), 40.0, 16_000, 1), x)  # type: ignore[arg-type]
    gains = (y / np.where(x == 0, 1, x))[0, still:].reshape(count, frame)
    inside = [k for k in range(count) if k % 20 in range(2, 8) or k % 20 in range(12, 18)]
    np.testing.assert_allclose(np.median(np.abs(gains[inside]), axis=1), np.where(loud, 1.0, 0.01)[inside], atol=0.1)
