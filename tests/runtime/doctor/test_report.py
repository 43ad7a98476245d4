"""The shapes of `/health` and `/api/diagnostics`, which others rely on."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import runtime_setup
from runtime import configuration, ladder, warm_up
from runtime.doctor import checks
from runtime.environment import mending
from runtime.numba_cache import faults
from runtime.status import RUNGS, Mode, RuntimeStatus


def stand_on(monkeypatch: pytest.MonkeyPatch, mode: Mode, cache_dir: str | None, **more: Any) -> None:
    status = RuntimeStatus(
        mode, RUNGS[mode], cache_dir, None, "for the test", cache_writable=cache_dir is not None, **more
    )
    monkeypatch.setattr(configuration, "_decided", status)
    monkeypatch.setattr(faults, "_seen", {})
    monkeypatch.setattr(warm_up, "_record", dict.fromkeys(warm_up._record) | {"state": "done"})


@pytest.fixture(autouse=True)
def enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """How full this machine's disk and memory are is no matter here."""
    monkeypatch.setattr(checks, "LOW_DISK_MB", 0)
    monkeypatch.setattr(checks, "LOW_MEMORY_MB", 0)


@pytest.fixture
def well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    stand_on(monkeypatch, "user", str(tmp_path))


@pytest.mark.usefixtures("well")
def test_health_has_exactly_its_keys(tmp_path: Path) -> None:
    health = runtime_setup.health()
    assert list(health) == ["status", "system", "version", "timestamp", "ready", "config"]
    assert health["config"] == {
        "numba_cache_dir": str(tmp_path),
        "numba_cache_exists": True,
        "numba_jit_enabled": True,
    }
    assert (health["status"], health["ready"]) == ("healthy", True)
    assert (health["system"], health["version"]) == ("AI Speech Enhancement System", "0.1.0")
    stamp = datetime.fromisoformat(health["timestamp"])
    assert stamp.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - stamp) < timedelta(minutes=1)
    json.dumps(health)


@pytest.mark.usefixtures("well")
def test_diagnostics_have_exactly_their_keys() -> None:
    found = runtime_setup.diagnostics({"uploads": "/u", "secret": "/s"}, {"kind": "spectral"})
    assert list(found) == [
        *("status", "platform", "libraries", "directories", "environment", "warm_up", "denoiser", "checks")
    ]
    assert found["directories"] == {"uploads": "/u", "outputs": None, "spectrograms": None}
    assert found["denoiser"] == {"kind": "spectral"}
    assert set(found["environment"]) == {"PORT", "NUMBA_CACHE_DIR", "NUMBA_DISABLE_JIT"}
    contract = {"version", "cache_dir", "jit_disabled", "cache_writable", "mode", "warnings"}
    assert contract <= set(found["libraries"]["numba"])
    assert found["libraries"]["librosa"]["version"]
    assert set(found["warm_up"]) == {"state", "seconds", "compilations", "cache_hits", "error"}
    for check in found["checks"]:
        assert set(check) == {"name", "ok", "detail", "suggestion"}
        assert isinstance(check["ok"], bool)
    assert len({check["name"] for check in found["checks"]}) == len(found["checks"])
    json.dumps(found)
    assert runtime_setup.diagnostics()["denoiser"] == {}


@pytest.mark.usefixtures("well")
def test_no_other_variable_of_the_environment_is_ever_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_do_not_show_me")
    monkeypatch.setenv("PORT", "7861")
    text = json.dumps([runtime_setup.health(), runtime_setup.diagnostics()])
    assert "hf_do_not_show_me" not in text
    assert '"PORT": "7861"' in text


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        ("environment", "healthy"),
        ("user", "healthy"),
        ("temporary", "healthy"),
        ("memory", "degraded"),
        ("interpreted", "degraded"),
    ],
)
def test_which_rungs_ask_for_someone_to_act(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: Mode, status: str
) -> None:
    directory = str(tmp_path) if RUNGS[mode] < RUNGS["memory"] else None
    stand_on(monkeypatch, mode, directory, suggestions=("Do this.",), jit_disabled=mode == "interpreted")
    assert runtime_setup.health()["status"] == status
    check = next(c for c in runtime_setup.diagnostics()["checks"] if c["name"] == "cache directory")
    assert check["suggestion"] == "Do this."
    assert check["ok"] == (mode != "memory")


