"""What is kept stays whole while it is used, within its bytes, and goes in the order of its use."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from pipeline.cache import rows as rows_module
from pipeline.cache import store as store_module
from pipeline.cache.rows import Rows
from pipeline.cache.store import Store
from pipeline.cache.tape import Tape
from pipeline.errors import EnhancementError

ROW = np.arange(4, dtype=np.uint16)


def kept(store: Store, key: str, size: float = 100.0) -> Rows:
    made = store.rows(4, np.uint16, size)
    assert made is not None
    made.append(np.stack([ROW, ROW + 1]))
    store.keep(key, made, made)
    return made


def found(store: Store, key: str) -> object:
    with ExitStack() as until:
        return store.find(key, until)


def test_rows_come_back_from_anywhere(tmp_path: Path) -> None:
    made = Rows(4, np.uint16, tmp_path, lambda: None)
    made.append(np.stack([ROW, ROW + 1]))
    made.append(ROW[None] + 2)
    assert np.array_equal(made.read(1, 9), [ROW + 1, ROW + 2])
    assert made.read(3, 1).shape == (0, 4)
    assert list(tmp_path.iterdir()) == []  # without a name
    made.close()


def test_what_was_used_longest_ago_makes_room(tmp_path: Path) -> None:
    store = Store(tmp_path, 250)
    kept(store, "first")
    kept(store, "second")
    assert found(store, "first")
    kept(store, "third")
    assert [bool(found(store, key)) for key in ("first", "second", "third")] == [True, False, True]
    assert store.held_bytes == 200
    store.clear()
    assert store.held_bytes == 0


def test_what_is_in_use_stays_whole_after_it_went(tmp_path: Path) -> None:
    store = Store(tmp_path, 250)
    made = kept(store, "mine")
    with ExitStack() as until:
        assert store.find("mine", until) is made
        store.clear()
        assert found(store, "mine") is None
        assert np.array_equal(made.read(0, 1), ROW[None])
        assert store.held_bytes == 100  # counted as long as its file is there
    assert made.is_closed
    assert store.held_bytes == 0


def test_no_file_takes_more_than_its_share_nor_than_there_is(tmp_path: Path) -> None:
    assert Store(tmp_path, 250).rows(4, np.uint16, 126) is None
    assert Store(tmp_path, 250, lambda size: size < 50).rows(4, np.uint16, 60) is None
    assert Store(tmp_path / "nowhere", 250).rows(4, np.uint16, 60) is None
    store = Store(tmp_path, 250)
    with ExitStack() as until:
        for key in ("first", "second"):
            kept(store, key)
            store.find(key, until)
        assert store.rows(4, np.uint16, 100) is None  # all of it is in use
    assert store.held_bytes == 0


def test_a_store_of_no_bytes_keeps_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path, 0)
    store.keep("value", 1)
    assert store.is_off
    assert found(store, "value") is None


def test_values_are_bounded_in_number(tmp_path: Path) -> None:
    store = Store(tmp_path, 250, most_entries=2)
    for value in (1, 2, 3):
        store.keep(value, value)
    assert [found(store, value) for value in (1, 2, 3)] == [None, 2, 3]


def test_what_nobody_used_for_its_lifetime_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(store_module.time, "monotonic", lambda: now)
    store = Store(tmp_path, 250)
    store.keep("old", 1)
    now = 50.0
    store.keep("young", 2)
    store.sweep(100)
    assert found(store, "old") == 1  # used now
    now = 149.0
    store.sweep(100)
    assert (found(store, "old"), found(store, "young")) == (1, 2)
    now = 260.0
    store.sweep(100)
    assert (found(store, "old"), found(store, "young")) == (None, None)


def test_a_damaged_file_is_said_once_and_then_done_anew(tmp_path: Path) -> None:
    store = Store(tmp_path, 250)
    made = kept(store, "mine")
    made.count += 1  # as if the disk had lost its end
    with ExitStack() as until, pytest.raises(EnhancementError, match="damaged"):
        store.find("mine", until).read(0, 3)  # type: ignore[union-attr]
    assert found(store, "mine") is None


def test_a_full_disk_ends_a_tape_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path, 1000)
    made = store.rows(4, np.uint16, 100)
    assert made is not None
    tape = Tape(made)
    tape.record(ROW[None])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rows_module.Rows, "append", full)
    tape.record(ROW[None])
    tape.record(ROW[None])
    assert tape.is_closed
    assert store.held_bytes == 0


def test_a_tape_plays_unit_by_unit(tmp_path: Path) -> None:
    tape = Tape(Rows(4, np.uint16, tmp_path, lambda: None))
    for count in (0, 2, 1):
        tape.record(np.repeat(ROW[None], count, axis=0) + np.uint16(count))
    assert [len(tape.played(unit)) for unit in (0, 1, 2, 3)] == [0, 2, 1, 1]
    assert np.array_equal(tape.played(1)[1], ROW + 2)
    tape.close()
