"""Tags, cover, chapters: what FFmpeg has written is read, and what is written FFmpeg reads."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline import Settings, enhance_file, load
from pipeline.files.encode import Writer
from pipeline.files.formats import AudioShape, Encoding
from pipeline.files.tags.metadata import (
    MOST_COVER_BYTES,
    MOST_READ,
    MOST_TAG_BYTES,
    Chapter,
    Cover,
    Metadata,
    cover,
    kept,
)
from pipeline.files.tags.read import metadata
from tests.pipeline.files.media import write_wav
from tests.pipeline.signals import noise

RATE = 48_000
TAGS = {
    "TITLE": "Gespräch über Wörter ✓",
    "ARTIST": "Ann; Bo",
    "ALBUM": "Talks",
    "DATE": "2024-05-01",
    "GENRE": "Podcast",
    "TRACKNUMBER": "3/12",
    "COMMENT": "line one, line two",
}
CHAPTERS = (Chapter(0.0, None, "Anfang"), Chapter(0.75, None, "Schluß"))
WRITTEN = [".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a"]


def png(extra: int = 0) -> bytes:
    """A red point. extra : bytes more, in a chunk that nobody reads"""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"teXt", bytes(extra))
        + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0"))
        + chunk(b"IEND", b"")
    )


FULL = Metadata(tuple(TAGS.items()), Cover("image/png", png(70_000)), CHAPTERS)


def written(path: Path, about: Metadata, channels: int = 1, seconds: float = 1.5, subtype: str = "auto") -> Path:
    x = noise(channels, round(seconds * RATE), -30)
    with Writer(path, AudioShape(RATE, channels, x.shape[1], about.mask), Encoding(subtype), about) as writer:
        writer.write(x)
    return path


def probed(path: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Tags (names in capitals) and chapters, as FFmpeg reads them."""
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", "-show_chapters", path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    found = json.loads(done.stdout)
    tags = dict(found["format"].get("tags", {}))
    for stream in found["streams"]:
        if stream["codec_type"] == "audio":
            tags |= stream.get("tags", {})
    return {name.upper(): value for name, value in tags.items()}, found["chapters"]


def picture(path: Path) -> bytes:
    done = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-map", "0:v", "-c", "copy", "-f", "image2pipe", "-"],
        capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout


NAMES = {"TRACKNUMBER": "TRACK"}  # as FFmpeg calls it


@pytest.mark.parametrize("suffix", WRITTEN)
def test_ffmpeg_reads_what_is_written(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"x{suffix}", FULL)
    tags, chapters = probed(path)
    assert {name: tags.get(NAMES.get(name, name)) for name in TAGS} == TAGS
    found = [(float(one["start_time"]), one["tags"]["title"]) for one in chapters]
    if suffix != ".wav":  # FFmpeg reads them there from an id3 chunk, older ones do not; `cue ` holds them, too
        assert found == [(chapter.start_s, chapter.title) for chapter in CHAPTERS]
        assert picture(path) == png(70_000)
    assert metadata(path) == replace(FULL, chapters=metadata(path).chapters, chunks=metadata(path).chunks)
    assert [(c.start_s, c.title) for c in metadata(path).chapters] == [(c.start_s, c.title) for c in CHAPTERS]


