from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline import Audio, AudioError, LimitError, load, save
from pipeline.files.decode import Recording, is_audio
from pipeline.files.limits import Limits
from pipeline.files.stored import Stored, Track
from tests.pipeline.files.media import clicks, shift, write_av, write_wav
from tests.pipeline.signals import noise

RATE = 16_000
PCM = {"PCM_U8": 2**-7, "PCM_16": 2**-15, "PCM_24": 2**-23, "PCM_32": 2**-23, "FLOAT": 0, "DOUBLE": 0, "ULAW": 0.03}


@pytest.mark.parametrize("subtype", PCM)
def test_wav_of_every_depth(tmp_path: Path, subtype: str) -> None:
    x = noise(1, 20_000)
    audio = load(write_wav(tmp_path / "x.wav", x, 22_050, subtype))
    assert (audio.sample_rate, audio.samples.dtype, audio.samples.shape) == (22_050, np.float32, x.shape)
    assert np.abs(audio.samples - x).max() <= PCM[subtype]


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [("AIFF", "PCM_16"), ("AU", "PCM_16"), ("CAF", "PCM_24"), ("W64", "PCM_24"), ("RF64", "FLOAT"), ("FLAC", "PCM_24")],
)
def test_lossless_containers_whatever_the_name_says(tmp_path: Path, kind: str, subtype: str) -> None:
    x = noise(3, 9_000)
    for name in ("x", "x.mp3", "x.raw", "x.m3u8"):
        audio = load(write_wav(tmp_path / name, x, 44_100, subtype, kind))
        assert audio.samples == pytest.approx(x, abs=2**-14)


@pytest.mark.parametrize("channels", [1, 2, 6, 8])
def test_channels_are_kept_apart(tmp_path: Path, channels: int) -> None:
    x = noise(channels, 5_000)
    assert load(write_wav(tmp_path / "x.wav", x, subtype="FLOAT")).samples == pytest.approx(x)


# Encoder delay of bare ADTS and of AAC in Matroska as FFmpeg writes it is stated nowhere: one block of AAC stays.
@pytest.mark.parametrize(
    ("name", "codec", "delay"),
    [
        ("x.m4a", "aac", 0), ("x.mov", "aac", 0), ("x.mp4", "aac", 0), ("x.webm", "libopus", 0),
        ("x.opus", "libopus", 0),
        ("x.mkv", "flac", 0), ("x.ogg", "libopus", 0), ("x.mp3", "libmp3lame", 0), ("alac.m4a", "alac", 0),
        ("x.aac", "aac", 1024),
    ],
)  # fmt: skip
def test_sounds_stay_where_they_were(tmp_path: Path, name: str, codec: str, delay: int) -> None:
    x, _ = clicks()
    path = write_av(tmp_path / name, x, 48_000, codec, "adts" if name.endswith("aac") else None)
    audio = load(path)
    assert audio.sample_rate == 48_000
    assert abs(shift(x, audio.samples) - delay) <= 1
    assert 0 <= audio.samples.shape[1] - x.shape[1] <= delay + 2 * 1024


def test_sound_track_of_a_video(tmp_path: Path) -> None:
    x, _ = clicks()
    audio = load(write_av(tmp_path / "film.mp4", np.vstack([x, -x]), 48_000, "aac", picture=True))
    assert audio.channels == 2
    assert abs(shift(x, audio.samples)) <= 1


def test_surround_is_not_mixed_down(tmp_path: Path) -> None:
    assert load(write_av(tmp_path / "x.m4a", noise(6, 24_000), 48_000, "aac")).channels == 6
    x = noise(8, 24_000)
    audio = load(write_av(tmp_path / "x.mkv", x, 48_000, "flac"))
    assert audio.samples == pytest.approx(x, abs=2**-14)


def test_too_many_channels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitError, match="24 channels are more than 8"):
        load(write_av(tmp_path / "x.mkv", noise(24, 24_000), 48_000, "pcm_f32le"))


def test_pause_in_the_stream_becomes_silence(tmp_path: Path) -> None:
    x, _ = clicks()
    audio = load(write_av(tmp_path / "x.webm", x, 48_000, "libopus", gap_s=1.0))
    assert audio.duration_s == pytest.approx(3.0, abs=0.05)
    assert abs(shift(x[:, 48_000:], audio.samples[:, 96_000:])) < 2_000
    assert not audio.samples[:, 50_000:90_000].any()


