"""Both spools give back what they took; the one on the disk leaves nothing, and says when the disk is full."""

from __future__ import annotations

import errno
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import EnhancementError
from pipeline.stream.spool import FileSpool, MemorySpool, spool
from tests.pipeline.signals import noise


def test_what_goes_in_comes_out_as_often_as_asked(tmp_path: Path) -> None:
    blocks = [noise(2, n, seed=n) for n in (1, 100, 0, 7)]
    for kept in (MemorySpool(), FileSpool(tmp_path)):
        with kept:
            for block in blocks:
                kept.append(block)
            for _ in range(2):
                back = np.concatenate(list(kept.blocks()), axis=1)
                assert np.array_equal(back, np.concatenate(blocks, axis=1))


def test_two_readers_do_not_disturb_each_other(tmp_path: Path) -> None:
    with FileSpool(tmp_path) as spool:
        for k in range(5):
            spool.append(np.full((1, 10), k, np.float32))
        for first, second in zip(spool.blocks(), spool.blocks(), strict=True):
            assert np.array_equal(first, second)


def test_the_file_has_no_name_and_is_gone_afterwards(tmp_path: Path) -> None:
    with FileSpool(tmp_path) as spool:
        spool.append(noise(1, 10_000))
        assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_file_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(EnhancementError, match="temporary file"):
        FileSpool(tmp_path / "missing")


def test_a_full_disk_is_told_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    full = Path("/dev/full").open("w+b", buffering=0)  # noqa: SIM115 (the spool closes it)
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: full)
    with FileSpool(tmp_path) as spool, pytest.raises(EnhancementError, match="temporary file") as refusal:
        spool.append(noise(1, 10_000))
    assert refusal.value.status == 507


@pytest.mark.parametrize("kept_bytes", [0, 40, 4 * 100 - 1])
def test_a_file_that_was_cut_short_is_told_and_nothing_is_invented(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kept_bytes: int
) -> None:
    file = (tmp_path / "spool").open("w+b")
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: file)
    with FileSpool() as spool:
        spool.append(noise(1, 100))
        file.flush()
        file.truncate(kept_bytes)
        with pytest.raises(EnhancementError, match="temporary file was damaged"):
            list(spool.blocks())


def test_it_closes_its_file_whatever_happens(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    with FileSpool(tmp_path) as spool:
        spool.append(noise(1, 10))
    with pytest.raises(ZeroDivisionError), FileSpool(tmp_path):
        raise ZeroDivisionError
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_it_says_why_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EnhancementError) as refusal:
        FileSpool(tmp_path / "missing")
    assert refusal.value.details == "No such file or directory"
    assert "TMPDIR" in refusal.value.suggestion


def test_the_first_folder_that_takes_a_file_has_it(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    with FileSpool(tmp_path / "missing", tmp_path / "a file", tmp_path) as kept:
        kept.append(noise(2, 1_000))
        assert np.array_equal(np.concatenate(list(kept.blocks()), axis=1), noise(2, 1_000))


class SmallDisk(io.BytesIO):
    """Takes so many bytes, and writes at most 1,000 at once, as the system may."""

    room = 6_000

    def write(self, data: Any) -> int:
        part = memoryview(data)[: min(1_000, self.room - self.tell())]
        if not part:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(part)


def test_what_is_there_moves_on_when_the_disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    large = SmallDisk()
    large.room = 10**6
    files = {"small": SmallDisk(), "large": large}
    monkeypatch.setattr("tempfile.TemporaryFile", lambda dir, buffering: files[dir])
    blocks = [noise(2, n, seed=n) for n in (300, 400, 500, 1_000)]
    with FileSpool("small", "large") as kept:
        for block in blocks:
            kept.append(block)
        assert files["small"].closed
        assert all(np.array_equal(x, y) for x, y in zip(kept.blocks(), blocks, strict=True))


def test_where_no_disk_takes_a_file_memory_does_within_a_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with spool(tmp_path) as kept:
        assert isinstance(kept, FileSpool)
    monkeypatch.setattr("pipeline.stream.spool.IN_MEMORY_BYTES", 100 * 4)
    with spool(tmp_path / "missing", tmp_path / "too") as kept:
        assert isinstance(kept, MemorySpool)
        kept.append(noise(1, 100))
        with pytest.raises(EnhancementError, match="temporary file"):
            kept.append(noise(1, 1))
