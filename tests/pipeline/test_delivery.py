"""The report speaks of the file as it is written, and nothing is clipped without a word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline import Audio, Report, Settings, analyze, enhance, enhance_file, load, save
from pipeline.audio import Samples
from pipeline.dsp.decibels import amplitude_db
from pipeline.loudness.meter import loudness
from pipeline.loudness.true_peak import true_peak
from pipeline.settings import Loudness, Mix, Tone
from tests.pipeline.signals import noise, speech_like

RATE = 48_000
OFF = Loudness(normalize=False)
FORMATS = [".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a"]
LOSSY = [".mp3", ".ogg", ".opus", ".m4a"]


def only(params: Loudness) -> Settings:
    return replace(Settings.nothing(), loudness=params)


def uneven(rate: int = RATE, seconds: float = 3.0) -> Samples:
    """(1, n): speech whose level jumps, so that the limiter has work to do at each word."""
    x = speech_like(rate, seconds)
    steps = np.random.default_rng(3).uniform(-12, 8, round(4 * seconds))
    y = x * np.repeat(10 ** (steps / 20), rate // 4)[: x.shape[1]]
    return (y + noise(1, x.shape[1], -65)).astype(np.float32)


def hot(path: Path, peak_db: float = 18.0, rate: int = RATE) -> Path:
    """A float recording with peaks far over 0 dBFS."""
    x = uneven(rate, 2.0)
    soundfile.write(path, (x * 10 ** (peak_db / 20) / np.abs(x).max()).T, rate, subtype="FLOAT")
    return path


@pytest.mark.parametrize("rate", [16_000, 48_000])
@pytest.mark.parametrize("suffix", LOSSY)
def test_lossy_files_have_the_loudness_and_keep_the_ceiling(tmp_path: Path, suffix: str, rate: int) -> None:
    """As who plays them hears it."""
    save(tmp_path / "in.wav", Audio(uneven(rate), rate))
    report = enhance_file(tmp_path / "in.wav", tmp_path / f"x{suffix}", only(Loudness(True, -14.0, -1.0)))
    back = load(tmp_path / f"x{suffix}")
    assert loudness(back.samples, back.sample_rate) == pytest.approx(-14, abs=0.12)
    assert amplitude_db(true_peak(back.samples)) <= -1.0
    assert report.notes == ()


@pytest.mark.parametrize(
    ("suffix", "params"),
    [*((suffix, Loudness(True, -12.0, -1.0)) for suffix in FORMATS), (".wav", OFF), (".flac", OFF), (".mp3", OFF)],
)
def test_the_report_measures_the_file(tmp_path: Path, suffix: str, params: Loudness) -> None:
    save(tmp_path / "in.wav", Audio(uneven(), RATE), subtype="PCM_16")
    report = enhance_file(tmp_path / "in.wav", tmp_path / f"x{suffix}", only(params))
    found, told = analyze(load(tmp_path / f"x{suffix}")).as_dict(), report.after.as_dict()
    assert told["true_peak_dbtp"] == pytest.approx(found["true_peak_dbtp"], abs=0.01)
    assert told["lufs"] == pytest.approx(found["lufs"], abs=0.02)
    assert told["clipped_percent"] == found["clipped_percent"]
    assert (told["sample_rate"], told["duration_s"]) == (RATE, 3.0)


def test_16_bit_are_measured_with_their_dither(tmp_path: Path) -> None:
    """A pause of nothing, lowered a little, is the dither's noise in the file."""
    x = np.zeros((1, 2 * RATE), np.float32)
    x[:, :RATE] = uneven(RATE, 1.0)
    x[:, RATE:] = 2e-6 * np.sign(np.sin(np.arange(RATE)))
    save(tmp_path / "in.wav", Audio(x, RATE), subtype="FLOAT")
    floors = []
    for subtype in ("PCM_16", "FLOAT"):
        report = enhance_file(tmp_path / "in.wav", tmp_path / "x.wav", only(OFF), subtype=subtype)
        floors.append(report.after.noise_floor_dbfs)
    assert floors[0] == pytest.approx(amplitude_db(2**-15 / 2), abs=1.0)
    assert floors[1] is None or floors[1] < -110


