"""File objects instead of paths."""

from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import numpy as np
import pytest

from pipeline import AudioError, LimitError, enhance_file, load
from pipeline.files import sources
from pipeline.files.decode import Recording
from pipeline.files.limits import Limits
from tests.pipeline.files.media import write_wav
from tests.pipeline.signals import noise

X = noise(1, 24_000)


@pytest.fixture
def wav(tmp_path: Path) -> bytes:
    return write_wav(tmp_path / "x.wav", X).read_bytes()


class Pipe(io.RawIOBase):
    """It can be read once, a little at a time."""

    def __init__(self, data: bytes) -> None:
        self._rest = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._rest.readinto(memoryview(buffer)[:777])


@pytest.mark.parametrize("isolated", [False, True])
def test_file_objects_of_every_kind(tmp_path: Path, wav: bytes, isolated: bool) -> None:
    limits = Limits(isolated=isolated)
    (tmp_path / "x.wav.gz").write_bytes(gzip.compress(wav))
    shifted = io.BytesIO(b"1234" + wav)
    shifted.seek(4)
    with (tmp_path / "x.wav").open("rb") as plain, gzip.open(tmp_path / "x.wav.gz") as zipped:
        for given in (plain, io.BytesIO(wav), Pipe(wav), zipped, shifted):
            recording = Recording(given, limits)  # type: ignore[arg-type]
            for _ in range(2):  # as often as it is asked for
                y = np.concatenate(list(recording.blocks()), axis=1)
                assert y == pytest.approx(X, abs=2**-14)
        assert not plain.closed


def test_a_file_object_can_be_enhanced(tmp_path: Path, wav: bytes) -> None:
    report = enhance_file(io.BytesIO(wav), tmp_path / "y.wav")
    assert report.before.duration_s == pytest.approx(0.5)
    assert load(tmp_path / "y.wav").samples.shape == X.shape


def test_what_cannot_be_read_is_a_sentence(wav: bytes) -> None:
    with pytest.raises(AudioError, match="is empty"):
        load(io.BytesIO())
    with pytest.raises(AudioError, match="gives text, not bytes"):
        load(io.StringIO("la la la"))  # type: ignore[arg-type]
    closed = io.BytesIO(wav)
    closed.close()
    with pytest.raises(AudioError, match="cannot be read"):
        load(closed)
    with pytest.raises(LimitError, match="The file has 0 MB; more than 0 MB"):
        load(io.BytesIO(wav), limits=Limits(max_file_bytes=1_000))


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="memory without a name is Linux's")
def test_without_a_folder_for_temporary_files_memory_serves(
    wav: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(sources.tempfile, "TemporaryFile", refuse)
    assert load(io.BytesIO(wav)).samples == pytest.approx(X, abs=2**-14)


def test_nothing_stays_open(wav: bytes) -> None:
    load(io.BytesIO(wav))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        load(io.BytesIO(wav))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
