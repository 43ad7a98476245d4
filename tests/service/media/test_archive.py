"""A ZIP that is made while it is sent."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from service.media import archive
from service.media.archive import distinct, zipped


def test_it_holds_the_files_as_they_are(tmp_path: Path) -> None:
    files = []
    for number, size in enumerate((0, 1, archive.PIECE_BYTES, 3 * archive.PIECE_BYTES + 7)):
        path = tmp_path / f"{number}"
        path.write_bytes(bytes([number]) * size)
        files.append((f"größe {number} 大.wav", path))
    pieces = list(zipped(files))
    assert max(map(len, pieces)) < archive.PIECE_BYTES + 2000  # nothing is gathered
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as found:
        assert found.testzip() is None
        assert [entry.filename for entry in found.infolist()] == [name for name, _ in files]
        assert {entry.compress_type for entry in found.infolist()} == {zipfile.ZIP_STORED}
        assert [found.read(name) for name, _ in files] == [path.read_bytes() for _, path in files]


def test_large_files_have_the_longer_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is 2 GB; here it is moved instead of the size."""
    path = tmp_path / "x"
    path.write_bytes(bytes(5000))
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 4000)
    data = b"".join(zipped([("x.wav", path), ("y.wav", path)]))
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert found.testzip() is None
        assert [entry.extract_version for entry in found.infolist()] == [zipfile.ZIP64_VERSION] * 2
        assert found.read("y.wav") == bytes(5000)


def test_a_file_that_is_gone_breaks_it_off(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    with pytest.raises(OSError, match="No such file"):
        list(zipped([("x", tmp_path / "x"), ("y", tmp_path / "y")]))


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["a.wav", "b.wav"], ["a.wav", "b.wav"]),
        (["talk.clean.wav"] * 3, ["talk.clean.wav", "talk.clean (2).wav", "talk.clean (3).wav"]),
        (["a.wav", "a (2).wav", "a.wav"], ["a.wav", "a (2).wav", "a (3).wav"]),
        (["A.wav", "a.wav"], ["A.wav", "a (2).wav"]),
        (["\u00e4.wav", "a\u0308.wav"], ["\u00e4.wav", "a\u0308 (2).wav"]),
        (["STRASSE.wav", "straße.wav"], ["STRASSE.wav", "straße (2).wav"]),
    ],
)
def test_names_are_distinct_on_every_system(given: list[str], found: list[str]) -> None:
    assert distinct(given) == found
