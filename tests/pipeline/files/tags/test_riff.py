"""What film and radio people keep in a WAV: bext, iXML, cues, and which channel is for which loudspeaker."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path

import pytest

from pipeline import Settings, enhance_file
from pipeline.files.tags.read import metadata
from tests.pipeline.files.media import write_wav
from tests.pipeline.signals import noise

RATE = 48_000
REFERENCE = 172_800_123  # samples since midnight
IXML = b'<?xml version="1.0"?><BWFXML><SCENE>12A</SCENE><TAKE>3</TAKE></BWFXML>'


def bext(loudness: bytes = struct.pack("<5h", -2300, 500, -100, -1800, -2000)) -> bytes:
    head = struct.pack(
        "<256s32s32s10s8sQH64s", b"Scene 12A", b"Recorder", b"REF1", b"2024-05-01", b"12:00:00", REFERENCE, 2, b"umid"
    )
    return head + loudness + bytes(180) + b"A=PCM,F=48000,W=24,M=mono\r\n"


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def recorder_file(path: Path, channels: int = 1, mask: int = 0) -> Path:
    """As a field recorder writes it."""
    x = noise(channels, RATE, -30)
    pcm = (x.T * 2**15).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 0xFFFE if mask else 1, channels, RATE, RATE * 2 * channels, 2 * channels, 16)
    if mask:
        form += struct.pack("<HHIH", 22, 16, mask, 1) + bytes.fromhex("000000001000800000aa00389b71")
    cue = struct.pack("<I", 2)
    cue += b"".join(struct.pack("<II4sIII", k, at, b"data", 0, 0, at) for k, at in ((1, 0), (2, RATE // 2)))
    labels = b"".join(chunk(b"labl", struct.pack("<I", k) + text) for k, text in ((1, b"slate\0"), (2, b"action\0")))
    parts = [(b"fmt ", form), (b"bext", bext()), (b"iXML", IXML), (b"data", pcm), (b"cue ", cue)]
    body = b"WAVE" + b"".join(chunk(*part) for part in [*parts, (b"LIST", b"adtl" + labels)])
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def chunks(path: Path) -> dict[bytes, bytes]:
    data, at, found = path.read_bytes(), 12, {}
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    while at < len(data):
        size = struct.unpack("<I", data[at + 4 : at + 8])[0]
        found[data[at : at + 4]] = data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def tags(path: Path) -> dict[str, str]:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", path]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {name.upper(): value for name, value in found["format"]["tags"].items()}


def layout(path: Path) -> str:
    command = ["ffprobe", "-v", "error", "-show_entries", "stream=channel_layout", "-of", "csv=p=0", path]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_chunks_of_a_recorder_are_kept(tmp_path: Path) -> None:
    source, target = recorder_file(tmp_path / "in.wav"), tmp_path / "out.wav"
    enhance_file(source, target, Settings.nothing())
    before, after = chunks(source), chunks(target)
    for name in (b"iXML", b"cue ", b"LIST"):
        assert after[name] == before[name]
    assert after[b"data"] == before[b"data"]
    assert list(after).index(b"bext") < list(after).index(b"data")  # where EBU Tech 3285 wants it
    assert after[b"bext"] == bext(b"\xff\x7f" * 5)  # all of it, but the loudness of the old file
    assert tags(target)["TIME_REFERENCE"] == str(REFERENCE)
    assert [(c.start_s, c.title) for c in metadata(target).chapters] == [(0.0, "slate"), (0.5, "action")]


@pytest.mark.parametrize("suffix", [".flac", ".mp3", ".opus", ".m4a"])
def test_the_time_reference_goes_through_other_formats(tmp_path: Path, suffix: str) -> None:
    source, between, target = recorder_file(tmp_path / "in.wav"), tmp_path / f"x{suffix}", tmp_path / "out.wav"
    enhance_file(source, between, Settings.nothing())
    found = metadata(between)
    assert found.first("TIME_REFERENCE") == str(REFERENCE)
    assert [c.title for c in found.chapters] == ["slate", "action"]
    enhance_file(between, target, Settings.nothing())
    made = chunks(target)[b"bext"]
    assert struct.unpack("<Q", made[338:346])[0] == REFERENCE
    assert made[:9] == b"Scene 12A"
    assert made[320:338] == b"2024-05-0112:00:00"
    assert metadata(target).chapters[1][:1] == (0.5,)


@pytest.mark.parametrize(
    ("channels", "mask", "name"),
    [(6, 0x3F, "5.1"), (6, 0x60F, "5.1(side)"), (4, 0x107, "4.0"), (1, 0x1, "")],
)
@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_the_loudspeakers_stay(tmp_path: Path, channels: int, mask: int, name: str, suffix: str) -> None:
    source, target = recorder_file(tmp_path / "in.wav", channels, mask), tmp_path / f"out{suffix}"
    enhance_file(source, target, Settings.nothing())
    if channels == 1:
        assert suffix == ".flac" or struct.unpack("<I", chunks(target)[b"fmt "][20:24])[0] == mask
    else:
        assert layout(target) == layout(source) == name


def test_a_plain_file_stays_plain(tmp_path: Path) -> None:
    source = write_wav(tmp_path / "in.wav", noise(2, RATE), RATE)
    enhance_file(source, tmp_path / "out.wav", Settings.nothing())
    assert list(chunks(tmp_path / "out.wav")) == [b"fmt ", b"data"]
    assert len(chunks(tmp_path / "out.wav")[b"fmt "]) == 16
