from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline import Audio, EnhancementError, SettingsError, load, save
from pipeline.files import encode
from pipeline.files.encode import ClippingWarning
from pipeline.files.formats import AudioShape, Encoding, nearest
from pipeline.files.writing.quantized import Quantizer
from pipeline.files.writing.target import remove_unfinished
from tests.pipeline.files.media import clicks, shift
from tests.pipeline.signals import noise, sine


@pytest.mark.parametrize("channels", [1, 2, 8])
@pytest.mark.parametrize(
    ("name", "subtype", "step"),
    [
        ("x.wav", "PCM_16", 2**-15),
        ("x.wav", "PCM_24", 2**-23),
        ("x.wav", "FLOAT", 0.0),
        ("x.FLAC", "PCM_16", 2**-15),
        ("x.flac", "PCM_24", 2**-23),
    ],
)
def test_lossless_formats(tmp_path: Path, channels: int, name: str, subtype: str, step: float) -> None:
    x = noise(channels, 70_000)
    save(tmp_path / name, Audio(x, 44_100), subtype=subtype)
    assert soundfile.info(tmp_path / name).subtype == subtype
    back = load(tmp_path / name)
    assert (back.sample_rate, back.samples.shape) == (44_100, x.shape)
    assert np.abs(back.samples - x).max() <= 1.51 * step  # half a step of rounding, one of dither


def test_default_is_24_bit(tmp_path: Path) -> None:
    for name in ("x.wav", "x.flac"):
        save(tmp_path / name, Audio(noise(1, 9_600), 48_000))
        assert soundfile.info(tmp_path / name).subtype == "PCM_24"


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("name", ["x.mp3", "x.ogg", "x.opus"])
def test_lossy_formats_keep_rate_length_and_place(tmp_path: Path, name: str, rate: int) -> None:
    x, _ = clicks(rate)
    audio = Audio(np.vstack([x, -x]), rate)
    if name == "x.opus" and rate in (22_050, 44_100):
        with pytest.raises(SettingsError, match="Opus does not hold"):
            save(tmp_path / name, audio)
        return
    save(tmp_path / name, audio)
    samples, found = soundfile.read(tmp_path / name, always_2d=True, dtype="float32")  # as the file says it, exactly
    assert (found, samples.T.shape) == (rate, audio.samples.shape)
    assert abs(shift(x, samples.T)) <= 1
    assert abs(load(tmp_path / name).duration_s - audio.duration_s) < 2048 / rate  # FFmpeg counts in frames


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (44_100, 2), (48_000, 6), (48_000, 8), (96_000, 1)])
def test_m4a_keeps_rate_length_and_place(tmp_path: Path, rate: int, channels: int) -> None:
    x, _ = clicks(rate)
    x = x[:, :-123]  # no whole number of frames
    save(tmp_path / "x.m4a", Audio(np.vstack([x, -x, *[0.5 * x] * (channels - 2)])[:channels], rate))
    data = (tmp_path / "x.m4a").read_bytes()
    assert data[4:12] == b"ftypM4A "
    assert data.index(b"moov") < data.index(b"mdat")  # it can be played while it arrives
    said = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=duration_ts,start_pts,sample_rate", "-of", "csv=p=0",
         tmp_path / "x.m4a"], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.split() == [f"{rate},0,{x.shape[1]}"]
    raw = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", tmp_path / "x.m4a", "-f", "f32le", "-"], capture_output=True, check=True
    )
    y = np.frombuffer(raw.stdout, np.float32).reshape(-1, channels).T
    assert 0 <= y.shape[1] - x.shape[1] < 1024  # the last frame is filled up
    assert np.abs(y[:, x.shape[1] :]).max(initial=0) < 1e-3
    for k, channel in enumerate(y[: min(2, channels)]):
        assert abs(shift(x, channel[np.newaxis] * (-1 if k else 1))) <= 1