@pytest.mark.parametrize("name", ["x.mp3", "x.aac", "x.webm", "x.wav"])
def test_of_a_truncated_file_what_decodes_is_used(tmp_path: Path, name: str) -> None:
    x = noise(1, 96_000)
    codec = {"mp3": "libmp3lame", "aac": "aac", "webm": "libopus", "wav": "pcm_s16le"}[name[2:]]
    whole = write_av(tmp_path / name, x, 48_000, codec, "adts" if name == "x.aac" else None).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    assert 0.4 < load(tmp_path / name).duration_s < 1.2


def test_damage_in_the_middle_costs_only_itself(tmp_path: Path) -> None:
    save(tmp_path / "x.mp3", Audio(noise(1, 480_000), 48_000))
    data = bytearray((tmp_path / "x.mp3").read_bytes())
    data[100_000:104_000] = bytes(4_000)
    (tmp_path / "x.mp3").write_bytes(data)
    assert load(tmp_path / "x.mp3").duration_s == pytest.approx(10.0, abs=0.3)


def test_memory_keeps_to_the_limit_while_decoding_a_bomb(tmp_path: Path) -> None:
    """Ten hours of silence in a small FLAC: refused after a second's worth of the limit, not after ten hours."""
    import soundfile

    path = tmp_path / "bomb.flac"
    silence = np.zeros(4_096 * 256, np.int16)
    with soundfile.SoundFile(path, "w", 8_000, 1, "PCM_16", format="FLAC") as out:
        for _ in range(275):
            out.write(silence)
    assert path.stat().st_size < 2_000_000
    code = (
        "import resource, sys; from pipeline import load, LimitError\n"
        "load(sys.argv[2]); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: load(sys.argv[1])\n"
        "except LimitError as error: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, error.message)"
    )
    small = write_wav(tmp_path / "small.flac", noise(1, 9_000), kind="FLAC")
    done = subprocess.run(
        [sys.executable, "-c", code, path, small], capture_output=True, text=True, check=True,
        env={**os.environ, "MAX_DURATION_S": "600"},
    )  # fmt: skip
    kilobytes, message = done.stdout.split(" ", 1)
    assert int(kilobytes) < 60_000  # ten minutes of samples fill 19 MB
    assert "10 minutes" in message
    assert done.stderr == ""


