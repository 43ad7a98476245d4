"""Room for each visitor, and in all."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.ledger import MB, Ledger, RoomError


def test_a_visitor_has_a_quarter_of_the_room() -> None:
    ledger = Ledger()
    ledger.bound(100 * MB, 0)
    ledger.add(Path("/a"), "a", 20 * MB)
    ledger.check_room("a", 5 * MB)
    with pytest.raises(RoomError, match="20 MB") as refusal:
        ledger.check_room("a", 6 * MB)
    assert refusal.value.status == 507
    ledger.check_room("b", 25 * MB)


def test_all_together_have_the_room_that_there_is() -> None:
    ledger = Ledger()
    ledger.bound(100 * MB, 0)
    for name in "abcd":
        ledger.add(Path(f"/{name}"), name, 24 * MB)
    with pytest.raises(RoomError, match="server"):
        ledger.check_room("e", 10 * MB)
    ledger.remove(Path("/a"))
    ledger.check_room("e", 10 * MB)


def test_the_least_share_counts_where_the_room_is_small() -> None:
    ledger = Ledger()
    ledger.bound(10 * MB, 8 * MB)
    ledger.check_room("a", 8 * MB)
    with pytest.raises(RoomError):
        ledger.check_room("a", 9 * MB)


def test_many_empty_files_are_not_nothing() -> None:
    ledger = Ledger()
    ledger.bound(4 * MB, 0)
    for number in range(16):
        ledger.check_room("a")
        ledger.add(Path(f"/{number}"), "a", 0)
    with pytest.raises(RoomError):
        ledger.check_room("a", 1)


def test_a_file_counts_once_and_is_forgotten_whole() -> None:
    ledger = Ledger()
    ledger.bound(4 * MB, 0)
    for _ in range(9):
        ledger.add(Path("/a"), "a", MB)
    assert "/a" in ledger
    ledger.remove(Path("/a"))
    ledger.remove(Path("/a"))
    assert "/a" not in ledger
    ledger.check_room("a", MB)
