"""From file to file: the same result as in memory, and nothing left behind when it fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline import PRESETS, Audio, AudioError, Cancelled, Settings, SettingsError, enhance, enhance_file, load, save
from pipeline.dsp.decibels import amplitude_db
from pipeline.loudness.meter import loudness
from pipeline.loudness.true_peak import true_peak
from pipeline.settings import Dehum, Denoise, Loudness, Mix, Tone
from tests.pipeline.measures.numbers import numbers
from tests.pipeline.signals import noise, speech_like

RATE = 16_000


def recording(channels: int = 1, seconds: float = 9.0, rate: int = RATE) -> Audio:
    speech = speech_like(rate, seconds)
    return Audio(speech + noise(channels, speech.shape[1], -45), rate)


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    path = tmp_path / "talk.wav"
    save(path, recording(2), subtype="FLOAT")
    return path


@pytest.mark.parametrize("preset", ["default", "auto", "podcast", "lecture_hall", "old_tape", "clean_only"])
def test_files_and_arrays_come_out_alike(talk: Path, tmp_path: Path, preset: str) -> None:
    target = tmp_path / "out.wav"
    report = enhance_file(talk, target, PRESETS[preset], subtype="FLOAT")
    result = enhance(load(talk), PRESETS[preset])
    written = load(target)
    assert written.sample_rate == RATE
    np.testing.assert_allclose(written.samples, result.audio.samples, atol=2e-6)
    assert numbers(report.after) == pytest.approx(numbers(result.report.after), abs=0.05)
    assert report.settings == result.report.settings


def test_what_is_written_has_the_loudness_and_keeps_the_ceiling(talk: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.flac"
    report = enhance_file(talk, target, Settings(loudness=Loudness(True, -14.0, -1.5)))
    written = load(target)
    assert loudness(written.samples, RATE) == pytest.approx(-14, abs=0.3)
    assert amplitude_db(true_peak(written.samples)) <= -1.5
    assert report.after.lufs == pytest.approx(-14, abs=0.3)


@pytest.mark.parametrize("wet_percent", [100.0, 30.0])
def test_removed_and_kept_make_up_the_recording(talk: Path, tmp_path: Path, wet_percent: float) -> None:
    target, removed = tmp_path / "out.wav", tmp_path / "removed.wav"
    settings = replace(PRESETS["clean_only"], mix=Mix(wet_percent))
    enhance_file(talk, target, settings, subtype="FLOAT", removed=removed)
    np.testing.assert_allclose(load(target).samples + load(removed).samples, load(talk).samples, atol=1e-6)
    assert np.abs(load(removed).samples).max() > 1e-4


@pytest.mark.parametrize("after", [0, 3, 10, 17])
def test_cancelled_it_leaves_nothing(talk: Path, tmp_path: Path, after: int) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > after

    before = sorted(tmp_path.iterdir())
    with pytest.raises(Cancelled):
        enhance_file(
            talk, tmp_path / "out.wav", removed=tmp_path / "removed.wav", temporary=tmp_path, cancelled=cancelled
        )
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_no_recording_and_what_cannot_be_written_are_told(talk: Path, tmp_path: Path) -> None:
    (tmp_path / "diary.wav").write_text("Dear diary")
    with pytest.raises(AudioError):
        enhance_file(tmp_path / "diary.wav", tmp_path / "out.wav")
    with pytest.raises(SettingsError, match="not known"):
        enhance_file(talk, tmp_path / "out.xyz")
    assert not list(tmp_path.glob("out*"))


def test_numbers_that_are_none_show_late_and_are_told(tmp_path: Path) -> None:
    x = recording().samples.copy()
    x[0, -2_000] = np.nan
    soundfile.write(tmp_path / "nan.wav", x.T, RATE, subtype="FLOAT")
    report = enhance_file(tmp_path / "nan.wav", tmp_path / "out.wav", PRESETS["clean_only"])
    assert report.remarks == ("1 sample was not a number and was mended.",)
    assert np.isfinite(load(tmp_path / "out.wav").samples).all()


def test_a_long_recording_ends_where_it_ended(tmp_path: Path) -> None:
    """No drift: a mark at the end of ten minutes is at the same sample afterwards."""
    n, rate = 600 * 8_000, 8_000
    with soundfile.SoundFile(tmp_path / "long.wav", "w", rate, 1, "FLOAT") as sound:
        for k in range(60):
            block = noise(1, n // 60, -60, seed=k)
            if k == 59:
                block[0, -4_000:-2_000] += 0.3 * speech_like(rate, 0.25)[0] / 0.05
            sound.write(block.T)
    quiet = Settings(denoise=Denoise(6.0), dehum=Dehum(30.0), tone=Tone(0.0), loudness=Loudness(False))
    enhance_file(tmp_path / "long.wav", tmp_path / "out.wav", quiet, subtype="FLOAT")
    x, y = (load(tmp_path / name).samples[0] for name in ("long.wav", "out.wav"))
    assert x.size == y.size == n
    a, b = x[-8_000:], y[-8_000:]
    lag = np.fft.irfft(np.fft.rfft(b, 16_384) * np.conj(np.fft.rfft(a, 16_384)))
    assert int(np.argmax(lag)) == 0


def test_result_and_removed_need_two_names(talk: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.wav"
    (tmp_path / "link").symlink_to(tmp_path)
    for removed in (target, tmp_path / "link" / "out.wav", f"{tmp_path}/./out.wav"):
        with pytest.raises(SettingsError, match="same file"):
            enhance_file(talk, target, removed=removed)
    assert not target.exists()


def test_a_wrong_suffix_of_removed_is_told_before_the_work(talk: Path, tmp_path: Path) -> None:
    def never(fraction: float, text: str) -> None:
        raise AssertionError(text)

    with pytest.raises(SettingsError, match=r"'\.txt' is not known"):
        enhance_file(talk, tmp_path / "out.wav", removed=tmp_path / "removed.txt", progress=never)


def test_bit_rate_reaches_the_file(talk: Path, tmp_path: Path) -> None:
    sizes = []
    for kbps in (64, 128):
        enhance_file(talk, tmp_path / "out.mp3", bitrate_kbps=kbps)
        sizes.append((tmp_path / "out.mp3").stat().st_size)
    assert sizes[1] == pytest.approx(2 * sizes[0], rel=0.1)


def test_what_was_removed_is_encoded_as_nearly_as_its_format_can(talk: Path, tmp_path: Path) -> None:
    for suffix, subtype in ((".flac", "PCM_24"), (".wav", "FLOAT")):
        removed = tmp_path / f"removed{suffix}"
        enhance_file(talk, tmp_path / "out.wav", removed=removed, subtype="FLOAT")
        assert soundfile.info(removed).subtype == subtype
        assert soundfile.info(tmp_path / "out.wav").subtype == "FLOAT"


def test_without_a_temporary_directory_the_targets_folder_serves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, talk: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    report = enhance_file(talk, tmp_path / "out.wav")
    assert report.before.duration_s == pytest.approx(9.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.wav", "talk.wav"]