def test_the_bit_rate_of_m4a_and_the_same_file_in_every_run(tmp_path: Path) -> None:
    audio = Audio(noise(2, 240_000), 48_000)
    for kbps in (64, 192):
        files = []
        for name in ("x.m4a", "y.m4a"):
            save(tmp_path / name, audio, bitrate_kbps=kbps)
            files.append((tmp_path / name).read_bytes())
        assert files[0] == files[1]
        assert len(files[0]) * 8 / 5 == pytest.approx(kbps * 1000, rel=0.1)


def test_bitrate_of_mp3(tmp_path: Path) -> None:
    audio = Audio(noise(2, 240_000), 48_000)
    for kbps in (64, 128, 320):
        save(tmp_path / "x.mp3", audio, bitrate_kbps=kbps)
        assert (tmp_path / "x.mp3").stat().st_size * 8 / 5 == pytest.approx(kbps * 1000, rel=0.03)


def test_beyond_full_scale_is_clipped_not_wrapped(tmp_path: Path) -> None:
    x = sine(100, 48_000, 0.2, peak=2.0)
    for name in ("x.wav", "x.flac"):
        for subtype in ("PCM_16", "PCM_24"):
            with pytest.warns(ClippingWarning, match="66 % of the samples were beyond full scale and are clipped"):
                save(tmp_path / name, Audio(x, 48_000), subtype=subtype)
            assert load(tmp_path / name).samples == pytest.approx(np.clip(x, -1, 1), abs=2**-14)
    with pytest.warns(ClippingWarning):
        save(tmp_path / "x.mp3", Audio(x, 48_000))
    assert np.abs(load(tmp_path / "x.mp3").samples).max() < 1.3
    save(tmp_path / "x.wav", Audio(x, 48_000), subtype="FLOAT")
    assert np.array_equal(load(tmp_path / "x.wav").samples, x)


def test_dither_makes_a_tone_below_one_step_audible_and_leaves_16_bit_alone(tmp_path: Path) -> None:
    faint = sine(1_000, 48_000, 2.0, peak=0.4 * 2**-15)
    save(tmp_path / "x.wav", Audio(faint, 48_000), subtype="PCM_16")
    back = load(tmp_path / "x.wav").samples
    assert float((back * faint).sum() / (faint * faint).sum()) == pytest.approx(1.0, abs=0.1)  # without: 0
    save(tmp_path / "y.wav", Audio(back, 48_000), subtype="PCM_16")
    assert np.array_equal(load(tmp_path / "y.wav").samples, back)
    save(tmp_path / "silence.wav", Audio(np.zeros((2, 99_000), np.float32), 48_000), subtype="PCM_16")
    assert not load(tmp_path / "silence.wav").samples.any()


@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.mp3", "x.ogg"])
def test_same_audio_same_file(tmp_path: Path, name: str) -> None:
    files = []
    for _ in range(2):
        save(tmp_path / name, Audio(noise(2, 70_000), 48_000), subtype="PCM_16")
        files.append((tmp_path / name).read_bytes())
    if name != "x.ogg":  # each Ogg stream has a serial number of its own
        assert files[0] == files[1]


