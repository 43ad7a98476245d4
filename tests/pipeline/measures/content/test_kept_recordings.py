"""Music that is kept stays even; what is around it is cleaned as ever."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline import Audio, Settings, enhance
from pipeline.audio import Samples
from pipeline.enhancement import Result
from pipeline.measures.content.keep import Kept
from pipeline.settings import Content, Level, Loudness, Mix
from tests.pipeline.measures.content.sounds import melody
from tests.pipeline.signals import noise, speech_like

RATE = 16_000
SPEECH_S, MUSIC_S = 8.0, 10.0
PLAIN = Settings(loudness=Loudness(normalize=False))
KEEPS = replace(PLAIN, content=Content(keep_music=True))


def recording() -> Samples:
    """Speech, music, speech; noise under all."""
    x = np.concatenate(
        (speech_like(RATE, SPEECH_S), melody(RATE, MUSIC_S), speech_like(RATE, SPEECH_S, seed=2)), axis=1
    )
    both: Samples = x + noise(1, x.shape[1], -50)
    return both


X = recording()


def enhanced(settings: Settings) -> Result:
    return enhance(Audio(X, RATE), settings)


@pytest.fixture(scope="module")
def plain() -> Result:
    return enhanced(PLAIN)


@pytest.fixture(scope="module")
def kept() -> Result:
    return enhanced(KEEPS)


def music(result: Result) -> tuple[int, int]:
    """First and last sample of the one stretch of music that was found."""
    (one,) = [one for one in result.report.before.content.stretches if one.kind == "music"]
    assert one.start_s == pytest.approx(SPEECH_S, abs=1.5)
    assert one.end_s == pytest.approx(SPEECH_S + MUSIC_S, abs=1.5)
    return round(one.start_s * RATE), round(one.end_s * RATE)


def levels_db(x: Samples) -> np.ndarray:
    whole = x.shape[1] // (RATE // 2) * (RATE // 2)
    return 10 * np.log10(np.mean(x[0, :whole].reshape(-1, RATE // 2).astype(np.float64) ** 2, axis=1))


def test_kept_music_is_the_recording_itself(kept: Result) -> None:
    start, end = music(kept)
    assert np.array_equal(kept.audio.samples[:, start + 1 : end], X[:, start + 1 : end])


def test_music_that_is_not_kept_is_not(plain: Result) -> None:
    start, end = music(plain)
    change = levels_db(plain.audio.samples[:, start:end]) - levels_db(X[:, start:end])
    assert np.abs(change).max() > 3


def test_outside_nothing_differs_to_the_bit(plain: Result, kept: Result) -> None:
    share = Kept(kept.report.before.content.stretches, RATE).share(0, X.shape[1])
    assert np.mean(share == 0) > 0.1
    assert np.array_equal(plain.audio.samples[:, share == 0], kept.audio.samples[:, share == 0])
    assert np.array_equal(X[:, share == 1], kept.audio.samples[:, share == 1])


def test_with_the_leveler_the_music_is_still_even(kept: Result) -> None:
    start, end = music(kept)
    leveled = enhanced(replace(KEEPS, level=Level(12.0))).audio.samples
    assert np.array_equal(leveled[:, start + 1 : end], X[:, start + 1 : end])


def test_with_a_loudness_the_gain_is_even() -> None:
    result = enhanced(replace(KEEPS, loudness=Loudness(target_lufs=-23.0)))
    start, end = music(result)
    change = levels_db(result.audio.samples[:, start:end]) - levels_db(X[:, start:end])
    assert np.abs(change - change.mean()).max() < 1
    assert change.mean() == pytest.approx(result.report.gain_db, abs=0.5)


def test_a_dry_mix_and_music_that_is_kept_go_together(kept: Result) -> None:
    half = enhanced(replace(KEEPS, mix=Mix(50.0))).audio.samples
    start, end = music(kept)
    assert np.allclose(half[:, start + 1 : end], X[:, start + 1 : end], atol=1e-7)


def test_what_was_found_is_told(plain: Result, kept: Result) -> None:
    said = plain.report.as_dict()
    assert "music" in [one["kind"] for one in said["content"]]
    assert set(said["content"][0]) == {"kind", "start_s", "end_s"}
    assert any(sentence.startswith("Music from 0:0") for sentence in plain.report.sentences())
    assert any("with “Keep music” they stay" in sentence for sentence in plain.report.sentences())
    assert any(sentence.startswith("Kept as recorded: music") for sentence in kept.report.sentences())


def test_silence_is_said() -> None:
    result = enhance(Audio(np.zeros((1, 2 * RATE), np.float32), RATE))
    assert "The recording is silent." in result.report.sentences()
    assert not any("No speech" in sentence for sentence in result.report.sentences())


def test_music_alone_is_told_as_no_speech() -> None:
    remarks = enhance(Audio(melody(RATE, 12.0), RATE), KEEPS).report.sentences()
    assert any(sentence.startswith("No speech was found") for sentence in remarks)