@pytest.mark.parametrize("suffix", WRITTEN)
def test_the_sound_is_the_same_with_and_without(tmp_path: Path, suffix: str) -> None:
    sound = []
    for name, about in (("a", FULL), ("b", Metadata())):
        path = written(tmp_path / f"{name}{suffix}", about)
        raw = ["ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-f", "f32le", "-"]
        done = subprocess.run(raw, capture_output=True, check=True)
        assert done.stderr == b""
        sound.append(done.stdout)
    assert sound[0] == sound[1]
    assert len(sound[0]) > 4 * RATE
    assert len(list(tmp_path.iterdir())) == 2  # no part is left


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("x.mp3", ["-id3v2_version", "3"]),
        ("x.mp3", ["-id3v2_version", "4"]),
        ("x.flac", []),
        ("x.m4a", []),
        ("x.ogg", ["-c:a", "libvorbis"]),
        ("x.opus", ["-c:a", "libopus"]),
        ("x.wav", []),
        ("x.aiff", ["-write_id3v2", "1"]),
    ],
)
def test_what_ffmpeg_has_written_is_read(tmp_path: Path, name: str, options: list[str]) -> None:
    talk = write_wav(tmp_path / "talk.wav", noise(1, RATE), RATE)
    (tmp_path / "cover.png").write_bytes(png())
    lines = [";FFMETADATA1", *(f"{NAMES.get(k, k)}={v}".replace(";", r"\;") for k, v in TAGS.items()), "ENCODED_BY=X"]
    for start, end, title in ((0, 400, "Anfang"), (400, 1000, "Schluß")):
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}", f"title={title}"]
    (tmp_path / "about.txt").write_text("\n".join(lines), encoding="utf-8")
    with_picture = name in ("x.mp3", "x.flac", "x.m4a")
    inputs = ["-i", talk, "-i", tmp_path / "about.txt", *(["-i", tmp_path / "cover.png"] if with_picture else [])]
    maps = ["-map", "0:a", *(["-map", "2:v", "-c:v", "copy", "-disposition:v", "attached_pic"] if with_picture else [])]
    subprocess.run(
        ["ffmpeg", "-v", "error", *inputs, *maps, "-map_metadata", "1", "-map_chapters", "1", *options,
         tmp_path / name], check=True,
    )  # fmt: skip
    found = metadata(tmp_path / name)
    assert {key: value for key, value in found.tags if key in TAGS} == TAGS
    assert not {key for key, _ in found.tags} & {"ENCODER", "ENCODED_BY", "ENCODEDBY", "SOFTWARE"}
    if with_picture:
        assert found.cover == Cover("image/png", png())
    if name in ("x.mp3", "x.m4a", "x.opus"):  # FFmpeg 5 does not write them elsewhere
        assert [(c.start_s, c.title) for c in found.chapters] == [(0.0, "Anfang"), (0.4, "Schluß")]


def _checksum(page: bytes) -> int:
    """As RFC 3533 says it, bit by bit."""
    found = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        found ^= byte << 24
        for _ in range(8):
            found = (found << 1 ^ 0x04C11DB7 if found & 0x80000000 else found << 1) & 0xFFFFFFFF
    return found


@pytest.mark.parametrize("suffix", [".ogg", ".opus"])
def test_pages_of_ogg_are_counted_and_summed_anew(tmp_path: Path, suffix: str) -> None:
    data, at, numbers = written(tmp_path / f"x{suffix}", FULL, seconds=0.3).read_bytes(), 0, []
    while at < len(data):
        assert data[at : at + 5] == b"OggS\0"
        count = data[at + 26]
        size = 27 + count + sum(data[at + 27 : at + 27 + count])
        page = data[at : at + size]
        numbers.append(struct.unpack("<I", page[18:22])[0])
        assert struct.unpack("<I", page[22:26])[0] == _checksum(page)
        at += size
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > 3  # the cover alone takes two


def test_an_enhancement_carries_them_over(tmp_path: Path) -> None:
    source = written(tmp_path / "talk.mp3", FULL)
    for name in ("out.m4a", "out.wav", "out.flac"):
        enhance_file(source, tmp_path / name, Settings.nothing())
        found = metadata(tmp_path / name)
        assert (found.tags, found.cover) == (FULL.tags, FULL.cover)
        assert [c.title for c in found.chapters] == ["Anfang", "Schluß"]


ONE_KIND = {
    "a title": Metadata((("TITLE", "Talk"),)),
    "what WAV has no name for": Metadata((("LYRICS", "la la"), ("MOOD", "calm"))),
    "a cover": Metadata(cover=FULL.cover),
    "one chapter": Metadata(chapters=CHAPTERS[1:]),
    "many chapters": Metadata(chapters=tuple(Chapter(k / 1000, None, f"{k}") for k in range(1000))),
    "a chapter behind the end": Metadata(chapters=(Chapter(1e6, None, "late"),)),
    "numbers without end": Metadata((("TRACKNUMBER", "9" * 5000), ("DISCNUMBER", "1/" + "9" * 5000))),
    "a time reference without end": Metadata((("TIME_REFERENCE", "9" * 5000), ("TITLE", "Talk"))),
}


@pytest.mark.parametrize("suffix", WRITTEN)
@pytest.mark.parametrize("name", ONE_KIND)
def test_tags_of_one_kind_alone_and_odd_ones_do_not_cost_the_result(tmp_path: Path, suffix: str, name: str) -> None:
    about = ONE_KIND[name]
    path = written(tmp_path / f"x{suffix}", about, seconds=0.3)
    found, expected = metadata(path), dict(about.tags)
    if suffix == ".wav":  # it stands in `bext` there, as a number
        expected.pop("TIME_REFERENCE", None)
    assert (dict(found.tags), found.cover) == (expected, about.cover)
    assert bool(found.chapters) == bool(about.chapters)
    assert load(path).duration_s == pytest.approx(0.3, abs=0.05)


