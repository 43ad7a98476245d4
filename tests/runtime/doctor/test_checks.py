"""The single checks: each says what it saw, and what to do about it only where something is to be done."""

from __future__ import annotations

import sys
import tempfile
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runtime.doctor import checks
from runtime.environment import mending

MEMINFO = "MemTotal:       {total} kB\nMemFree:          1 kB\nMemAvailable:   {available} kB\n"
Usage = namedtuple("Usage", "total used free")


def check(name: str) -> dict[str, Any]:
    return next(found for found in checks.run_checks() if found["name"] == name)


@pytest.mark.parametrize(("free_mb", "is_well"), [(200, True), (199, False)])
@pytest.mark.parametrize(("name", "other"), [("disk of the cache", "temp"), ("disk of temporary files", "cache")])
def test_less_than_200_mb_of_either_disk_are_too_few(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, other: str, free_mb: int, is_well: bool
) -> None:
    """The other one has room enough."""
    monkeypatch.setattr(checks.configuration, "status", lambda: SimpleNamespace(cache_dir=str(tmp_path / "cache")))
    monkeypatch.setattr(checks, "_temporary", lambda: str(tmp_path / "temp"))
    free = {str(tmp_path / place): free_mb * 2**20 for place in ("cache", "temp")} | {str(tmp_path / other): 2**40}
    monkeypatch.setattr("shutil.disk_usage", lambda place: Usage(0, 0, free[place]))
    found = check(name)
    assert found["ok"] is is_well
    assert found["detail"].startswith(f"{free_mb} MB free in {tmp_path}")
    assert bool(found["suggestion"]) is not is_well


@pytest.mark.parametrize(("available_mb", "is_well"), [(500, True), (499, False)])
def test_less_than_500_mb_of_memory_are_too_few(
    monkeypatch: pytest.MonkeyPatch, available_mb: int, is_well: bool
) -> None:
    text = MEMINFO.format(total=2000 * 1024, available=available_mb * 1024)
    real = Path.read_text
    monkeypatch.setattr(Path, "exists", lambda _: True)
    monkeypatch.setattr(Path, "read_text", lambda p, *a, **k: text if str(p) == "/proc/meminfo" else real(p, *a, **k))
    found = check("memory")
    assert found["ok"] is is_well
    assert found["detail"] == f"{available_mb} of 2000 MB available"
    assert bool(found["suggestion"]) is not is_well


@pytest.mark.parametrize(("version", "is_well"), [((3, 10, 9), False), ((3, 11, 0), True), ((3, 13, 1), True)])
def test_python_3_11_is_the_oldest(monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], is_well: bool) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    found = check("python")
    assert (found["ok"], found["detail"]) == (is_well, ".".join(map(str, version)))


@pytest.mark.parametrize(
    ("name", "package", "detail"),
    [
        ("librosa", "librosa", "not installed"),
        ("decoder", "av", "PyAV is not installed: no recording can be enhanced"),
        ("libsndfile", "soundfile", "soundfile is not installed"),
    ],
)
def test_a_library_that_is_missing_is_told(
    monkeypatch: pytest.MonkeyPatch, name: str, package: str, detail: str
) -> None:
    real = checks.util.find_spec
    monkeypatch.setattr(checks.util, "find_spec", lambda asked: None if asked == package else real(asked))
    found = check(name)
    assert (found["ok"], found["detail"]) == (False, detail)
    assert "pip install" in found["suggestion"]


def test_a_check_that_cannot_look_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: 1 / 0)
    found = check("disk of temporary files")
    assert not found["ok"]
    assert "ZeroDivisionError" in found["detail"]
    assert check("python")["ok"]


def test_without_a_temporary_directory_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    found = check("temporary directory")
    assert (found["ok"], found["detail"]) == (False, "no directory can be written")
    assert "TMPDIR" in found["suggestion"]


def test_each_thing_in_the_environment_that_could_not_stay_is_a_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "_notes", {})
    assert check("environment") == {
        "name": "environment", "ok": True, "detail": "nothing in it is ignored", "suggestion": "",
    }  # fmt: skip
    mending.note("PORT", "PORT is ignored: not a number.")
    mending.note("workers", "2 worker processes serve.", ok=False)
    assert (check("environment: PORT")["ok"], check("environment: PORT")["suggestion"]) == (True, "")
    found = check("environment: workers")
    assert (found["ok"], found["detail"]) == (False, "2 worker processes serve.")
    assert found["suggestion"]
    assert "environment" not in {one["name"] for one in checks.run_checks()}


def test_the_memory_of_the_control_group_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.resources.free_memory_bytes", lambda: 300 * 2**20)
    monkeypatch.setattr("runtime.resources.memory_limit_bytes", lambda: 512 * 2**20)
    found = check("memory")
    assert (found["ok"], found["detail"]) == (False, "300 of 512 MB available")
