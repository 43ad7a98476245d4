"""Nobody else reads a visitor's files, and they disappear."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.ledger import RoomError
from service.storage import PREFIX, NoStorageError, Storage, remove_leftovers

DIE = """if True:
    import os, sys
    from service.storage import Storage
    storage = Storage.choose({"GRADIO_TEMP_DIR": sys.argv[1]})
    storage.open(9e9)
    print(storage.root, flush=True)
    os._exit(9)
"""


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    made = Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)})
    made.open(3600)
    return made


def test_choosing_writes_nothing(tmp_path: Path) -> None:
    assert Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)}).root.parent == tmp_path
    assert not list(tmp_path.iterdir())


def test_directories_are_private_and_unguessable(storage: Storage) -> None:
    first, second = storage.new_folder(), storage.new_folder()
    for path in (storage.root, first, second):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert first.name != second.name
    assert min(len(first.name), len(storage.root.name) - len(PREFIX)) >= 20


def test_only_what_was_given_to_us_is_ours(storage: Storage, tmp_path: Path) -> None:
    folder = storage.new_folder("in")
    given = folder / "talk.wav"
    given.write_bytes(b"x")
    assert not storage.owns(given)  # half of an upload is nobody's
    storage.give(given)
    link, outside = folder / "link.wav", tmp_path / "secret"
    outside.write_bytes(b"x")
    link.symlink_to(outside)
    assert storage.owns(given)
    assert storage.owns(str(given))
    for other in (
        link,
        outside,
        folder,
        folder / "missing",
        folder / ".." / ".." / "secret",
        folder / ".." / folder.name / "talk.wav",
        f"{folder}//talk.wav",
        f"{folder}/./talk.wav",
        f"/{given}",
        f"/proc/self/root{given}",
        "talk.wav",
        "/etc/passwd",
        "a\0b",
        "",
    ):
        assert not storage.owns(other), other
    assert not storage.owns(storage.root / ".lock")


def test_what_is_open_in_this_process_is_not_ours_for_that(storage: Storage) -> None:
    result = storage.new_folder() / "talk.clean.wav"
    result.write_bytes(b"x")
    storage.give(result)
    with result.open("rb") as file:
        for folder in ("/proc/self/fd", "/dev/fd", f"/proc/{os.getpid()}/fd"):
            assert not storage.owns(f"{folder}/{file.fileno()}")
    assert storage.owns(result)


def test_what_was_exchanged_for_a_link_is_no_longer_ours(storage: Storage, tmp_path: Path) -> None:
    folder, secret = storage.new_folder(), tmp_path / "secret" / "talk.wav"
    given = folder / "talk.wav"
    given.write_bytes(b"x")
    storage.give(given)
    secret.parent.mkdir()
    secret.write_bytes(b"secret")
    given.unlink()
    assert not storage.owns(given)
    given.symlink_to(secret)
    assert not storage.owns(given)
    given.unlink()
    folder.rmdir()
    folder.symlink_to(secret.parent)
    assert given.read_bytes() == b"secret"
    assert not storage.owns(given)


def test_what_is_removed_may_no_longer_be_named_and_takes_no_room(storage: Storage) -> None:
    storage.ledger.bound(1000 * 1024, 0)
    discarded, swept = (storage.new_folder("in") / "talk.wav" for _ in range(2))
    for path in (discarded, swept):
        path.write_bytes(b"x" * 120 * 1024)
        storage.give(path, "a")
    with pytest.raises(RoomError):
        storage.ledger.check_room("a", 50 * 1024)
    storage.discard(discarded)
    assert not discarded.parent.exists()
    storage.ledger.check_room("a", 50 * 1024)
    past = time.time() - 100
    os.utime(swept, (past, past))
    storage.sweep(50)
    storage.ledger.check_room("a", 240 * 1024)
    for path in (discarded, swept):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"somebody else's")
        assert not storage.owns(path)


def test_what_is_older_than_its_lifetime_goes(storage: Storage) -> None:
    old, new = storage.new_folder(), storage.new_folder()
    (old / "a.wav").write_bytes(b"x")
    (new / "b.wav").write_bytes(b"x")
    past = time.time() - 100
    os.utime(old / "a.wav", (past, past))
    storage.sweep(50)
    assert not (old / "a.wav").exists()
    assert (new / "b.wav").exists()
    assert (storage.root / ".lock").exists()
    os.utime(old, (past, past))
    storage.sweep(50)
    assert not old.exists()
    assert new.exists()


def test_what_is_in_use_stays_and_lives_on_from_there(storage: Storage) -> None:
    folder, past = storage.new_folder(), time.time() - 100
    upload, other = folder / "a.wav", folder / "b.wav"
    for path in (upload, other):
        path.write_bytes(b"x")
        os.utime(path, (past, past))
    with storage.keeping(upload), storage.keeping(upload):
        storage.sweep(50)
        assert upload.exists()
        assert not other.exists()
    storage.sweep(50)
    assert upload.exists()  # younger than its lifetime now
    os.utime(upload, (past, past))
    with storage.keeping(folder):
        storage.sweep(50)
        assert upload.exists()
        os.utime(folder, (past, past))
        upload.unlink()
        os.utime(folder, (past, past))
        storage.sweep(50)
        assert folder.exists()
    os.utime(folder, (past, past))
    storage.sweep(50)
    assert not folder.exists()


def test_the_sweeper_runs_by_itself(tmp_path: Path) -> None:
    storage = Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)})
    storage.open(0.2)
    upload = storage.root / "hash"
    upload.mkdir()
    (upload / "a.wav").write_bytes(b"x")
    deadline = time.monotonic() + 20
    while (upload / "a.wav").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    storage.close()


def test_closing_leaves_nothing(storage: Storage, tmp_path: Path) -> None:
    (storage.new_folder() / "a").write_bytes(b"x")
    storage.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="locks")
def test_a_restart_removes_what_a_dead_run_left_but_not_what_a_living_one_uses(
    storage: Storage, tmp_path: Path
) -> None:
    dead = subprocess.run([sys.executable, "-c", DIE, str(tmp_path)], capture_output=True, text=True, check=False)
    left = Path(dead.stdout.strip())
    foreign = tmp_path / "somebody-elses"
    foreign.mkdir()
    link = tmp_path / f"{PREFIX}link"
    link.symlink_to(foreign)
    assert left.is_dir(), dead.stderr
    remove_leftovers(tmp_path, 9e9)
    assert not left.exists()
    assert storage.root.is_dir()
    assert foreign.is_dir()
    assert link.is_symlink()
    storage.close()


def test_without_any_directory_nothing_fails_but_storing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.storage._parents", lambda _: [])
    storage = Storage.choose({})
    storage.open(10)
    assert not storage.usable
    with pytest.raises(NoStorageError) as refusal:
        storage.new_folder()
    assert "GRADIO_TEMP_DIR" in refusal.value.suggestion
    storage.close()


def test_a_directory_that_only_seems_writable(tmp_path: Path) -> None:
    parent = tmp_path / "gone"
    parent.mkdir()
    storage = Storage.choose({"GRADIO_TEMP_DIR": str(parent)})
    parent.rmdir()
    storage.open(10)
    assert not storage.usable


@pytest.mark.skipif(sys.platform == "win32", reason="owners are POSIX")
def test_a_restart_leaves_what_another_user_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a temporary directory that all share: its name is like ours, and it is not ours to remove."""
    mine, other = tmp_path / f"{PREFIX}mine", tmp_path / f"{PREFIX}other"
    for folder in (mine, other):
        folder.mkdir(mode=0o700)
        (folder / ".lock").touch()
        (folder / "talk.wav").write_bytes(b"x")
    if os.geteuid() == 0:
        os.chown(other, 12345, 12345)
        remove_leftovers(tmp_path, 9e9)
        assert not mine.exists()
    else:
        monkeypatch.setattr(os, "geteuid", lambda: other.stat().st_uid + 1)
        remove_leftovers(tmp_path, 9e9)
    assert (other / "talk.wav").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="locks")
@pytest.mark.parametrize(("age_s", "is_left"), [(5, True), (50, True), (70, False)])
def test_a_run_that_is_just_being_born_has_a_minute_to_lock_its_directory(
    tmp_path: Path, age_s: float, is_left: bool
) -> None:
    young = tmp_path / f"{PREFIX}young"
    young.mkdir()
    os.utime(young, (time.time() - age_s,) * 2)
    remove_leftovers(tmp_path, 9e9)
    assert young.exists() is is_left


def test_the_places_are_tried_in_order(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    second.mkdir()
    env = {"GRADIO_TEMP_DIR": str(first), "TMPDIR": str(second)}
    assert Storage.choose(env).root.parent == second
    first.mkdir()
    assert Storage.choose(env).root.parent == first


@pytest.mark.parametrize(("age_s", "is_left"), [(3590, True), (3610, False)])
def test_a_lifetime_is_counted_from_the_last_change(storage: Storage, age_s: float, is_left: bool) -> None:
    upload = storage.new_folder() / "talk.wav"
    upload.write_bytes(b"x")
    os.utime(upload, (time.time() - age_s,) * 2)
    storage.sweep(3600)
    assert upload.exists() is is_left
