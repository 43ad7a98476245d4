"""The files of the cache: what is written is read, what is damaged or could be a stranger's is not."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.numba_cache import faults
from runtime.numba_cache import files as cache_files
from runtime.numba_cache.files import (
    BrokenFileError,
    LayeredCacheFile,
    LayeredPath,
    UntrustedFileError,
    read_checked,
    write_checked,
)
from tests.runtime.damage import DAMAGES


def test_what_is_written_is_read_and_still_a_pickle_to_others(tmp_path: Path) -> None:
    path = tmp_path / "code.nbc"
    write_checked(str(path), pickle.dumps([1, 2]))
    assert read_checked(str(path)) == pickle.dumps([1, 2])
    assert pickle.loads(path.read_bytes()) == [1, 2]
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_has_no_checksum_is_not_read(tmp_path: Path) -> None:
    """Files that numba wrote itself, and ours when their end is lost."""
    path = tmp_path / "code.nbc"
    for content in (pickle.dumps([1, 2]), b""):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(BrokenFileError):
            read_checked(str(path))


def test_one_changed_byte_is_noticed_wherever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "code.nbc"
    write_checked(str(path), b"0123456789")
    whole = path.read_bytes()
    for position in range(len(whole)):
        content = bytearray(whole)
        content[position] ^= 1
        path.write_bytes(content)
        with pytest.raises(BrokenFileError):
            read_checked(str(path))


def test_a_file_under_the_name_of_another_is_not_read(tmp_path: Path) -> None:
    write_checked(str(tmp_path / "code.nbc"), b"0123456789")
    (tmp_path / "code.nbc").rename(tmp_path / "other.nbc")
    with pytest.raises(BrokenFileError):
        read_checked(str(tmp_path / "other.nbc"))


@pytest.mark.skipif(os.name == "nt", reason="no FIFOs there")
def test_what_is_no_file_is_refused_at_once_and_leaves_nothing_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo", 0o600)
    (tmp_path / "folder").mkdir()
    before = list(Path("/dev/fd").iterdir())
    for name in ("fifo", "folder"):
        with pytest.raises(OSError):
            read_checked(str(tmp_path / name))
    assert list(Path("/dev/fd").iterdir()) == before


def test_a_file_that_others_could_have_written_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "code.nbc"
    write_checked(str(path), b"0123456789")
    path.chmod(0o620)
    with pytest.raises(UntrustedFileError, match="other users can write it"):
        read_checked(str(path))
    path.chmod(0o600)
    os.link(path, tmp_path / "other")
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(OSError, match="link"):
        read_checked(str(tmp_path / "link"))
    owner = path.stat().st_uid
    if owner == 0:
        os.chown(path, 4321, 4321)
    else:
        monkeypatch.setattr(cache_files, "current_uid", lambda: owner + 1)
    with pytest.raises(UntrustedFileError, match="belongs to user"):
        read_checked(str(path))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_a_damaged_file_is_a_miss_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, damage: Callable[[Path], None]
) -> None:
    monkeypatch.setattr(faults, "_seen", {})
    files = LayeredCacheFile(LayeredPath(str(tmp_path), None), "function", "stamp")
    files.save("key", list(range(100)))
    assert files.load("key") == list(range(100))
    damage(next(tmp_path.glob(f"*.{suffix}")))
    assert files.load("key") is None
    assert [warning.kind for warning in faults.recorded()] == ["unreadable"]
    files.save("key", [1])
    assert files.load("key") == [1]
    assert faults.recorded()[0].count == 1


def test_both_caches_are_read_and_only_one_is_written(tmp_path: Path) -> None:
    own, baked = tmp_path / "own", tmp_path / "baked"
    own.mkdir()
    baked.mkdir()
    LayeredCacheFile(LayeredPath(str(baked), None), "function", "stamp").save("baked", 1)
    before = sorted(path.read_bytes() for path in baked.iterdir())
    files = LayeredCacheFile(LayeredPath(str(own), str(baked)), "function", "stamp")
    assert files.load("baked") == 1
    assert files.load("other") is None
    files.save("other", 2)
    assert (files.load("baked"), files.load("other")) == (1, 2)
    files.flush()
    assert (files.load("baked"), files.load("other")) == (1, None)
    assert sorted(path.read_bytes() for path in baked.iterdir()) == before
    assert LayeredCacheFile(LayeredPath(str(baked), None), "function", "changed source").load("baked") is None
    nowhere = LayeredCacheFile(LayeredPath(None, None), "function", "stamp")
    nowhere.save("key", 1)
    nowhere.flush()
    assert nowhere.load("key") is None
