from __future__ import annotations

import concurrent.futures

import numpy as np
import pytest

from pipeline import PRESETS, Audio, Cancelled, Settings, enhance
from pipeline.dsp.decibels import amplitude_db
from pipeline.loudness.meter import loudness
from pipeline.loudness.true_peak import true_peak
from pipeline.settings import Dehum, Denoise, Loudness, Mix, Tone
from tests.pipeline.signals import noise, speech_like

RATE = 16_000


def recording(rate: int = RATE, channels: int = 1, seconds: float = 4.0) -> Audio:
    speech = speech_like(rate, seconds)
    return Audio(speech + noise(channels, speech.shape[1], -45), rate)


def power_db(x: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(x, dtype=np.float64))))


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_makes_noisy_speech_cleaner(preset: str) -> None:
    result = enhance(recording(), PRESETS[preset])
    before, after = result.report.before, result.report.after
    assert before.snr_db is not None
    assert after.snr_db is not None
    assert after.snr_db > before.snr_db + 4


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_rate_channels_and_length_stay(rate: int, channels: int) -> None:
    audio = recording(rate, channels, 1.0)
    kept = audio.samples.copy()
    result = enhance(audio)
    assert result.audio.sample_rate == rate
    assert result.audio.samples.shape == audio.samples.shape
    assert result.audio.samples.dtype == np.float32
    assert np.array_equal(audio.samples, kept)


def test_the_result_is_aligned_with_the_recording() -> None:
    audio = recording()
    y = enhance(audio).audio.samples[0]
    correlation = np.fft.irfft(np.fft.rfft(y) * np.conj(np.fft.rfft(audio.samples[0])))
    assert int(np.argmax(correlation)) == 0


def test_loudness_and_ceiling_are_those_asked_for() -> None:
    y = enhance(recording(), Settings(loudness=Loudness(True, -18.0, -2.0))).audio
    assert loudness(y.samples, RATE) == pytest.approx(-18, abs=0.3)
    assert amplitude_db(true_peak(y.samples)) <= -2.0


def test_all_off_is_identity() -> None:
    off = Settings(dehum=Dehum(0.0), denoise=Denoise(0.0), tone=Tone(0.0), loudness=Loudness(False))
    audio = recording()
    assert np.array_equal(enhance(audio, off).audio.samples, audio.samples)


def test_repair_that_finds_nothing_changes_nothing_after_it() -> None:
    with_, without = (enhance(recording(), Settings(dehum=Dehum(strength))) for strength in (30.0, 0.0))
    assert with_.report.before.hum_hz is None
    np.testing.assert_allclose(with_.audio.samples, without.audio.samples, atol=1e-5)


def test_dry_is_the_original_and_a_quarter_is_nearer_to_it() -> None:
    audio = recording()
    plain = Loudness(False)
    dry, quarter, wet = (
        enhance(audio, Settings(mix=Mix(percent), loudness=plain)).audio.samples for percent in (0.0, 25.0, 100.0)
    )
    assert np.array_equal(dry, audio.samples)
    np.testing.assert_allclose(quarter, 0.75 * audio.samples + 0.25 * wet, atol=1e-6)
    assert np.abs(wet - dry).max() > 0.01


@pytest.mark.parametrize("n", [1, 10, 500, 1_600])
def test_very_short_recordings(n: int) -> None:
    result = enhance(Audio(noise(1, n), RATE))
    assert result.audio.samples.shape == (1, n)
    assert np.isfinite(result.audio.samples).all()


def test_silence_stays_silence() -> None:
    result = enhance(Audio(np.zeros((2, RATE), np.float32), RATE))
    assert not result.audio.samples.any()
    assert result.report.after.lufs is None


def test_a_full_scale_square_wave_comes_through() -> None:
    x = np.sign(np.sin(2 * np.pi * 220 * np.arange(RATE * 2) / RATE)).astype(np.float32)
    y = enhance(Audio(x, RATE)).audio.samples
    assert np.isfinite(y).all()
    assert amplitude_db(true_peak(y)) <= -1.0


def test_progress_rises_from_nothing_to_done() -> None:
    seen: list[tuple[float, str]] = []
    enhance(recording(), progress=lambda fraction, text: seen.append((fraction, text)))
    fractions = [fraction for fraction, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert len({text for _, text in seen}) >= 4


@pytest.mark.parametrize("after", [0, 1, 5, 12])
def test_cancel_stops_at_the_next_block(after: int) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    with pytest.raises(Cancelled):
        enhance(recording(seconds=8), cancelled=cancelled)
    assert asked == after + 1


def test_two_threads_get_what_one_gets() -> None:
    audio = recording()
    alone = enhance(audio).audio.samples
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for together in pool.map(lambda _: enhance(audio).audio.samples, range(8)):
            assert np.array_equal(together, alone)


# So loud that the limiter has something to do: elsewhere the sound is not read to find its gain.
LIMITED = Settings(loudness=Loudness(target_lufs=-9.0, ceiling_dbtp=-3.0))
WORDS = ("Measuring the recording", "Removing noise", "Setting the loudness", "Writing the result")


@pytest.mark.parametrize("phase", WORDS)
def test_every_pass_can_be_cancelled_in_its_middle(phase: str) -> None:
    """Not only where the next one begins: each is as long as the recording."""
    said: list[str] = []

    def cancelled() -> bool:
        return said.count(phase) >= 2

    with pytest.raises(Cancelled):
        enhance(recording(seconds=8), LIMITED, progress=lambda _, text: said.append(text), cancelled=cancelled)
    assert said[-1] == phase
    assert said.count(phase) == 2


def test_every_pass_has_its_share_of_the_progress() -> None:
    seen: dict[str, list[float]] = {}
    enhance(recording(seconds=20), LIMITED, progress=lambda fraction, text: seen.setdefault(text, []).append(fraction))
    assert tuple(seen) == (*WORDS, "Done")
    assert [fractions[0] for fractions in seen.values()] == [0.0, 0.30, 0.81, 0.84, 1.0]
    assert all(len(fractions) > 5 for text, fractions in seen.items() if text != "Done")
    assert max(seen["Removing noise"]) > 0.6
    assert max(seen["Writing the result"]) > 0.98


@pytest.mark.parametrize(
    ("noise_dbfs", "asked_db", "told"),
    [(-60, 20, ""), (-60, 22, "12 dB"), (-60, 60, "32 dB"), (-20, 60, "")],
    ids=["a little less", "10 dB less", "by hand", "a noisy one"],
)
def test_less_noise_reduction_than_asked_for_is_told_from_10_db_on(noise_dbfs: int, asked_db: int, told: str) -> None:
    audio = Audio(speech_like(RATE, 4.0) + noise(1, 4 * RATE, noise_dbfs), RATE)
    notes = enhance(audio, Settings(denoise=Denoise(float(asked_db)))).report.notes
    said = [note for note in notes if "enough" in note]
    assert len(said) == bool(told)
    assert told in "".join(said)