@pytest.mark.usefixtures("well")
@pytest.mark.parametrize(("ok", "status"), [(True, "healthy"), (False, "degraded")])
def test_what_somebody_should_mend_in_the_environment_is_degraded(
    monkeypatch: pytest.MonkeyPatch, ok: bool, status: str
) -> None:
    monkeypatch.setattr(mending, "_notes", {})
    runtime_setup.note("workers", "2 worker processes serve.", ok=ok)
    assert runtime_setup.health()["status"] == status


@pytest.mark.usefixtures("well")
def test_a_failed_warm_up_is_degraded_and_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = dict.fromkeys(warm_up._record) | {"state": "failed", "error": "RuntimeError: no"}
    monkeypatch.setattr(warm_up, "_record", failed)
    assert (runtime_setup.health()["status"], runtime_setup.health()["ready"]) == ("degraded", False)
    check = next(c for c in runtime_setup.diagnostics()["checks"] if c["name"] == "warm-up")
    assert (check["ok"], check["detail"]) == (False, "failed: RuntimeError: no")
    assert check["suggestion"]


@pytest.mark.usefixtures("well")
def test_a_late_fault_shows_in_status_and_diagnostics() -> None:
    faults.record("save", "The disk is full.")
    assert runtime_setup.status().warnings == ("The disk is full. (1 time)",)
    assert runtime_setup.cache_warnings()[0].count == 1
    found = runtime_setup.diagnostics()
    assert found["status"] == "degraded"
    assert found["libraries"]["numba"]["warnings"] == ["The disk is full. (1 time)"]


def test_a_directory_that_has_disappeared_or_been_opened_is_noticed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    stand_on(monkeypatch, "user", str(cache))

    def failing() -> set[str]:
        return {c["name"] for c in runtime_setup.diagnostics()["checks"] if not c["ok"]}

    assert failing() == set()
    cache.chmod(0o777)
    assert failing() == {"cache permissions"}
    cache.rmdir()
    assert "cache directory" in failing()
    assert runtime_setup.health()["config"]["numba_cache_exists"] is False


@pytest.mark.usefixtures("well")
def test_a_check_that_cannot_look_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> tuple[bool, str, str]:
        raise ValueError("no")

    monkeypatch.setitem(checks.CHECKS, "memory", broken)
    check = next(c for c in runtime_setup.diagnostics()["checks"] if c["name"] == "memory")
    assert not check["ok"]
    assert "ValueError" in check["detail"]


def test_the_public_names() -> None:
    assert runtime_setup.__all__ == sorted(runtime_setup.__all__, key=lambda n: (not n.isupper(), n[0].islower(), n))
    assert all(hasattr(runtime_setup, name) for name in runtime_setup.__all__)


def test_a_named_place_that_is_refused_is_a_finding_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = tmp_path / "open"
    place.mkdir()
    place.chmod(0o777)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(place))
    decided = ladder.decide(dict(os.environ))
    monkeypatch.setattr(configuration, "status", lambda: decided)
    found = {check["name"]: check for check in checks.run_checks()}["cache directory"]
    assert not found["ok"]
    assert "other users can write it" in found["detail"]
    assert found["suggestion"]


def test_without_a_temporary_directory_the_checks_still_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError

    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    found = {check["name"]: check for check in checks.run_checks()}["temporary directory"]
    assert not found["ok"]
    assert "TMPDIR" in found["suggestion"]


def test_what_no_text_can_say_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory may be named by any bytes; an answer that cannot be sent says nothing at all."""
    stand_on(monkeypatch, "memory", None, warnings=("NUMBA_CACHE_DIR /a\udcff is not used.",))
    found = json.dumps(runtime_setup.diagnostics({"uploads": "/b\udcfe"}), ensure_ascii=False)
    assert "/a\\\\udcff" in found
    assert found.encode()
    stand_on(monkeypatch, "user", "/c\udcff")
    assert json.dumps(runtime_setup.health(), ensure_ascii=False).encode()
