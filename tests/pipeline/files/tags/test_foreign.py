"""Tags, cover and chapters of containers that only FFmpeg's libraries read: as the decoder tells them."""

from __future__ import annotations

import struct
import subprocess
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from pipeline import Settings, enhance_file
from pipeline.files.decode import Recording
from pipeline.files.limits import LOCAL, STRANGERS, Limits
from pipeline.files.tags.foreign import metadata as told_by
from pipeline.files.tags.metadata import MOST_CHAPTERS, MOST_COVER_BYTES, MOST_TAG_BYTES, Cover, Metadata
from pipeline.files.tags.read import metadata
from tests.pipeline.files.media import write_wav
from tests.pipeline.files.tags.test_tags import CHAPTERS, NAMES, TAGS, png
from tests.pipeline.signals import noise

RATE = 48_000
ALL = set(TAGS)
FEW = {"TITLE", "COMMENT"}
EVERYBODY = pytest.mark.parametrize("limits", [LOCAL, STRANGERS], ids=["here", "in a process of its own"])


def written(
    path: Path, *options: object, tags: dict[str, str] = TAGS, chapters: bool = True, picture: bytes = b""
) -> Path:
    """By the command, with what the test says."""
    talk = write_wav(path.parent / "talk.wav", noise(1, 2 * RATE, -30), RATE)
    lines = [";FFMETADATA1", *(f"{NAMES.get(k, k)}={v}".replace(";", r"\;") for k, v in tags.items()), "encoder=X"]
    for start, end, chapter in ((0, 750, CHAPTERS[0]), (750, 2000, CHAPTERS[1])) if chapters else ():
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start}", f"END={end}", f"title={chapter.title}"]
    about = path.parent / "about.txt"
    about.write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape")
    attached: list[object] = []
    if picture:
        (path.parent / "cover.png").write_bytes(picture)
        attached = ["-attach", path.parent / "cover.png", "-metadata:s:t", "mimetype=image/png"]
        attached += ["-metadata:s:t", "filename=cover.png"]
    command = ["ffmpeg", "-v", "error", "-y", "-i", talk, "-i", about, "-map", "0:a", "-map_metadata", "1"]
    subprocess.run([*command, "-map_chapters", "1", *attached, *options, path], check=True)  # type: ignore[list-item]
    return path


def read(path: Path, limits: Limits = LOCAL) -> Metadata:
    recording = Recording(path, limits)
    sound = sum(block.shape[1] for block in recording.blocks())
    assert abs(sound - 2 * recording.sample_rate) < 0.12 * recording.sample_rate  # the cover took nothing away
    return metadata(path).completed(recording.about)


@pytest.mark.parametrize(
    ("name", "options", "names", "has_chapters"),
    [
        ("x.mka", ["-c:a", "flac"], ALL, True),
        ("x.webm", ["-c:a", "libopus"], ALL, True),
        ("x.wma", [], ALL, True),
        ("x.avi", ["-c:a", "pcm_s16le"], ALL, False),
        ("x.caf", [], ALL, False),
        ("x.flv", ["-c:a", "aac"], ALL, False),
        ("x.wv", [], ALL, False),
        ("x.tta", ["-c:a", "tta"], ALL, False),
        ("x.nut", ["-c:a", "pcm_s16le"], ALL, True),
        ("x.rm", ["-c:a", "ac3"], FEW, False),
        ("x.au", [], {"TITLE", "ARTIST", "ALBUM", "GENRE", "TRACKNUMBER"}, False),
        ("x.oga", ["-c:a", "flac"], ALL, False),
        ("x.spx", ["-c:a", "libspeex"], ALL, False),
        ("x.mov", ["-c:a", "alac"], ALL - {"TRACKNUMBER"}, True),  # FFmpeg writes no number there
    ],
)
def test_what_ffmpeg_has_written_is_read(
    tmp_path: Path, name: str, options: list[str], names: set[str], has_chapters: bool
) -> None:
    path = written(tmp_path / name, *options)
    found = read(path, STRANGERS)
    assert dict(found.tags) == {key: value for key, value in TAGS.items() if key in names}
    titles = [(chapter.start_s, chapter.title) for chapter in found.chapters]
    assert titles == ([(c.start_s, c.title) for c in CHAPTERS] if has_chapters else [])