@pytest.mark.parametrize(
    ("name", "channels", "rate", "options", "match"),
    [
        ("x.mp3", 3, 48_000, {}, "MP3 is written with one or two channels, not 3"),
        ("x.ogg", 6, 48_000, {}, "Vorbis is written with one or two channels"),
        ("x.opus", 3, 48_000, {}, "Opus is written with one or two channels, not 3"),
        ("x.mp3", 1, 96_000, {}, "MP3 does not hold 96000 Hz"),
        ("x.mp3", 1, 48_000, {"bitrate_kbps": 999.0}, "bitrate_kbps = 999 is out of range"),
        ("x.flac", 1, 48_000, {"subtype": "FLOAT"}, "FLAC holds PCM_16 or PCM_24"),
        ("x.wav", 1, 48_000, {"subtype": "PCM_8"}, "PCM_16 or PCM_24 or FLOAT"),
        ("x.m4a", 1, 11_000, {}, "AAC does not hold 11000 Hz"),
        ("x.aac", 1, 48_000, {}, "output format '.aac' is not known"),
        ("x.txt", 1, 48_000, {}, "output format '.txt' is not known"),
        ("x", 1, 48_000, {}, "output format '' is not known"),
    ],
)
def test_what_a_format_cannot_hold(
    tmp_path: Path, name: str, channels: int, rate: int, options: dict[str, str], match: str
) -> None:
    with pytest.raises(SettingsError, match=match) as caught:
        save(tmp_path / name, Audio(noise(channels, 9_600), rate), **options)  # type: ignore[arg-type]
    assert caught.value.suggestion or match in caught.value.message
    assert not list(tmp_path.iterdir())


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    audio = Audio(noise(1, 9_600), 48_000)
    (tmp_path / "folder.wav").mkdir()
    for path in (
        tmp_path / "missing" / "x.wav",
        tmp_path / "folder.wav",
        "a\0.wav",
        "/proc/x.wav",
        f"/{'x' * 300}.wav",
    ):
        with pytest.raises(EnhancementError, match=r"could not be written|more than 255 bytes") as caught:
            save(path, audio)
        assert "/" not in caught.value.message + caught.value.details
    assert [path.name for path in tmp_path.iterdir()] == ["folder.wav"]


def test_a_failure_on_the_way_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audio = Audio(noise(1, 200_000), 48_000)
    save(tmp_path / "x.wav", audio)
    old = (tmp_path / "x.wav").read_bytes()
    for fault in (OSError(28, "No space left on device"), KeyboardInterrupt()):
        monkeypatch.setattr(Quantizer, "steps", lambda *_, fault=fault: (_ for _ in ()).throw(fault))
        with pytest.raises((EnhancementError, KeyboardInterrupt)) as caught:
            save(tmp_path / "x.wav", audio)
        assert getattr(caught.value, "status", 507) == 507
        assert [path.name for path in tmp_path.iterdir()] == ["x.wav"]
        assert (tmp_path / "x.wav").read_bytes() == old


@pytest.mark.parametrize("name", ["x.wav", "x.flac", "x.mp3", "x.ogg"])
def test_full_disk(tmp_path: Path, name: str) -> None:
    """A limit on the size of files stands in for the disk."""

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    code = (
        "import sys, numpy as np; from pipeline import Audio, EnhancementError, save\n"
        "x = np.random.default_rng(0).standard_normal((2, 480_000)) * 0.1\n"
        "try: save(sys.argv[1], Audio(x, 48_000))\n"
        "except EnhancementError as error: print(error.message)"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, tmp_path / name],
        capture_output=True, text=True, check=True, preexec_fn=limited,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("The result could not be written.\n", "")
    assert not list(tmp_path.iterdir())