def test_what_is_not_true_any_more_is_left_out() -> None:
    gone = ["ENCODER", "encoded-by", "REPLAYGAIN_TRACK_GAIN", "R128_TRACK_GAIN", "iTunNORM", "TLEN", "iTunSMPB", "TSSE"]
    assert kept((name, "x") for name in [*gone, "Title"]) == (("TITLE", "x"),)


def test_tags_and_covers_have_an_end() -> None:
    assert kept((f"T{k}", "x" * 200_000) for k in range(9)) == tuple((f"T{k}", "x" * 200_000) for k in range(5))
    assert sum(len(v) for _, v in kept((f"T{k}", "x") for k in range(5000))) <= 1000 < MOST_TAG_BYTES
    assert cover(b"\x89PNG\r\n\x1a\n" + bytes(MOST_COVER_BYTES)) is None
    assert cover(b"<svg onload='x'/>") is None
    assert kept([("A=B", "x"), ("A\nB", "x"), ("ü", "x"), ("OK", "a\0b")]) == (("OK", "ab"),)


@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_cover_of_megabytes(tmp_path: Path, suffix: str) -> None:
    large = replace(FULL, cover=Cover("image/png", png(3 << 20)))
    assert metadata(written(tmp_path / f"x{suffix}", large)).cover == large.cover
    probed(tmp_path / f"x{suffix}")


@pytest.mark.parametrize("suffix", WRITTEN)
def test_damaged_tags_are_no_fault(tmp_path: Path, suffix: str) -> None:
    """Cut anywhere, with any byte turned over."""
    data = written(tmp_path / f"x{suffix}", replace(FULL, cover=Cover("image/png", png())), seconds=0.2).read_bytes()
    path = tmp_path / "damaged"
    head = min(len(data), 6_000)
    for at in range(0, head, 37):
        path.write_bytes(data[:at])
        metadata(path)
        path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) * 4 + data[at + 4 :])
        found = metadata(path)
        assert sum(len(value) for _, value in found.tags) <= MOST_TAG_BYTES
    assert metadata(tmp_path / "missing") == metadata(tmp_path) == Metadata()


class Counted(io.BytesIO):
    """A file that counts how often it is read, and how much at once."""

    reads = most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.reads, self.most = self.reads + 1, max(self.most, len(data))
        return data


def _riff(chunks: bytes) -> bytes:
    return b"RIFF\xff\xff\xff\x7fWAVE" + chunks


HOSTILE = {
    "a million empty chunks": _riff(b"junk\0\0\0\0" * 1_000_000),
    "chunks of tags without end": _riff((b"bext\0\0\x10\0" + bytes(1 << 20)) * 60),
    "a chunk that says it has 2 GB": _riff(b"iXML\xff\xff\xff\x7f" + bytes(100)),
    "a million empty pages": (b"OggS\0" + bytes(21) + b"\0") * 1_000_000,
    "a packet without end": b"OggS\0"
    + bytes(21)
    + b"\x01\x08OpusHead"
    + (b"OggS\0" + bytes(21) + b"\xff" + b"\xff" * 255 + bytes(255 * 255)) * 600,
    "a million empty boxes": bytes(4) + b"ftyp" + b"\0\0\0\x08free" * 1_000_000,
    "boxes in a moov": b"\0\0\0\x08ftyp" + b"\x02\0\0\0moov" + b"\0\0\0\x08trak" * 1_000_000,
    "user data of 60 MB": b"\0\0\0\x08ftyp" + b"\x04\0\0\0moov" + b"\x03\xc0\0\0udta" + bytes(60 << 20),
    "blocks of 60 MB": b"fLaC" + (b"\x06\xff\xff\xff" + bytes(0xFFFFFF)) * 4,
    "a tag of 256 MB": b"ID3\4\0\0\x7f\x7f\x7f\x7f" + b"TIT2\x7f\x7f\x7f\x7f\0\0" * 100,
    "tags one behind the other": b"ID3\4\0\0\0\0\0\0" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whoever_made_it_a_file_costs_little(name: str) -> None:
    file = Counted(HOSTILE[name])
    found = metadata(file)
    assert file.reads < 50_000
    assert file.most <= MOST_READ
    assert sum(len(tag) + len(value) for tag, value in found.tags) <= MOST_TAG_BYTES
    assert sum(map(len, found.chunks.values())) <= MOST_READ
    assert file.tell() == 0  # left where it was
