from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import stft

from pipeline.audio import Samples
from pipeline.settings import Denoise
from pipeline.stages.denoise import spectral as module
from pipeline.stages.denoise.log_mmse import gains
from pipeline.stages.denoise.noise_psd import track
from pipeline.stages.denoise.spectral import denoise, stage
from pipeline.stream.stage import run, split
from tests.pipeline.signals import noise, sine, speech_like

RATES = (8_000, 11_025, 16_000, 44_100, 48_000, 96_000, 192_000)


def snr_db(clean: Samples, x: Samples) -> float:
    """Of x against clean, up to a gain."""
    a, b = clean.astype(np.float64).ravel(), x.astype(np.float64).ravel()
    target = (a @ b) / (a @ a) * a
    return float(10 * np.log10((target @ target) / ((b - target) @ (b - target))))


def level_db(x: Samples) -> float:
    return float(10 * np.log10(np.mean(x.astype(np.float64) ** 2) + 1e-30))


def noisy_speech(rate: int, duration_s: float = 4.0, level_db: float = -36.0) -> tuple[Samples, Samples]:
    clean = speech_like(rate, duration_s)
    return clean, clean + noise(1, clean.shape[1], level_db)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
def test_keeps_shape_and_input_and_is_finite(rate: int, channels: int) -> None:
    for n in (0, 1, 2, 37, rate // 50, rate // 3):
        x = noise(channels, n) if n else np.zeros((channels, 0), np.float32)
        before = x.copy()
        y = denoise(x, rate, Denoise())
        assert y.shape == x.shape
        assert y.dtype == np.float32
        assert np.isfinite(y).all()
        assert np.array_equal(x, before)


@pytest.mark.parametrize("block", [1, 997, 5_760, 8_191, 10**6])
def test_blocks_equal_whole(block: int) -> None:
    x = noisy_speech(8_000, 2.0)[1]
    pieces = np.concatenate(list(run(stage(Denoise(), 8_000, 1), split(x, block))), axis=1)
    np.testing.assert_allclose(pieces, denoise(x, 8_000, Denoise()), atol=1e-5)


def test_a_run_leaves_no_trace() -> None:
    x, one = noisy_speech(8_000, 2.0)[1], stage(Denoise(), 8_000, 1)
    first, second = (np.concatenate(list(run(one, split(x, 3_000))), axis=1) for _ in range(2))
    assert np.array_equal(first, second)


def test_off_is_a_copy() -> None:
    x = noise(2, 1_000)
    y = denoise(x, 48_000, Denoise(0.0))
    assert np.array_equal(x, y)
    assert y is not x


def test_the_stage_itself_is_the_identity_at_0_db() -> None:
    x = noisy_speech(16_000, 2.0)[1]
    pieces = np.concatenate(list(run(stage(Denoise(0.0), 16_000, 1), split(x, 4_000))), axis=1)
    np.testing.assert_allclose(pieces, x, atol=1e-6)


@pytest.mark.parametrize("rate", [8_000, 48_000])
def test_silence_stays_silence(rate: int) -> None:
    assert not denoise(np.zeros((2, 2 * rate), np.float32), rate, Denoise()).any()


@pytest.mark.parametrize(("rate", "better_db"), [(8_000, 0.5), (11_025, 2.5), (16_000, 4), (44_100, 7), (192_000, 10)])
def test_speech_comes_out_of_the_noise(rate: int, better_db: float) -> None:
    """The noise is white, so that the higher the rate, the more of it lies where the voice is not."""
    clean, x = noisy_speech(rate, 3.0)
    assert snr_db(clean, denoise(x, rate, Denoise())) > snr_db(clean, x) + better_db


def test_clean_speech_is_left_alone() -> None:
    clean = speech_like(16_000, 4.0)
    assert snr_db(clean, denoise(clean, 16_000, Denoise())) > 18


@pytest.mark.parametrize("strength_db", [6.0, 12.0, 20.0])
def test_steady_noise_sinks_by_about_the_strength(strength_db: float) -> None:
    x = noise(1, 16_000 * 6)
    sunk = level_db(x[:, 16_000:]) - level_db(denoise(x, 16_000, Denoise(strength_db))[:, 16_000:])
    assert strength_db - 6 < sunk < strength_db + 0.5


def test_more_strength_leaves_less_noise() -> None:
    x = noise(1, 16_000 * 3)
    levels = [level_db(denoise(x, 16_000, Denoise(float(s)))) for s in (3, 10, 20, 30, 40)]
    assert levels == sorted(levels, reverse=True)


def test_one_gain_for_all_channels_keeps_the_image() -> None:
    _, x = noisy_speech(16_000)
    stereo = np.concatenate((x, np.float32(0.25) * x))
    left, right = denoise(stereo, 16_000, Denoise())
    np.testing.assert_allclose(right, 0.25 * left, atol=1e-6)
    both = denoise(np.concatenate((x, x)), 16_000, Denoise())
    np.testing.assert_allclose(both, np.repeat(denoise(x, 16_000, Denoise()), 2, axis=0), atol=1e-5)


def test_the_level_of_the_recording_does_not_matter() -> None:
    _, x = noisy_speech(16_000, 2.0)
    quiet = denoise(x * np.float32(0.01), 16_000, Denoise())
    np.testing.assert_allclose(quiet * 100, denoise(x, 16_000, Denoise()), atol=1e-5)


def test_a_recording_that_begins_with_speech_keeps_its_beginning() -> None:
    clean, x = noisy_speech(16_000, 4.0)
    first = int(np.argmax(np.abs(clean[0]) > 0.02))
    clean, x = clean[:, first:], x[:, first:]
    y = denoise(x, 16_000, Denoise())
    loss = level_db(clean[:, :8_000]) - level_db(y[:, :8_000])
    assert loss < 2


def test_notes_of_music_are_not_taken_for_noise() -> None:
    rate = 16_000
    notes = [sine(f, rate, 0.4, 0.3) * np.hanning(6_400).astype(np.float32) ** 0.25 for f in (262, 330, 392, 523) * 3]
    clean = np.concatenate(notes, axis=1)
    x = clean + noise(1, clean.shape[1], -50.0)
    y = denoise(x, rate, Denoise())
    assert abs(level_db(y) - level_db(clean)) < 1


def test_gated_parts_do_not_upset_the_tracker() -> None:
    clean, x = noisy_speech(16_000, 6.0)
    gated = x.copy()
    gated[:, 16_000:32_000] = 0
    gated[:, 40_000:40_800] = 0
    y = denoise(gated, 16_000, Denoise())
    assert np.isfinite(y).all()
    assert not y[:, 17_000:31_000].any()
    assert snr_db(clean[:, 48_000:], y[:, 48_000:]) > snr_db(clean[:, 48_000:], x[:, 48_000:]) + 4


def test_silence_first_and_noisy_speech_then() -> None:
    clean, x = noisy_speech(16_000, 5.0)
    late = np.concatenate((np.zeros((1, 35_000), np.float32), x), axis=1)
    y = denoise(late, 16_000, Denoise())[:, 35_000:]
    assert snr_db(clean, y) > snr_db(clean, x) + 3


@pytest.mark.parametrize("value", [1.0, -1.0])
def test_extreme_input_gives_finite_output(value: float) -> None:
    for x in (np.full((1, 20_000), value), value * np.sign(sine(50, 16_000, 1.25))):
        assert np.isfinite(denoise(x.astype(np.float32), 16_000, Denoise(40.0))).all()


def test_the_numpy_versions_give_the_same_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    _, x = noisy_speech(16_000, 2.0)
    compiled = denoise(x, 16_000, Denoise())
    monkeypatch.setattr(module, "gains", gains.numpy_version)  # type: ignore[attr-defined]
    monkeypatch.setattr("pipeline.stages.denoise.noise_psd.track", track.numpy_version)  # type: ignore[attr-defined]
    np.testing.assert_allclose(denoise(x, 16_000, Denoise()), compiled, atol=1e-5)


def test_more_than_it_can_do_well_is_not_asked_of_it() -> None:
    x = noisy_speech(16_000, 2.0)[1]
    most = denoise(x, 16_000, Denoise(24.0))
    for strength_db in (25.0, 60.0):
        assert np.array_equal(denoise(x, 16_000, Denoise(strength_db)), most)
    assert not np.array_equal(denoise(x, 16_000, Denoise(23.0)), most)


def test_what_is_left_of_the_noise_does_not_twinkle() -> None:
    """No lone time and frequency stays loud where all around is turned down by 20 dB: that would be musical noise."""
    x = noise(1, 16_000 * 6)
    before, after = (np.abs(stft(one[0, 16_000:], nperseg=768)[2]) for one in (x, denoise(x, 16_000, Denoise(20.0))))
    loud = before > np.median(before)
    gain_db = 20 * np.log10(after[loud] / before[loud])
    assert np.median(gain_db) == pytest.approx(-19.5, abs=0.5)
    assert np.percentile(gain_db, 99.9) < -11