WAYS = {
    "off": only(OFF),
    "mix": replace(Settings.nothing(), loudness=OFF, mix=Mix(50.0)),
    "tone": replace(Settings.nothing(), loudness=OFF, tone=Tone(0.0, 6.0, 6.0)),
}


@pytest.mark.parametrize(
    ("suffix", "way"), [*((".wav", way) for way in WAYS), *((suffix, "off") for suffix in FORMATS[1:])]
)
def test_what_is_beyond_full_scale_is_lowered_and_told(tmp_path: Path, suffix: str, way: str) -> None:
    source = hot(tmp_path / "in.wav")
    encoding = {"subtype": "PCM_24"} if suffix == ".wav" else {}
    report = enhance_file(source, tmp_path / f"x{suffix}", WAYS[way], **encoding)
    y = load(tmp_path / f"x{suffix}").samples
    assert np.abs(y).max() <= 1
    assert report.after.clipped_percent == 0
    (note,) = report.notes
    assert note.startswith(f"Lowered by {-report.gain_db:.1f} dB: ")
    if suffix in (".wav", ".flac"):
        assert amplitude_db(true_peak(y)) == pytest.approx(-1.0, abs=0.01)
    if suffix == ".wav" and way == "off":
        x = soundfile.read(source, dtype="float32", always_2d=True)[0].T
        np.testing.assert_allclose(y, x * 10 ** (report.gain_db / 20), atol=1e-6)


def test_a_wav_of_floats_holds_them_as_they_are(tmp_path: Path) -> None:
    report = enhance_file(hot(tmp_path / "in.wav"), tmp_path / "x.wav", only(OFF))
    assert soundfile.info(tmp_path / "x.wav").subtype == "FLOAT"  # as the recording is
    assert np.array_equal(load(tmp_path / "x.wav").samples, load(tmp_path / "in.wav").samples)
    assert report.notes == ()
    assert report.after.true_peak_dbtp == pytest.approx(18.3, abs=0.4)
    assert enhance(load(tmp_path / "in.wav"), only(OFF)).report.notes == ()


def test_full_scale_itself_is_left_alone(tmp_path: Path) -> None:
    """A loud recording of 16 bit, between whose samples there are peaks over 0 dBFS: bit by bit the same."""
    x = np.sign(np.sin(np.arange(RATE) * 0.7))[np.newaxis].astype(np.float32)
    soundfile.write(tmp_path / "in.wav", (x * 32767).astype(np.int16).T, RATE)
    report = enhance_file(tmp_path / "in.wav", tmp_path / "x.wav", only(OFF))
    assert report.after.true_peak_dbtp is not None
    assert report.after.true_peak_dbtp > 0
    assert (tmp_path / "x.wav").read_bytes() == (tmp_path / "in.wav").read_bytes()


def test_a_lossy_file_that_would_clip_where_it_is_played_is_lowered(tmp_path: Path) -> None:
    """Its own samples are not beyond full scale; what the decoder makes of them is."""
    x = np.clip(8 * uneven(), -1, 1)
    soundfile.write(tmp_path / "in.wav", (x * 32767).astype(np.int16).T, RATE)
    report = enhance_file(tmp_path / "in.wav", tmp_path / "x.mp3", only(OFF), bitrate_kbps=64)
    assert np.abs(load(tmp_path / "x.mp3").samples).max() <= 1
    (note,) = report.notes
    assert "played" in note
    assert report.gain_db < 0


