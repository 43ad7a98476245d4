"""Every fault of an upload: one sentence, no path, no jargon, nothing followed, nothing on stderr."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from av.error import FFmpegError

from pipeline import AudioError, LimitError, load
from pipeline.files.decoding.opened import opened
from pipeline.files.watch import Watch, WatchedFile
from tests.pipeline.files.media import write_av, write_video_only, write_wav
from tests.pipeline.signals import noise

JARGON = re.compile(r"libsndfile|ffmpeg|Errno|Traceback|avcodec|codec|/|\\", re.IGNORECASE)


def refused(path: object, match: str, kind: type[AudioError] = AudioError) -> str:
    """What to do instead."""
    with pytest.raises(kind, match=match) as caught:
        load(path)  # type: ignore[arg-type]
    error = caught.value
    assert type(error) is kind
    assert error.message.endswith(".") and not JARGON.search(error.message), error.message
    assert "/" not in error.details
    # A traceback would show neither where it came from nor what it was made of.
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    return error.suggestion


def written(tmp_path: Path, data: bytes, name: str = "x.wav") -> Path:
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "is empty"),
        (b"This is not a recording at all.\n" * 9, "is a text, not a recording"),
        (b"\xff\xfeT\0e\0x\0t\0" * 50, "not a recording"),
        (b"\x89PNG\r\n\x1a\n" + bytes(400), "is a picture"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(400), "is a picture"),
        (b"\0\0\0\x20ftypavif" + bytes(400), "is a picture"),
        (b"%PDF-1.7\n" + bytes(400), "is a PDF"),
        (b"PK\x03\x04" + bytes(400), "is an archive"),
        (b"\x7fELF" + bytes(400), "is a program"),
        (bytes(9_000), "not a recording"),
        (b"RIFF\x24\0\0\0WAVE", "damaged or incomplete"),
        (b"ID3\x04\0\0\0\0\0\x20" + b"hello world " * 99, "damaged or incomplete"),
        (b"\0\0\0\x18ftypM4A " + bytes(400), "damaged or incomplete"),
        (b"\x1a\x45\xdf\xa3" + bytes(400), "damaged or incomplete"),
    ],
)
def test_what_is_not_a_recording(tmp_path: Path, data: bytes, match: str) -> None:
    refused(written(tmp_path, data), match)


def test_header_only(tmp_path: Path) -> None:
    refused(write_wav(tmp_path / "x.wav", np.zeros((1, 0), np.float32)), "no sound could be read")


def header(rate: int = 48_000, channels: int = 1, n: int = 9_600) -> bytes:
    size = 2 * channels * n
    form = struct.pack("<HHIIHH", 1, channels, rate, 2 * channels * rate, 2 * channels, 16)
    return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", size)


def test_strange_headers(tmp_path: Path) -> None:
    body = noise(1, 9_600).astype("<i2").tobytes() * 16
    refused(written(tmp_path, header(rate=0) + body), "damaged")
    refused(written(tmp_path, header(channels=0) + body), "damaged")
    refused(written(tmp_path, header(rate=4_000) + body), "4000 Hz is outside 8000 to 192000", LimitError)
    refused(written(tmp_path, header(rate=384_000) + body), "384000 Hz is outside", LimitError)
    refused(written(tmp_path, header(channels=16) + body), "16 channels are more than 8", LimitError)
    refused(written(tmp_path, header(n=1_440) + body[:2_880]), "30 ms, less than the 100 ms", LimitError)


def test_samples_that_are_no_numbers(tmp_path: Path) -> None:
    for value in (np.nan, np.inf):
        x = noise(1, 9_600)
        x[0, ::100] = value
        refused(write_wav(tmp_path / "x.wav", x, subtype="FLOAT"), "not numbers")


def test_extremes_that_are_fine(tmp_path: Path) -> None:
    for x in (np.zeros((1, 9_600), np.float32), np.sign(noise(1, 9_600))):
        assert load(write_wav(tmp_path / "x.wav", x, subtype="FLOAT")).samples == pytest.approx(x)


def test_video_without_sound(tmp_path: Path) -> None:
    refused(write_video_only(tmp_path / "x.mp4"), "holds no sound")


def test_protected_track(tmp_path: Path) -> None:
    key = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "0" * 31 + "1", "encryption_kid": "0" * 31 + "2"}
    refused(write_av(tmp_path / "x.mp4", noise(1, 48_000), 48_000, "aac", **key), "copy-protected")


@pytest.mark.parametrize("name", ["enca", "drms", "drmi"])
def test_a_track_that_says_it_is_encrypted_is_not_played(tmp_path: Path, name: str) -> None:
    """Films and music of old shops; decoded as they stand, they would be noise, and very loud."""
    plain = write_av(tmp_path / "x.m4a", noise(1, 48_000), 48_000, "aac", "mp4").read_bytes()
    assert plain.count(b"mp4a") == 1
    refused(written(tmp_path, plain.replace(b"mp4a", name.encode())), "copy-protected")


def test_names_that_are_no_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert refused(tmp_path, "folder or a device") == "Choose a recording."
    refused(tmp_path / "pipe", "folder or a device")
    refused("/dev/zero", "folder or a device")
    assert refused(tmp_path / "missing.wav", "not found") == "Check its name and place."
    refused("", "not found")
    for path in (tmp_path / "loop", "a\0b.wav", "x" * 5_000, "\ud800", None, 3.5, 0):
        refused(path, "cannot be opened")


@pytest.mark.parametrize(
    "name", ["concat:a.wav|b.wav", "http:talk.wav", "- -rf $(x) ;'\"`.wav", "рёв\n✓.wav", "x\udcff.wav"]
)
def test_names_are_only_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    x = noise(1, 9_600)
    made = write_av(tmp_path / "made.m4a", x, 48_000, "aac")
    made.rename(tmp_path / name)
    assert load(name).sample_rate == 48_000


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{0}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{0}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "[playlist]\nFile1={0}\n",
        "<?xml version='1.0'?><MPD><BaseURL>{0}</BaseURL></MPD>",
        "concat:{0}|{0}",
    ],
)
@pytest.mark.parametrize("name", ["x.m3u8", "x.m4a", "x.sdp"])
def test_playlists_are_not_followed(tmp_path: Path, text: str, name: str) -> None:
    secret = write_wav(tmp_path / "secret.wav", noise(1, 48_000))
    refused(written(tmp_path, text.format(secret).encode(), name), "(a text|a playlist), not a recording")


def test_playlist_behind_a_tag_of_mp3_is_not_followed(tmp_path: Path) -> None:
    secret = write_wav(tmp_path / "secret.wav", noise(1, 48_000))
    refused(written(tmp_path, b"ID3\x04\0\0\0\0\0\0#EXTM3U\n#EXTINF:9,\n%s\n" % bytes(secret) * 50), "damaged")


def test_even_a_playlist_reader_would_be_refused_other_files(tmp_path: Path) -> None:
    """The second lock: the first is that no such reader is ever chosen."""
    sound = write_av(tmp_path / "secret.aac", noise(1, 48_000), 48_000, "aac", "adts")
    playlist = written(tmp_path, b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n%s\n#EXT-X-ENDLIST\n" % bytes(sound))
    with playlist.open("rb") as file:
        watch = Watch()
        view = WatchedFile(file, watch)
        for name in ("hls", "concat", ""):
            with pytest.raises((FFmpegError, OSError)), opened(view, name, watch):
                pass


def test_tags_that_are_not_utf8(tmp_path: Path) -> None:
    path = write_av(tmp_path / "x.mp3", noise(1, 48_000), 48_000, "libmp3lame")
    tag = b"TIT2\0\0\0\x05\0\0\x03\xff\xfe\xfd\xfc"
    tagged = written(tmp_path, b"ID3\x04\0\0\0\0\0" + bytes([len(tag)]) + tag + path.read_bytes(), "y.mp3")
    assert load(tagged).duration_s == pytest.approx(1.0, abs=0.1)


def test_damage_of_every_kind_ends_in_a_sentence_and_says_nothing_on_stderr(tmp_path: Path) -> None:
    """In a process of its own: the decoders are C, and a fault there would end the tests, too."""
    codecs = {"mp3": "libmp3lame", "m4a": "aac", "webm": "libopus", "mkv": "aac", "flac": "flac", "opus": "libopus"}
    for suffix, codec in codecs.items():
        write_av(tmp_path / f"x.{suffix}", noise(1, 48_000), 48_000, codec)
    data = bytearray((tmp_path / "x.m4a").read_bytes())
    at = data.index(b"stco") + 12
    data[at : at + 4] = b"\xff\xff\xff\xff"  # the samples are said to lie far behind the end
    (tmp_path / "places.m4a").write_bytes(data)
    code = """if True:
        import sys, numpy as np
        from pathlib import Path
        from pipeline import AudioError, load
        rng, done = np.random.default_rng(0), 0
        for path in sorted(Path(sys.argv[1]).iterdir()):
            whole = path.read_bytes()
            for k in range(40):
                data = bytearray(whole)
                for at in rng.integers(0, len(data) if k % 2 else 600, k): data[at] = rng.integers(256)
                path.write_bytes(data if k % 5 else data[: rng.integers(len(data))])
                try: load(path)
                except AudioError as error: assert error.message.endswith(".") and sys.argv[1] not in error.details
                done += 1
        print(done)
    """
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "280\n", "")
