"""Cores and memory: of the control groups, version 1 and 2, of the affinity, of the machine; the least counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime import resources

Place = Callable[[str], Path]
MEMINFO = "MemTotal: 4000 kB\nMemFree: 1 kB\nMemAvailable: 3000 kB\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A machine with 8 cores and 4 MB, and this process in the groups named; the folder of its groups."""

    def stand_in(line: str) -> Path:
        (tmp_path / "self").write_text(line)
        (tmp_path / "meminfo").write_text(MEMINFO)
        monkeypatch.setattr(resources, "GROUPS", tmp_path / "groups")
        monkeypatch.setattr(resources, "OF_THIS_PROCESS", tmp_path / "self")
        monkeypatch.setattr(resources, "MEMINFO", tmp_path / "meminfo")
        monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
        return tmp_path / "groups"

    return stand_in


def write(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(f"{content}\n")


@pytest.mark.parametrize(
    ("quota", "cores"),
    [
        *(("max 100000", 8), ("50000 100000", 1), ("150000 100000", 2), ("1600000 100000", 8)),
        *(("", 8), ("x y", 8), ("5 0", 8)),
    ],
)
def test_a_quota_of_version_2_is_rounded_up_to_cores(place: Place, quota: str, cores: int) -> None:
    write(place("0::/a/b") / "a" / "b", cpu__max=quota)
    assert resources.cores() == cores


def test_the_quota_of_an_outer_group_counts(place: Place) -> None:
    root = place("0::/a/b")
    write(root / "a", cpu__max="300000 100000")
    write(root / "a" / "b", cpu__max="max 100000")
    assert resources.cores() == 3


@pytest.mark.parametrize(("quota", "cores"), [(-1, 8), (250_000, 3), (1000, 1)])
def test_a_quota_of_version_1(place: Place, quota: int, cores: int) -> None:
    root = place("4:cpu,cpuacct:/x\n3:pids:/x\n0::/")
    write(root / "cpu,cpuacct" / "x", cpu__cfs_quota_us=quota, cpu__cfs_period_us=100_000)
    assert resources.cores() == cores


def test_in_a_container_the_groups_are_seen_from_their_root(place: Place) -> None:
    """The path is the host's, and is not there."""
    write(
        place("0::/docker/0123"), cpu__max="200000 100000", memory__max=5000, memory__current=0, memory__stat="anon 0"
    )
    assert resources.cores() == 2
    assert resources.memory_limit_bytes() == 5000


def test_of_cores_that_we_may_not_run_on_none_counts(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    write(place("0::/"), cpu__max="400000 100000")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {3}, raising=False)
    assert resources.cores() == 1


def test_the_memory_of_any_group_above_counts_and_what_is_cached_is_free(place: Place) -> None:
    root = place("0::/a/b")
    write(root / "a", memory__max=1000, memory__current=900, memory__stat="anon 300\ninactive_file 250")
    write(root / "a" / "b", memory__max="max", memory__current=10, memory__stat="inactive_file 0")
    assert resources.free_memory_bytes() == 350
    assert resources.memory_limit_bytes() == 1000
    assert resources.memory_used_bytes() == 650


def test_memory_of_version_1(place: Place) -> None:
    files = {"memory__limit_in_bytes": 500, "memory__usage_in_bytes": 450, "memory__stat": "total_inactive_file 20"}
    write(place("4:cpu,memory:/x\n3:pids:/x") / "memory" / "x", **files)
    assert resources.free_memory_bytes() == 70
    assert resources.memory_limit_bytes() == 500


def test_a_limit_beyond_the_machine_is_none(place: Place) -> None:
    files = {"memory__limit_in_bytes": 2**63 - 4096, "memory__usage_in_bytes": 4096, "memory__stat": "rss 0"}
    write(place("4:memory:/x") / "memory" / "x", **files)
    assert resources.memory_limit_bytes() == 4000 * 1024
    assert resources.free_memory_bytes() == 3000 * 1024
    assert resources.memory_used_bytes() == 1000 * 1024


def test_elsewhere_than_on_linux_nothing_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(resources, "OF_THIS_PROCESS", tmp_path / "missing")
    monkeypatch.setattr(resources, "MEMINFO", tmp_path / "missing")
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert resources.cores() == 3
    assert resources.free_memory_bytes() == float("inf")


def test_this_machine_has_some_of_each() -> None:
    assert resources.cores() >= 1
    assert 0 < resources.free_memory_bytes() <= resources.memory_limit_bytes()