def test_a_declared_length_is_not_believed(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", noise(1, 48_000))
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"  # as programs write that stream to a pipe
    path.write_bytes(data)
    assert load(path).samples.shape == (1, 48_000)


def test_limits_name_themselves(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", noise(2, 48_000))
    with pytest.raises(LimitError, match="longer than 1 s"):
        load(path, limits=Limits(max_duration_s=0.9))
    with pytest.raises(LimitError, match="2 channels"):
        load(path, limits=Limits(max_decoded_bytes=100_000))
    with pytest.raises(LimitError, match="The file has 0 MB; more than 0 MB"):
        load(path, limits=Limits(max_file_bytes=1_000))
    with pytest.raises(LimitError, match="1000 ms, less than the 2000 ms"):
        load(path, limits=Limits(min_duration_s=2.0))


def test_is_audio_looks_at_the_content(tmp_path: Path) -> None:
    assert is_audio(write_wav(tmp_path / "notes.txt", noise(1, 100)))
    (tmp_path / "song.mp3").write_text("la la la la la la la")
    assert not is_audio(tmp_path / "song.mp3")
    assert not is_audio(tmp_path)
    assert not is_audio(tmp_path / "missing.wav")


def test_errors_hold_no_path_and_files_are_closed(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for data in (b"", b"RIFF\0\0\0\0WAVEfmt ", b"....ftypM4A ", b"\x1a\x45\xdf\xa3", b"fLaC", b"OggS", b"\xff\xfb\x90"):
        (tmp_path / "x").write_bytes(data)
        with pytest.raises(AudioError) as caught:
            load(tmp_path / "x")
        assert str(tmp_path) not in repr(caught.value.as_dict())
        assert caught.value.suggestion
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_what_a_file_says_of_its_length_is_told_and_not_believed(tmp_path: Path) -> None:
    x = noise(1, 48_000)
    path = write_wav(tmp_path / "x.flac", x, kind="FLAC")
    assert Recording(path).claimed_s == pytest.approx(1.0)
    data = bytearray(path.read_bytes())
    data[21] |= 0x0F  # the upper bits of STREAMINFO's count: 17 days
    path.write_bytes(data)
    recording = Recording(path)
    assert recording.claimed_s is not None and recording.claimed_s > 1e6
    assert sum(block.shape[1] for block in recording.blocks()) == 48_000


def test_what_says_that_it_is_too_long_and_is_costs_little(tmp_path: Path) -> None:
    """Refused when it is opened: before anything is measured in it."""
    for name, codec in (("x.flac", "flac"), ("x.m4a", "aac"), ("x.webm", "libopus")):
        path = write_av(tmp_path / name, np.zeros((1, 48_000 * 6), np.float32), 48_000, codec)
        assert Recording(path, Limits(max_duration_s=7)).channels == 1
        with pytest.raises(LimitError, match="longer than 5 s"):
            Recording(path, Limits(max_duration_s=5))


def test_more_silence_than_sound_is_not_believed(tmp_path: Path) -> None:
    """A pause of half a minute is kept; one of five minutes in two seconds of sound is a time stamp that lies."""
    x, _ = clicks()
    assert load(write_av(tmp_path / "x.webm", x, 48_000, "libopus", gap_s=30.0)).duration_s == pytest.approx(
        32, abs=0.1
    )
    assert load(write_av(tmp_path / "y.webm", x, 48_000, "libopus", gap_s=300.0)).duration_s == pytest.approx(
        2, abs=0.1
    )


@pytest.mark.parametrize("isolated", [False, True])
@pytest.mark.parametrize(
    ("name", "codec", "channels", "stored"),
    [
        ("x.wav", "pcm_s24le", 6, Stored("wav", "pcm_s24le", 24, False, False, "5.1", 0x3F)),
        ("x.wav", "pcm_f32le", 2, Stored("wav", "pcm_f32le", 32, True, False, "stereo", 0)),
        ("x.flac", "flac", 1, Stored("flac", "flac", 24, False, False, "mono", 4)),
        ("x.m4a", "aac", 2, Stored("mov", "aac", None, False, True, "stereo", 3)),
        ("x.m4a", "alac", 1, Stored("mov", "alac", 24, False, False, "mono", 4)),
        ("x.webm", "libopus", 1, Stored("matroska", "opus", None, False, True, "mono", 4)),
    ],
)
def test_what_a_recording_is_as_it_lies_in_its_file(
    tmp_path: Path, name: str, codec: str, channels: int, stored: Stored, isolated: bool
) -> None:
    form = {"flac": "s32", "alac": "s32p"}.get(codec)
    path = write_av(tmp_path / name, noise(channels, 24_000), 48_000, codec, sample_format=form)
    recording = Recording(path, Limits(isolated=isolated))
    assert recording.stored == stored
    assert recording.tracks == (Track(1, "", "", stored.codec, channels, is_default=stored.container == "mov"),)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.wav", "pcm_s16le"), ("a.m4a", "aac"), ("a.mp3", "mp3"), ("a.mkv", "flac")]
)
def test_a_stretch_is_what_the_whole_has_there(tmp_path: Path, name: str, codec: str) -> None:
    path = write_av(tmp_path / name, noise(1, 20 * RATE, -20.0), RATE, codec)
    whole, stretch = load(path).samples[0], Recording(path, stretch=(12.0, 3.0))
    assert stretch.claimed_s == 3.0
    found = np.concatenate(list(stretch.blocks()), axis=1)[0]
    assert found.size == 3 * RATE
    assert stretch.remarks == ()
    inner = found[RATE : 2 * RATE]  # a codec that begins anew is not at once as it was
    around = whole[12 * RATE : 15 * RATE]
    at = np.argmax(np.correlate(around, inner, "valid")) - RATE
    assert abs(at) < 0.1 * RATE  # the packet that holds the start may begin before it
    assert np.corrcoef(around[RATE + at : 2 * RATE + at], inner)[0, 1] > 0.99


def test_a_stretch_beyond_the_end_is_said(tmp_path: Path) -> None:
    path = write_av(tmp_path / "a.wav", noise(1, 2 * RATE, -20.0), RATE, "pcm_s16le")
    assert sum(block.shape[1] for block in Recording(path, stretch=(1.5, 60.0)).blocks()) == pytest.approx(
        RATE / 2, abs=1500
    )
    with pytest.raises(AudioError):
        list(Recording(path, stretch=(60.0, 3.0)).blocks())
