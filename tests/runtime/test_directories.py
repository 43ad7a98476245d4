"""Which directories are trusted with code, and which are refused with what reason."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from runtime import directories
from runtime.directories import distrust, distrust_tree, refuse_as_cache

pytestmark = pytest.mark.skipif(os.name == "nt", reason="owners and modes are POSIX")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "cache"
    path.mkdir(mode=0o700)
    return path


def test_a_missing_directory_is_made_for_us_alone_with_all_that_is_missing_above(tmp_path: Path) -> None:
    path = tmp_path / "one" / "two"
    old = os.umask(0)
    try:
        assert refuse_as_cache(path) is None
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o700, 0o755, 0o750])
def test_a_directory_that_only_we_can_write_is_taken(place: Path, mode: int) -> None:
    place.chmod(mode)
    assert refuse_as_cache(place) is None


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o720, 0o702, 0o1777])
def test_a_directory_that_others_can_write_is_refused(place: Path, mode: int) -> None:
    place.chmod(mode)
    assert "other users can write it" in str(refuse_as_cache(place))


def test_a_symbolic_link_is_refused_even_to_a_directory_of_ours(tmp_path: Path, place: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(place)
    assert refuse_as_cache(link) == "it is a symbolic link"


def test_a_dangling_symbolic_link_is_refused_and_its_target_not_made(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    assert refuse_as_cache(link) == "it is a symbolic link"
    assert not (tmp_path / "elsewhere").exists()


def test_a_link_of_ours_above_it_is_followed_and_what_it_leads_to_examined(tmp_path: Path, place: Path) -> None:
    (tmp_path / "link").symlink_to(place)
    assert refuse_as_cache(tmp_path / "link" / "inside") is None
    place.chmod(0o777)
    assert "can exchange what is in" in str(refuse_as_cache(tmp_path / "link" / "inside"))


def test_a_directory_above_it_that_others_can_write_is_refused_unless_sticky(place: Path) -> None:
    place.chmod(0o777)
    assert "can exchange what is in" in str(refuse_as_cache(place / "inside"))
    place.chmod(0o1777)
    assert refuse_as_cache(place / "inside") is None


def test_a_directory_of_another_user_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = place.stat().st_uid
    monkeypatch.setattr(directories, "current_uid", lambda: owner + 1)
    assert f"belongs to user {owner}" in str(distrust(place))


def test_a_directory_of_root_is_only_good_for_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directories, "current_uid", lambda: 12345)
    usr = Path("/usr")
    assert "belongs to user 0" in str(distrust(usr))
    assert distrust(usr, root_may_own=True) is None


def test_a_file_in_its_place_a_relative_path_and_dots_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refuse_as_cache(tmp_path / "file") == "it is not a directory"
    assert "cannot be examined" in str(refuse_as_cache(tmp_path / "file" / "inside"))
    assert refuse_as_cache(Path("relative")) == "its path is not absolute"
    assert refuse_as_cache(tmp_path / ".." / "x") == "its path contains '..'"


def test_a_full_disk_shows_in_the_probe(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert refuse_as_cache(place) == "it cannot be written (No space left on device)"
    assert list(place.iterdir()) == []


def test_a_tree_is_trusted_only_as_a_whole(place: Path) -> None:
    (place / "sub").mkdir(mode=0o755)
    file = place / "sub" / "code.nbc"
    file.touch(0o644)
    assert distrust_tree(place) is None
    file.chmod(0o666)
    assert "code.nbc: other users can write it" in str(distrust_tree(place))
    file.unlink()
    file.symlink_to("/etc/hostname")
    assert "is a symbolic link" in str(distrust_tree(place))


def test_the_user_cache_directory_follows_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(directories.sys, "platform", "linux")
    assert directories.user_cache_dir({}) == tmp_path / ".cache/ai-speech-enhancement/numba"
    assert directories.user_cache_dir({"XDG_CACHE_HOME": "/x"}) == Path("/x/ai-speech-enhancement/numba")
    assert directories.user_cache_dir({"XDG_CACHE_HOME": "x"}) == tmp_path / ".cache/ai-speech-enhancement/numba"
    monkeypatch.setattr(directories.sys, "platform", "darwin")
    assert directories.user_cache_dir({}) == tmp_path / "Library/Caches/ai-speech-enhancement/numba"
    monkeypatch.setattr(directories.sys, "platform", "win32")
    assert directories.user_cache_dir({"LOCALAPPDATA": "/l"}) == Path("/l/ai-speech-enhancement/numba")
    assert directories.user_cache_dir({}) is None
    monkeypatch.setattr(directories.sys, "platform", "linux")
    monkeypatch.setenv("HOME", "/nonexistent")
    assert directories.user_cache_dir({}) is None


def test_where_users_have_no_numbers_nothing_is_refused_for_its_owner(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "geteuid")
    place.chmod(0o777)
    assert refuse_as_cache(place) is None
    assert str(directories.temporary_cache_dir()).endswith("numba-user")


def owned_by_another(place: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Give `place` to somebody else, as far as this process can: the number of its owner, who is not trusted."""
    if os.geteuid() == 0:
        os.lchown(place, 12345, 12345)
        return 12345
    owner = place.lstat().st_uid
    monkeypatch.setattr(directories, "current_uid", lambda: owner + 1)
    return owner


@pytest.mark.parametrize("mode", [0o755, 0o711, 0o1777])
def test_a_directory_above_it_of_another_user_is_refused_whatever_its_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    """Its owner could exchange what is in it at any time."""
    above = tmp_path / "above"
    (above / "deep" / "cache").mkdir(mode=0o700, parents=True)
    above.chmod(mode)
    owner = owned_by_another(above, monkeypatch)
    for path in (above / "cache", above / "deep" / "cache", above / "deep" / "to" / "be" / "made"):
        assert f"above it belongs to user {owner}" in str(distrust(path))
        assert f"above it belongs to user {owner}" in str(distrust(path, root_may_own=True))


def test_a_tree_with_something_of_another_user_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = place / "code.nbc"
    entry.touch(0o644)
    assert distrust_tree(place) is None
    owner = owned_by_another(entry, monkeypatch)
    assert f"belongs to user {owner}" in str(distrust_tree(place))


def test_a_link_of_another_user_on_the_way_is_refused(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(place)
    assert distrust(tmp_path / "link" / "cache") is None
    owner = owned_by_another(tmp_path / "link", monkeypatch)
    assert f"belongs to user {owner}" in str(distrust(tmp_path / "link" / "cache"))
