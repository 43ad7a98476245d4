"""Room on the disk, or in memory where the disk is memory."""

from __future__ import annotations

import math
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
    monkeypatch.setattr(room, "free_memory_bytes", lambda: 200 * MB)
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


def _group(root: Path, path: str, **files: object) -> None:
    (root / path).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (root / path / name.replace("__", ".")).write_text(str(content))


def test_the_limit_of_any_group_above_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 2: the inner group has none, the outer one has; what is cached of files is free."""
    outer = {"memory__max": 1000, "memory__current": 900, "memory__stat": "anon 300\ninactive_file 250\n"}
    _group(tmp_path, "a", **outer)
    _group(tmp_path, "a/b", memory__max="max", memory__current=10, memory__stat="inactive_file 0\n")
    monkeypatch.setattr(room, "CGROUPS", tmp_path)
    monkeypatch.setattr(room, "_groups", _groups_of(tmp_path, "0::/a/b"))
    assert list(room._of_groups()) == [350.0]


def _groups_of(root: Path, line: str) -> object:
    """`_groups`, for a process that stands in these groups."""
    original, reader = room._groups, Path.read_text

    def groups() -> object:
        with pytest.MonkeyPatch.context() as patch:

            def read(path: Path, *given: object, **more: object) -> str:
                return line if str(path) == "/proc/self/cgroup" else reader(path, *given, **more)  # type: ignore[arg-type]

            patch.setattr(Path, "read_text", read)
            return list(original())

    return groups


def test_version_1_of_control_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"memory__limit_in_bytes": 500, "memory__usage_in_bytes": 450, "memory__stat": "total_inactive_file 20\n"}
    _group(tmp_path / "memory", "x", **files)
    monkeypatch.setattr(room, "CGROUPS", tmp_path)
    monkeypatch.setattr(room, "_groups", _groups_of(tmp_path, "4:cpu,memory:/x\n3:pids:/x"))
    assert list(room._of_groups()) == [70.0]


def test_this_machine_has_some_memory() -> None:
    assert 0 < room.free_memory_bytes() <= math.inf