@EVERYBODY
@pytest.mark.parametrize("extra", [0, 9 << 20])
def test_a_cover_of_matroska_is_copied(tmp_path: Path, limits: Limits, extra: int) -> None:
    found = read(written(tmp_path / "x.mka", "-c:a", "flac", picture=png(extra)), limits)
    assert found.cover == Cover("image/png", png(extra))
    assert len(found.chapters) == 2 and dict(found.tags) == TAGS


@EVERYBODY
def test_a_cover_that_is_too_large_is_left_out(tmp_path: Path, limits: Limits) -> None:
    found = read(written(tmp_path / "x.mka", "-c:a", "flac", picture=png(MOST_COVER_BYTES)), limits)
    assert found.cover is None
    assert dict(found.tags) == TAGS


def test_the_front_cover_is_taken(tmp_path: Path) -> None:
    (tmp_path / "back.png").write_bytes(png(50))
    more = ["-attach", tmp_path / "back.png", "-metadata:s:1", "mimetype=image/png"]
    front = ["-attach", tmp_path / "cover.png", "-metadata:s:2", "mimetype=image/png"]
    names = ["-metadata:s:1", "filename=back.png", "-metadata:s:2", "filename=cover.png"]
    (tmp_path / "cover.png").write_bytes(png(60))
    assert read(written(tmp_path / "x.mka", *more, *front, *names)).cover == Cover("image/png", png(60))


def _asf_with_picture(data: bytes, picture: bytes) -> bytes:
    """An Extended Content Description Object with a WM/Picture, as the last one of the header (ASF §3.11)."""
    name = "WM/Picture\0".encode("utf-16-le")
    value = struct.pack("<BI", 3, len(picture)) + "image/png\0".encode("utf-16-le") + b"\0\0" + picture
    assert len(value) < 1 << 16
    one = struct.pack("<HH", 1, len(name)) + name + struct.pack("<HH", 1, len(value)) + value
    made = bytes.fromhex("40a4d0d207e3d21197f000a0c95ea850") + struct.pack("<Q", 24 + len(one)) + one
    size, count = struct.unpack_from("<QI", data, 16)
    return data[:16] + struct.pack("<QI", size + len(made), count + 1) + data[28:size] + made + data[size:]


def test_a_cover_of_wma(tmp_path: Path) -> None:
    path = written(tmp_path / "x.wma")
    path.write_bytes(_asf_with_picture(path.read_bytes(), png(1000)))
    found = read(path, STRANGERS)
    assert found.cover == Cover("image/png", png(1000))
    assert dict(found.tags) == TAGS


@EVERYBODY
@pytest.mark.parametrize("name", ["x.avi", "x.mka"])
def test_what_is_no_utf_8_is_read_as_windows_wrote_it(tmp_path: Path, limits: Limits, name: str) -> None:
    options = ["-c:a", "pcm_s16le"]
    path = written(tmp_path / name, *options, tags={"TITLE": "A.....B", "ARTIST": "C.D"})
    path.write_bytes(path.read_bytes().replace(b"A.....B", b"W\xf6rter\xff").replace(b"C.D", b"C\x81D"))
    assert dict(read(path, limits).tags) == {"TITLE": "Wörterÿ", "ARTIST": "C\ufffdD"}


