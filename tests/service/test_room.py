"""Room on the disk, or in memory where the disk is memory."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from service import room
from service.ledger import MB, RoomError

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:5 / /tmp rw - tmpfs tmpfs rw,size=1g
24 23 8:2 / /tmp/disk rw - xfs /dev/sdb1 rw
25 22 0:6 / /with\040space rw - ramfs none rw
"""


@pytest.mark.parametrize(
    ("folder", "in_memory"),
    [("/", False), ("/tmp", True), ("/tmp/a", True), ("/tmpf", False), ("/tmp/disk/a", False), ("/with space", True)],
)  # fmt: skip
def test_what_is_kept_in_memory(tmp_path: Path, folder: str, in_memory: bool) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert room.is_in_memory(Path(folder), mounts) is in_memory


def test_elsewhere_than_on_linux_a_disk_is_a_disk(tmp_path: Path) -> None:
    assert room.is_in_memory(tmp_path, tmp_path / "missing") is False


def test_memory_counts_where_the_disk_is_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(total=10_000 * MB, free=900 * MB))
    monkeypatch.setattr("runtime_setup.free_memory_bytes", lambda: 200 * MB)
    monkeypatch.setattr(room, "is_in_memory", lambda _: False)
    room.check_disk(tmp_path, 800 * MB)
    monkeypatch.setattr(room, "is_in_memory", lambda _: True)
    room.check_disk(tmp_path, 100 * MB)
    with pytest.raises(RoomError, match="150 MB of the server's disk, and 200 MB") as refusal:
        room.check_disk(tmp_path, 150 * MB)
    assert refusal.value.status == 507


def test_a_small_disk_is_not_all_reserve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with `docker run --tmpfs /tmp:size=64m`."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(total=64 * MB, free=60 * MB))
    monkeypatch.setattr(room, "is_in_memory", lambda _: False)
    room.check_disk(tmp_path, 50 * MB)
    with pytest.raises(RoomError):
        room.check_disk(tmp_path, 58 * MB)
