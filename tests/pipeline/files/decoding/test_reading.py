"""What people's files are like: joined, cut off, damaged, late, lying. All that can be read is read, in its place; what
cannot be is said."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline import AudioError, load
from pipeline.audio import Samples
from pipeline.files.decode import Recording
from pipeline.files.limits import Limits
from tests.pipeline.files.decoding import corpus
from tests.pipeline.files.media import shift, write_wav
from tests.pipeline.signals import noise, sine

RATE = 16_000


def read(path: Path, limits: Limits | None = None, track: int | None = None) -> tuple[Samples, tuple[str, ...]]:
    recording = Recording(path, limits, track=track)
    return np.concatenate(list(recording.blocks()), axis=1), recording.remarks


def made(path: Path, *options: str) -> Path:
    """By ffmpeg, from a tone of 3 s unless the options name another input."""
    tone = () if "-i" in options else ("-f", "lavfi", "-i", f"sine=f=440:d=3:r={RATE}")
    subprocess.run([corpus.ffmpeg(), "-v", "error", "-nostdin", "-y", *tone, *options, path], check=True)
    return path


def element(name: bytes, data: bytes) -> bytes:
    """Of EBML, as in Matroska."""
    return name + (0x10000000 | len(data)).to_bytes(4) + data


def laced(path: Path, x: Samples, frames: int = 4, frame: int = 1_600) -> Path:
    """PCM in Matroska with several frames in a block, of which only the first has a time stamp."""

    def number(name: bytes, value: int) -> bytes:
        return element(name, value.to_bytes(2))

    sound = element(b"\xe1", element(b"\xb5", struct.pack(">d", RATE)) + number(b"\x9f", 1) + number(b"\x62\x64", 16))
    track = (
        number(b"\xd7", 1) + number(b"\x73\xc5", 1) + number(b"\x83", 2) + element(b"\x86", b"A_PCM/INT/LIT") + sound
    )
    data, blocks = (x[0] * 32767).astype("<i2"), b""
    for at in range(0, len(data), frames * frame):
        head = b"\x81" + (1000 * at // RATE).to_bytes(2) + b"\x84" + bytes([frames - 1])  # fixed-size lacing
        blocks += element(b"\xa3", head + data[at : at + frames * frame].tobytes())
    cluster = element(b"\x1f\x43\xb6\x75", number(b"\xe7", 0) + blocks)
    info = element(b"\x15\x49\xa9\x66", element(b"\x2a\xd7\xb1", (1_000_000).to_bytes(4)))
    segment = element(b"\x18\x53\x80\x67", info + element(b"\x16\x54\xae\x6b", element(b"\xae", track)) + cluster)
    path.write_bytes(element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"matroska")) + segment)
    return path


def test_frames_without_a_time_stamp_are_no_gap(tmp_path: Path) -> None:
    x = noise(1, 48_000)
    y, remarks = read(laced(tmp_path / "x.mka", x))
    assert y == pytest.approx(x, abs=2**-14)
    assert remarks == ()


@pytest.mark.parametrize(("muxer", "codec"), [("asf", "wmav2"), ("avi", "libvorbis"), ("avi", "eac3")])
def test_time_stamps_that_come_late_or_again_are_no_gap(tmp_path: Path, muxer: str, codec: str) -> None:
    kind = corpus.Kind(muxer, codec, 44_100, 1)
    assert corpus.write(tmp_path / "x", kind, tmp_path)
    _, channels, frame = corpus.form(tmp_path / "x")
    y, remarks = read(tmp_path / "x")
    assert abs(y.shape[1] - corpus.decoded(tmp_path / "x", channels).shape[1]) <= frame
    assert remarks == ()


@pytest.mark.parametrize("muxer", ["asf", "wtv"])
@pytest.mark.parametrize("sample_rate", [8_000, 44_100])
def test_frames_that_a_parser_finds_have_the_time_stamps_of_others(
    tmp_path: Path, muxer: str, sample_rate: int
) -> None:
    assert corpus.write(tmp_path / "x", corpus.Kind(muxer, "flac", sample_rate, 2), tmp_path, 4.0)
    y, remarks = read(tmp_path / "x")
    expected = corpus.decoded(tmp_path / "x", 2)
    assert y.shape == expected.shape == (2, 4 * sample_rate)
    assert corpus.correlation(y, expected) > 0.999
    assert remarks == ()


JOINED = [
    ("opus", "libopus"),
    ("ogg", "libvorbis"),
    ("flac", "flac"),
    ("wav", "pcm_s16le"),
    ("m4a", "aac"),
    ("webm", "libopus"),
]


@pytest.mark.parametrize(("suffix", "codec"), JOINED)
def test_joined_files_are_read_to_the_end(tmp_path: Path, suffix: str, codec: str) -> None:
    """The second part has another number of channels: it comes in the form of the first."""
    one = made(tmp_path / f"one.{suffix}", "-c:a", codec, "-ac", "1", "-ar", "48000")
    two = made(tmp_path / f"two.{suffix}", "-f", "lavfi", "-i", "sine=f=880:d=2:r=48000", "-c:a", codec, "-ac", "2")
    first = load(one).samples
    both = tmp_path / f"both.{suffix}"
    both.write_bytes(one.read_bytes() + two.read_bytes())
    y, remarks = read(both)
    assert y.shape == (1, pytest.approx(48_000 * 5, abs=3_000))
    np.testing.assert_allclose(y[:, : first.shape[1] - 2_000], first[:, :-2_000], atol=1e-3)
    last = y[0, -48_000:] * np.hanning(48_000)
    assert np.argmax(np.abs(np.fft.rfft(last))) == 880
    assert remarks == (
        "2 recordings lie one behind the other in the file; they were joined.",
        "Parts of another form (48000 Hz, 2 channels) were converted to that of the first.",
    )


def test_bare_frames_of_another_rate_are_resampled(tmp_path: Path) -> None:
    for suffix, codec in (("mp3", "libmp3lame"), ("aac", "aac")):
        one = made(tmp_path / f"one.{suffix}", "-c:a", codec, "-ar", "44100", "-ac", "2").read_bytes()
        two = made(tmp_path / f"two.{suffix}", "-c:a", codec).read_bytes()
        (tmp_path / "both").write_bytes(one + two)
        y, remarks = read(tmp_path / "both")
        assert y.shape == (2, pytest.approx(6 * 44_100, abs=9_000))
        assert "16000 Hz, mono" in remarks[-1]
        last = y[0, -52_920:-8_820] * np.hanning(44_100)
        assert np.argmax(np.abs(np.fft.rfft(last))) == pytest.approx(440, abs=1)


def with_sizes(path: Path, riff: int, data: int) -> Path:
    whole = bytearray(path.read_bytes())
    at = whole.index(b"data") + 4
    whole[4:8], whole[at : at + 4] = riff.to_bytes(4, "little"), data.to_bytes(4, "little")
    path.write_bytes(whole)
    return path


@pytest.mark.parametrize(
    ("data", "said"),
    [(0, "does not say how long"), (0xFFFFFFFF, "does not say how long"), (48_000, "promises 1.5 s less than there is"),
     (192_000, "ends early: of the 6.0 s that it promises, 3.0 s are there")],
)  # fmt: skip
def test_a_header_that_lies_of_its_size(tmp_path: Path, data: int, said: str) -> None:
    x = noise(1, 48_000)
    y, remarks = read(with_sizes(write_wav(tmp_path / "x.wav", x, RATE), min(data + 36, 0xFFFFFFFF), data))
    assert y == pytest.approx(x, abs=2**-14)
    assert len(remarks) == 1 and said in remarks[0]


@pytest.mark.parametrize(
    ("kind", "place", "order"), [("RF64", 28, "little"), ("W64", 0, "little"), ("AIFF", 0, "big"), ("CAF", 0, "big")]
)
def test_headers_of_other_containers_that_lie(tmp_path: Path, kind: str, place: int, order: str) -> None:
    x = noise(1, 48_000)
    path = write_wav(tmp_path / "x", x, RATE, kind=kind)
    whole = bytearray(path.read_bytes())
    at, width = place, 8
    if kind == "W64":
        at = whole.index(b"data\xf3\xac") + 16
    elif kind == "AIFF":
        at, width = whole.index(b"SSND") + 4, 4
    elif kind == "CAF":
        at = whole.index(b"data") + 4
    size = int.from_bytes(whole[at : at + width], order)  # type: ignore[arg-type]
    assert size == pytest.approx(96_000, abs=100)
    whole[at : at + width] = (size // 2).to_bytes(width, order)  # type: ignore[arg-type]
    path.write_bytes(whole)
    y, remarks = read(path)
    assert y == pytest.approx(x, abs=2**-14)
    assert [remark[:22] for remark in remarks] == ["The header promises 1."]


def test_what_follows_the_sound_is_none(tmp_path: Path) -> None:
    """Other chunks, tags, padding: no header lies."""
    x, y = noise(1, 48_000), b""
    for rest in (b"LIST\x04\0\0\0INFO" * 900, bytes(9_000), b"TAG" + bytes(range(125)), b"ID3\x04" + b"\xff" * 9_000):
        path = write_wav(tmp_path / "x.wav", x, RATE)
        path.write_bytes(path.read_bytes() + rest)
        y, remarks = read(path)
        assert (y.shape[1], remarks) == (48_000, ())
    path.write_bytes(write_wav(tmp_path / "x.wav", x, RATE).read_bytes() + noise(1, 750).tobytes())
    y, remarks = read(path)
    assert (y.shape[1], remarks) == (48_000, ("3000 bytes behind the recording are no sound and were left out.",))


@pytest.mark.parametrize("junk", [bytes(3_000), np.random.default_rng(5).bytes(3_000)], ids=["zeros", "noise"])
@pytest.mark.parametrize(
    ("suffix", "codec"), [("mp3", "libmp3lame"), ("aac", "aac"), ("flac", "flac"), ("m4a", "aac"), ("wav", "pcm_s16le")]
)
def test_junk_in_front(tmp_path: Path, suffix: str, codec: str, junk: bytes) -> None:
    x = made(tmp_path / f"x.{suffix}", "-c:a", codec)
    whole = load(x).samples
    (tmp_path / "junk").write_bytes(junk + x.read_bytes())
    y, remarks = read(tmp_path / "junk")
    assert abs(y.shape[1] - whole.shape[1]) <= 3 * 1_152
    if suffix in ("flac", "m4a", "wav"):
        assert remarks == ("3000 bytes before the recording are no sound and were skipped.",)
        assert y == pytest.approx(whole)


def test_bare_frames_that_begin_anywhere(tmp_path: Path) -> None:
    for suffix, codec in (("mp3", "libmp3lame"), ("aac", "aac"), ("ac3", "ac3"), ("ts", "aac")):
        rate = "48000" if suffix == "ac3" else "16000"
        whole = made(tmp_path / f"x.{suffix}", "-c:a", codec, "-ar", rate).read_bytes()
        (tmp_path / "cut").write_bytes(whole[len(whole) // 3 :])
        audio = load(tmp_path / "cut")
        assert audio.duration_s == pytest.approx(2, abs=0.2), suffix
        spectrum = np.abs(np.fft.rfft(audio.samples[0, audio.sample_rate // 2 :][: audio.sample_rate]))
        assert np.argmax(spectrum) == pytest.approx(440, abs=1), suffix


def test_a_tag_of_megabytes_in_front(tmp_path: Path) -> None:
    sound = made(tmp_path / "x.mp3", "-id3v2_version", "0").read_bytes()
    size = 3_000_000
    tag = (
        b"ID3\x04\0\0" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + np.random.default_rng(3).bytes(size)
    )
    (tmp_path / "y.mp3").write_bytes(tag + sound)
    assert load(tmp_path / "y.mp3").duration_s == pytest.approx(3, abs=0.1)


def test_sound_that_starts_after_the_picture_keeps_its_place(tmp_path: Path) -> None:
    picture = ("-f", "lavfi", "-i", "color=s=64x64:r=10:d=5")
    tone = ("-itsoffset", "1.5", "-f", "lavfi", "-i", f"sine=f=440:d=3:r={RATE}")
    for suffix in ("mp4", "mkv"):
        film = made(tmp_path / f"x.{suffix}", *picture, *tone, "-c:v", "mpeg4", "-c:a", "aac")
        y, remarks = read(film)
        start = int(np.argmax(np.abs(y[0]) > 0.02))
        assert start / RATE == pytest.approx(1.5, abs=0.08), suffix
        assert y.shape[1] / RATE == pytest.approx(4.5, abs=0.1)
        assert remarks == ()


HALVES = [("wav", "pcm_s16le"), ("flac", "flac"), ("mp3", "libmp3lame"), ("opus", "libopus"), ("ogg", "libvorbis"),
          ("webm", "libopus"), ("wma", "wmav2"), ("m4a", "aac"), ("aiff", "pcm_s16be"), ("aac", "aac")]  # fmt: skip


@pytest.mark.parametrize(("suffix", "codec"), HALVES)
def test_half_of_a_file_says_so(tmp_path: Path, suffix: str, codec: str) -> None:
    first = ("-movflags", "+faststart") if suffix == "m4a" else ()
    noisy = ("-f", "lavfi", "-i", f"anoisesrc=d=3:r={RATE}:a=0.3:seed=1", "-page_duration", "200000")
    whole = made(tmp_path / f"x.{suffix}", *(noisy if suffix == "ogg" else ()), "-c:a", codec, *first).read_bytes()
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    y, remarks = read(tmp_path / "half", Limits(isolated=True))
    assert 0.7 < y.shape[1] / Recording(tmp_path / "half").sample_rate < 2.2
    assert any("ends early" in remark or "The end of the file could not be read" in remark for remark in remarks), (
        remarks
    )


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("flac", "flac"), ("mp3", "libmp3lame"), ("aac", "aac"), ("m4a", "aac"), ("mkv", "flac"), ("ogg", "libvorbis")],
)
def test_damage_in_the_middle_is_told_and_costs_nothing_but_itself(tmp_path: Path, suffix: str, codec: str) -> None:
    sweep = ("-f", "lavfi", "-i", "aevalsrc='0.4*sin(2*PI*(200+300*t)*t)':d=8:s=44100")
    path = made(tmp_path / f"x.{suffix}", *sweep, "-c:a", codec)
    whole, data = load(path).samples, bytearray(path.read_bytes())
    at = len(data) // 2
    data[at : at + len(data) // 40] = bytes(len(data) // 40)
    (tmp_path / "y").write_bytes(data)
    y, remarks = read(tmp_path / "y")
    assert y.shape[1] == pytest.approx(whole.shape[1], abs=2 * 1_152)
    n = 44_100 * 2
    assert corpus.correlation(y[:, :n], whole[:, :n]) > 0.99
    late = shift(whole[:, -n:], y[:, -n:])  # MP3 counts the padding at its end from its beginning
    assert abs(late) <= 2 * 1_152
    assert corpus.correlation(np.roll(y[:, -n:], -late)[:, 3_000:-3_000], whole[:, -n:][:, 3_000:-3_000]) > 0.99
    assert any("could not be read" in remark for remark in remarks), remarks


@pytest.mark.parametrize("suffix", ["mov", "mka"])
def test_a_first_frame_that_cannot_be_read_is_told(tmp_path: Path, suffix: str) -> None:
    path = made(tmp_path / f"x.{suffix}", "-c:a", "alac")
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as source:
        at = data.index(bytes(next(source.demux(audio=0))))
    data[at] = 0x52
    path.write_bytes(data)
    y, remarks = read(path)
    assert remarks == ("0.3 s at 0:00 could not be read.",)
    assert y.shape[1] == 3 * RATE  # in its place: silence
    assert not y[:, :4096].any() and y[:, 4096:].any()


@pytest.mark.parametrize(("lost_ms", "said"), [(30, "0.03"), (50, "0.05"), (80, "0.08")])
def test_a_few_packets_that_are_missing_are_told(tmp_path: Path, lost_ms: int, said: str) -> None:
    """Less than what is filled."""
    path = made(tmp_path / "x.flv", "-i", str(corpus.source(tmp_path, 44_100, 1, 3.0)), "-c:a", "libmp3lame")
    data = path.read_bytes()
    at, size = len(data) // 2, len(data) * lost_ms // 3000
    path.write_bytes(data[:at] + data[at + size :])
    _, remarks = read(path)
    assert remarks == (f"The file leaves out {said} s at 0:01: what follows comes so much earlier.",)


def test_half_of_an_mp4_without_its_index_is_refused_and_told_why(tmp_path: Path) -> None:
    data = made(tmp_path / "x.m4a", "-c:a", "aac").read_bytes()
    for name, cut in {
        "half": data[: len(data) // 2],
        "never finished": data[: data.index(b"mdat") - 4] + bytes(4) + data[data.index(b"mdat") : len(data) // 2],
    }.items():
        (tmp_path / "cut.m4a").write_bytes(cut)
        with pytest.raises(AudioError, match="its index cannot be found"):
            read(tmp_path / "cut.m4a")
        assert name
    (tmp_path / "cut.m4a").write_bytes(data.replace(b"trak", b"xxxx"))  # it has one, and cannot be read all the same
    with pytest.raises(AudioError, match=r"^(?!.*index)"):
        read(tmp_path / "cut.m4a")


def test_flac_with_a_flipped_bit_is_silent_there_not_loud(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.flac", 0.01 * noise(1, 160_000), RATE, kind="FLAC")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x55
    path.write_bytes(data)
    y, remarks = read(path)
    assert y.shape == (1, 160_000)
    assert np.abs(y).max() < 0.01
    assert len(remarks) == 1 and remarks[0].endswith("at 0:04 could not be read.")


def test_codec_tags_that_are_no_letters(tmp_path: Path) -> None:
    x = made(tmp_path / "x.wav", "-c:a", "g722")
    assert load(x).samples.shape == (1, 48_000)
    aac = made(tmp_path / "x.avi", "-c:a", "aac", "-ar", "44100")
    assert load(aac).duration_s == pytest.approx(3, abs=0.1)


def test_a_few_samples_that_are_no_numbers_are_mended_and_told(tmp_path: Path) -> None:
    x = sine(100, RATE, 3)
    broken = x.copy()
    broken[0, [5_000, 5_001, 20_000]] = np.nan, np.inf, -np.inf
    y, remarks = read(write_wav(tmp_path / "x.wav", broken, RATE, "FLOAT"))
    assert np.abs(y - x).max() < 0.01
    assert remarks == ("3 samples were not numbers and were mended.",)
    broken[0, 5_000:7_000] = np.nan
    with pytest.raises(AudioError, match="not numbers"):
        load(write_wav(tmp_path / "x.wav", broken, RATE, "FLOAT"))


def test_nine_channels_are_a_sentence_about_channels(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="9 channels are more than 8") as caught:
        load(write_wav(tmp_path / "x.wav", noise(9, 600), 8_000))
    assert caught.value.suggestion == "Mix it down first."


def test_channels_in_an_order_of_their_own_do_not_end_the_process(tmp_path: Path) -> None:
    """PyAV frees the list of such channels twice; in a process of its own, for that would end the tests, too."""
    path, kind = tmp_path / "x", corpus.Kind("aiff", "pcm_alaw", 8_000, 8)
    assert corpus.write(path, kind, tmp_path, 1.0)
    code = "import sys; from pipeline import load\nfor _ in range(9): print(load(sys.argv[1]).samples.shape)"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "(8, 8000)\n" * 9, "")


KINDS = """mpegts-mp2 flv-libmp3lame wv-wavpack ac3-ac3 eac3-eac3 gsm-libgsm dts-dca tta-tta rm-ac3 matroska-libvorbis
3gp-aac caf-alac w64-pcm_s24le au-pcm_s16be voc-pcm_u8 nut-pcm_s16le wtv-mp2 mpeg-mp2 spx-libspeex sox-pcm_s32le
ircam-pcm_s16le avi-aac nut-wavpack"""


@pytest.mark.parametrize(("muxer", "codec"), [tuple(kind.split("-")) for kind in KINDS.split()])
def test_whatever_ffmpeg_reads(tmp_path: Path, muxer: str, codec: str) -> None:
    rate = {"gsm": 8_000, "spx": 16_000}.get(muxer, 48_000)
    path, kind = tmp_path / "x", corpus.Kind(muxer, codec, rate, 1)
    assert corpus.write(path, kind, tmp_path, 1.0), f"ffmpeg does not write {kind}"
    _, channels, frame = corpus.form(path)
    expected, (y, remarks) = corpus.decoded(path, channels), read(path)
    assert abs(y.shape[1] - expected.shape[1]) <= frame
    assert corpus.correlation(expected, y) > 0.99
    assert remarks == ()


def test_surround_keeps_its_channels(tmp_path: Path) -> None:
    """The names of some usual layouts have brackets, too: 5.1(side)."""
    for muxer, codec in (("ac3", "ac3"), ("adts", "aac"), ("flac", "flac"), ("wav", "pcm_s24le"), ("dts", "dca")):
        assert corpus.write(tmp_path / "x", corpus.Kind(muxer, codec, 48_000, 6), tmp_path, 1.0)
        expected, (y, _) = corpus.decoded(tmp_path / "x", 6), read(tmp_path / "x")
        assert y.shape == expected.shape
        assert corpus.correlation(expected, y) > 0.99, codec


def test_sphere_is_no_text(tmp_path: Path) -> None:
    x = noise(1, 48_000)
    fields = f"channel_count -i 1\nsample_count -i 48000\nsample_rate -i {RATE}\nsample_n_bytes -i 2\n"
    fields += "sample_byte_format -s2 01\nsample_coding -s3 pcm\nend_head\n"
    head = f"NIST_1A\n   1024\n{fields}".encode().ljust(1024)
    (tmp_path / "x.sph").write_bytes(head + (x * 32767).astype("<i2").tobytes())
    assert load(tmp_path / "x.sph").samples == pytest.approx(x, abs=2**-14)


def two_tracks(path: Path) -> Path:
    tones = [("-f", "lavfi", "-i", f"sine=f={f}:d=2:r={RATE}") for f in (300, 700)]
    names = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=ger", "-metadata:s:a:1", "title=Kommentar")
    maps = ("-map", "0:a", "-map", "1:a", "-ac:a:1", "2", *names)
    return made(
        path, *tones[0], *tones[1], *maps, "-disposition:a:0", "0", "-disposition:a:1", "default", "-c:a", "flac"
    )


@pytest.mark.parametrize("isolated", [False, True])
def test_the_default_track_is_taken_and_another_can_be(tmp_path: Path, isolated: bool) -> None:
    path, limits = two_tracks(tmp_path / "x.mkv"), Limits(isolated=isolated)
    tracks = Recording(path, limits).tracks
    assert [str(track) for track in tracks] == ["1 (eng, flac, mono)", "2 (Kommentar, ger, flac, stereo)"]
    assert [track.is_default for track in tracks] == [False, True]
    for track, channels, tone in ((None, 2, 700), (0, 2, 700), (1, 1, 300), (2, 2, 700)):
        y, remarks = read(path, limits, track)
        assert len(y) == channels
        assert np.argmax(np.abs(np.fft.rfft(y[0, :RATE]))) == tone
        assert remarks == (f"Of 2 sound tracks, {tracks[channels - 1]} was taken.",)
    with pytest.raises(ValueError, match="There is no sound track 3") as caught:
        Recording(path, limits, track=3)
    assert "Kommentar" in caught.value.suggestion  # type: ignore[attr-defined]