@EVERYBODY
def test_a_huge_tag_is_left_out_and_the_sound_is_read(tmp_path: Path, limits: Limits) -> None:
    path = written(tmp_path / "x.mka", "-c:a", "flac")
    for size, is_kept in ((1000, True), (2 * MOST_TAG_BYTES, False), (15 << 20, False)):
        grown = tmp_path / "grown.mka"
        grown.write_bytes(_with_tag(path.read_bytes(), "LYRICS", b"Z\xff" * (size // 2)))
        found = read(grown, limits)
        assert found.first("LYRICS") == ("Zÿ" * 500 if is_kept else "")
        assert found.first("TITLE") == TAGS["TITLE"]


def _with_tag(data: bytes, name: str, value: bytes) -> bytes:
    """A Matroska of unknown length with one more element of tags behind all others."""

    def element(number: bytes, content: bytes) -> bytes:
        return number + struct.pack(">Q", 1 << 56 | len(content)) + content

    simple = element(b"\x67\xc8", element(b"\x45\xa3", name.encode()) + element(b"\x44\x87", value))
    at = data.index(b"\x18\x53\x80\x67") + 4
    tags = element(b"\x12\x54\xc3\x67", element(b"\x73\x73", element(b"\x63\xc0", b"") + simple))
    # In front of the others, so that it is read before the sound.
    return data[:at] + b"\x01" + b"\xff" * 7 + tags + data[at + 8 :]


class Source:
    """As PyAV has it."""

    def __init__(self, said: dict[str, str], chapters: list[dict[str, Any]] | None = None) -> None:
        self.metadata, self._chapters = said, chapters or []
        self.format = type("Format", (), {"name": "matroska,webm"})

    def chapters(self) -> list[dict[str, Any]]:
        return self._chapters


class Stream:
    metadata = MappingProxyType({"title": "Kommentar", "language": "eng", "BPS": "3"})


def test_names_become_ours_and_what_is_of_the_film_is_left_out() -> None:
    said = {
        "album_artist": "A", "YEAR": "1999", "date": "2024", "WM/Year": "1", "disc": "2/2", "ENCODER": "X",
        "creation_time": "2024-05-01T00:00:00Z", "BPS-eng": "3", "_STATISTICS_TAGS": "BPS", "WMFSDKVersion": "1",
        "com.apple.quicktime.title": "T", "com.apple.quicktime.location.ISO6709": "+48", "videocodecid": "7",
        "MUSICBRAINZ_TRACKID": "b", "DATE_RELEASED": "2000",
    }  # fmt: skip
    found = told_by(Source(said), Stream, None, 0.0)
    assert dict(found.tags) == {
        "ALBUMARTIST": "A", "DATE": "2024", "DISCNUMBER": "2/2", "TITLE": "T", "MUSICBRAINZ_TRACKID": "b",
    }  # fmt: skip


def test_chapters_are_counted_from_the_first_sample_and_have_an_end() -> None:
    def one(start: int, end: int, title: str) -> dict[str, Any]:
        return {"start": start, "end": end, "time_base": Fraction(1, 10), "metadata": {"title": title}}

    listed = [one(0, 5, "before"), one(5, 15, "cut"), one(15, 2**62, "late"), one(2**62, 2**62, "never")]
    found = told_by(Source({}, listed), Stream, None, 1.0).chapters
    assert [(chapter.start_s, chapter.end_s, chapter.title) for chapter in found] == [
        (0.0, 0.5, "cut"), (0.5, None, "late"),
    ]  # fmt: skip
    many = told_by(Source({}, [one(k, k + 1, "x") for k in range(3 * MOST_CHAPTERS)]), Stream, None, 0.0)
    assert len(many.chapters) == MOST_CHAPTERS


def test_an_enhancement_carries_them_over(tmp_path: Path) -> None:
    source = written(tmp_path / "x.webm", "-c:a", "libopus")
    enhance_file(source, tmp_path / "out.flac", Settings.nothing(), limits=STRANGERS)
    found = metadata(tmp_path / "out.flac")
    assert dict(found.tags) == TAGS
    assert [chapter.title for chapter in found.chapters] == [chapter.title for chapter in CHAPTERS]