def removed_of(tmp_path: Path, name: str) -> Report:
    source = hot(tmp_path / "in.wav")
    settings = replace(Settings.nothing(), loudness=Loudness(), tone=Tone(0.0, -6.0, -6.0))
    return enhance_file(source, tmp_path / "x.wav", settings, removed=tmp_path / name)


def test_what_was_removed_is_told_where_it_is_clipped(tmp_path: Path) -> None:
    assert [note for note in removed_of(tmp_path, "r.flac").notes if "What was removed" in note]
    assert not [note for note in removed_of(tmp_path, "r.wav").notes if "What was removed" in note]


@pytest.mark.parametrize(
    ("subtype", "suffix", "written"),
    [
        ("PCM_U8", ".wav", "PCM_16"),
        ("PCM_16", ".wav", "PCM_16"),
        ("PCM_16", ".flac", "PCM_16"),
        ("PCM_24", ".wav", "PCM_24"),
        ("PCM_24", ".flac", "PCM_24"),
        ("PCM_32", ".wav", "PCM_24"),
        ("FLOAT", ".wav", "FLOAT"),
        ("DOUBLE", ".wav", "FLOAT"),
        ("FLOAT", ".flac", "PCM_24"),
        ("ULAW", ".wav", "PCM_24"),
    ],
)
def test_the_depth_follows_the_recording(tmp_path: Path, subtype: str, suffix: str, written: str) -> None:
    soundfile.write(tmp_path / "in.wav", noise(1, RATE // 2).T, RATE, subtype=subtype)
    enhance_file(tmp_path / "in.wav", tmp_path / f"x{suffix}", only(OFF))
    assert soundfile.info(tmp_path / f"x{suffix}").subtype == written
    enhance_file(tmp_path / "in.wav", tmp_path / f"y{suffix}", only(OFF), subtype="PCM_16")
    assert soundfile.info(tmp_path / f"y{suffix}").subtype == "PCM_16"


def test_of_a_lossy_recording_24_bit_are_written(tmp_path: Path) -> None:
    save(tmp_path / "in.mp3", Audio(noise(1, RATE // 2), RATE))
    enhance_file(tmp_path / "in.mp3", tmp_path / "x.wav", only(OFF))
    assert soundfile.info(tmp_path / "x.wav").subtype == "PCM_24"


def test_what_is_too_quiet_to_be_measured_is_raised_as_far_as_anything_is(tmp_path: Path) -> None:
    """Below -70 LUFS, where BS.1770 knows no loudness, there may be speech still."""
    loud = speech_like(RATE, 3.0)
    reports = []
    for lufs in (-69.0, -80.0):
        gain = 10 ** ((lufs - (loudness(loud, RATE) or 0)) / 20)
        reports.append(enhance(Audio(gain * loud, RATE), only(Loudness())).report)
    assert [report.gain_db for report in reports] == [40.0, 40.0]
    assert all(len(report.notes) == 1 for report in reports)
    nothing = enhance(Audio(np.zeros((1, RATE), np.float32), RATE), only(Loudness()))
    assert not nothing.audio.samples.any()


@pytest.mark.parametrize("offsets", [(0.03, 0.0), (-0.03,), (0.01, -0.03), (0.03, 0.03)])
def test_a_dc_offset_is_reported(offsets: tuple[float, ...]) -> None:
    """That of the channel that is worst."""
    x = np.concatenate([noise(1, RATE, -40) + np.float32(offset) for offset in offsets])
    report = enhance(Audio(x, RATE), only(OFF)).report
    assert report.before.dc_offset_percent == pytest.approx(3.0, abs=0.01)
    assert ("DC offset", "3.00 %", "3.00 %") in report.rows()
    assert any(sentence.startswith("A DC offset of 3.0 %") for sentence in report.advice)


def test_what_has_no_dc_offset_is_told_none() -> None:
    clean = analyze(Audio(noise(1, RATE, -40), RATE))
    assert clean.dc_offset_percent < 0.05
    assert not clean.offset