def test_file_mode_follows_the_umask(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    save(tmp_path / "x.wav", Audio(noise(1, 9_600), 48_000))
    assert stat.S_IMODE((tmp_path / "x.wav").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


def test_long_and_odd_names(tmp_path: Path) -> None:
    for stem in ("x" * 251, "рёв ✓\n", "-o", "\udcff", "a*?[b]"):
        save(tmp_path / f"{stem}.wav", Audio(noise(1, 9_600), 48_000))
        assert load(tmp_path / f"{stem}.wav").channels == 1
    assert len(list(tmp_path.iterdir())) == 5


def test_what_a_killed_process_left_can_be_removed(tmp_path: Path) -> None:
    target, other = tmp_path / "x[1].wav", tmp_path / "y.wav"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    left = []
    for path in (target, other):
        with encode.Writer(path, AudioShape(8_000, 1, 0)):
            (part,) = tmp_path.glob("*.part")  # named after who writes it
            left.append(part.with_name(part.name.replace(f"{os.getpid()}-", f"{dead.pid}-")))
            assert left[-1] != part
        path.unlink()
    for part in left:
        part.touch()
    remove_unfinished(target)
    assert list(tmp_path.iterdir()) == [left[1]]


def test_what_a_living_process_writes_to_the_same_target_stays(tmp_path: Path) -> None:
    target = tmp_path / "x.wav"
    with encode.Writer(target, AudioShape(8_000, 1, 0)) as writer:
        remove_unfinished(target)
        writer.write(noise(1, 8_000))
    assert load(target).samples.shape == (1, 8_000)


def test_dither_is_triangular_and_two_steps_wide(tmp_path: Path) -> None:
    """Of a value between two steps the mean stays, and so does the error's power, whatever the value: rounding and
    triangular dither together have a quarter of a step squared. Uniform or no dither would change with the value.
    """
    for part in (0.0, 0.25, 0.5):
        x = np.full((1, 60_000), (10 + part) * 2**-15, np.float32)
        x[0, 0] += np.float32(0.3 * 2**-15)  # else the block would fit 16 bit as it is
        save(tmp_path / "x.wav", Audio(x, 48_000), subtype="PCM_16")
        error = (load(tmp_path / "x.wav").samples[0, 1:].astype(np.float64) - x[0, 1:]) * 2**15
        assert error.mean() == pytest.approx(0, abs=0.01)
        assert (error**2).mean() == pytest.approx(0.25, abs=0.01)


def test_every_channel_has_dither_of_its_own_and_24_bit_have_none(tmp_path: Path) -> None:
    x = np.full((2, 50_000), 0.4 * 2**-15, np.float32)
    save(tmp_path / "x.wav", Audio(x, 48_000), subtype="PCM_16")
    left, right = load(tmp_path / "x.wav").samples
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.05
    save(tmp_path / "y.wav", Audio(np.full((1, 50_000), 0.4 * 2**-23, np.float32), 48_000), subtype="PCM_24")
    assert not load(tmp_path / "y.wav").samples.any()


@pytest.mark.parametrize(
    ("name", "asked", "written"),
    [
        ("x.flac", "FLOAT", "PCM_24"),
        ("x.FLAC", "FLOAT", "PCM_24"),
        ("x.wav", "FLOAT", "FLOAT"),
        ("x.flac", "PCM_16", "PCM_16"),
    ],
)
def test_flac_holds_no_floats_so_the_nearest_is_written(tmp_path: Path, name: str, asked: str, written: str) -> None:
    """What was removed is a FLAC file, whatever the result is."""
    encoding = nearest(Path(name).suffix, Encoding(subtype=asked))
    save(tmp_path / name, Audio(noise(1, 4_800), 48_000), subtype=encoding.subtype)
    assert soundfile.info(tmp_path / name).subtype == written
    assert nearest(".mp3", Encoding(bitrate_kbps=96)) == Encoding(bitrate_kbps=96)


@pytest.mark.parametrize(
    ("rate", "asked_kbps", "kbps"),
    [
        (48_000, 8, 32), (48_000, 320, 320), (32_000, 64, 64),
        (24_000, 8, 8), (16_000, 64, 64), (22_050, 320, 160),
        (8_000, 8, 8), (8_000, 32, 32), (11_025, 320, 64),
    ],
)  # fmt: skip
def test_mp3_has_the_bit_rate_asked_for_as_far_as_its_sample_rate_allows(
    tmp_path: Path, rate: int, asked_kbps: int, kbps: int
) -> None:
    save(tmp_path / "x.mp3", Audio(noise(1, 5 * rate), rate), bitrate_kbps=asked_kbps)
    assert (tmp_path / "x.mp3").stat().st_size * 8 / 5 == pytest.approx(kbps * 1000, rel=0.06)
