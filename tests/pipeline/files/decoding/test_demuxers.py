"""Which of FFmpeg's readers may be chosen, and that what opens other files or addresses never is."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from pipeline import AudioError, load
from pipeline.files.decoding.demuxers import ALLOWED, REFUSED, TIMED
from pipeline.files.decoding.opened import opened
from pipeline.files.watch import Watch, WatchedFile
from tests.pipeline.files.media import write_wav
from tests.pipeline.signals import noise


def demuxers() -> set[str]:
    """Under the names by which FFmpeg lists them; some have several."""
    found = set()
    for name in av.formats_available:
        try:
            if av.format.ContainerFormat(name, "r").is_input:
                found.add(av.format.ContainerFormat(name, "r").name)
        except ValueError:
            continue
    return found


def test_somebody_has_looked_at_each_of_them() -> None:
    """What a new version of FFmpeg brings is named here, and shut until it stands on one of the lists."""
    allowed = ALLOWED | {name for names in ALLOWED for name in names.split(",")}
    assert demuxers() - allowed - REFUSED == set()
    assert not ALLOWED & REFUSED
    assert {name for name in TIMED if not any(name in one.split(",") for one in ALLOWED)} == set()


@pytest.mark.parametrize(
    "name", ["concat", "hls", "dash", "image2", "sdp", "rtsp", "rtp", "lavfi", "webm_dash_manifest"]
)
def test_what_opens_others_is_refused(tmp_path: Path, name: str) -> None:
    assert name not in ALLOWED
    if name not in av.formats_available:
        return
    with (tmp_path / "x").open("w+b") as file:
        file.write(b"ffconcat version 1.0\nfile 'y.wav'\n" * 9)
        watch = Watch()
        with pytest.raises((ValueError, OSError)), opened(WatchedFile(file, watch), name, watch):
            pass


SECRETS = [
    b"ffconcat version 1.0\nfile '%s'\n", b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n%s\n#EXT-X-ENDLIST\n",
    b"\n\n#EXTM3U\n#EXTINF:9,\n%s\n", b"[Reference]\nRef1=%s\n", b"\xef\xbb\xbfffconcat version 1.0\nfile %s\n",
    b"v=0\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\na=%s\n", b"\0\0\0\0ffconcat version 1.0\nfile %s\n",
    b"WEBVTT\n\n00:01.000 --> 00:04.000\n%s\n", b"1\n00:00:01,000 --> 00:00:04,000\n%s\n",
    b"<svg><image href='%s'/></svg>",
]  # fmt: skip


@pytest.mark.parametrize("text", SECRETS)
def test_scripts_and_texts_are_refused_in_words(tmp_path: Path, text: bytes) -> None:
    secret = write_wav(tmp_path / "secret.wav", noise(1, 48_000))
    (tmp_path / "x.wav").write_bytes(text % bytes(secret) + b"\n" * 99)
    with pytest.raises(AudioError, match=r"not a recording"):
        load(tmp_path / "x.wav")


def test_a_reader_that_asks_for_another_file_gets_none(tmp_path: Path) -> None:
    """QuickTime may say that its samples lie elsewhere."""
    asked = []
    with (tmp_path / "x").open("w+b") as file:
        file.write(write_wav(tmp_path / "y.wav", noise(1, 9_600)).read_bytes())
        file.flush()
        watch = Watch()
        watch.step()
        with opened(WatchedFile(file, watch), "", watch) as found:
            asked.append(found.source.io_open)
    with pytest.raises(PermissionError):
        asked[0]("file:/etc/passwd", 1, {})
