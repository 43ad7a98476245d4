"""What the service says of its health: its storage, and the denoiser's weights (never more than may be shown)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from pipeline.neural import chosen as weights_source
from pipeline.neural.chosen import Chosen
from pipeline.neural.weights import bundled
from service import health
from service.site import Site
from service.storage import Storage
from tests.conftest import START_S, start_server, stop_server
from tests.pipeline.neural.hub import Hub, serving

REPOSITORY = f"some-body/small@{'a' * 40}"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    """A site in a process that has chosen no weights yet."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", "restored afterwards")
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    monkeypatch.delenv("DENOISER_REPO", raising=False)
    weights_source._decided.cache_clear()
    yield Site(storage=Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)}))
    weights_source._decided.cache_clear()


def diagnostics(
    monkeypatch: pytest.MonkeyPatch, site: Site, chosen: Chosen, repository: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The diagnostics where DENOISER_REPO is `repository` and the choice was `chosen`; and the denoiser's check."""
    monkeypatch.setenv("DENOISER_REPO", repository)
    monkeypatch.setattr(weights_source, "_choose", lambda: chosen)
    weights_source.chosen()
    found = health.diagnostics(site)
    return found, check_in(found)


def check_in(found: dict[str, Any]) -> dict[str, Any]:
    return next(check for check in found["checks"] if check["name"] == "denoiser")


def test_the_weights_in_use_are_named(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    weights = replace(bundled(), source=REPOSITORY)
    found, check = diagnostics(monkeypatch, site, Chosen(weights, ()), REPOSITORY)
    assert found["environment"]["DENOISER_REPO"] == REPOSITORY
    assert found["denoiser"] == {
        "state": "loaded",
        "name": "neural",
        "source": REPOSITORY,
        "sha256": weights.sha256,
        "warnings": [],
    }
    assert (check["ok"], check["detail"], check["suggestion"]) == (True, f"neural, {REPOSITORY}", "")


def test_weights_that_were_named_and_are_not_used_need_attention(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    secret = "https://me:hf_secret@example.org"
    found, check = diagnostics(monkeypatch, site, Chosen(bundled(), ("It is gone.",)), secret)
    assert found["status"] == "degraded"
    assert (check["ok"], check["detail"]) == (False, "It is gone.")
    assert "restart" in check["suggestion"]
    assert found["environment"]["DENOISER_REPO"] is None
    assert "hf_secret" not in str(found)


def test_diagnostics_load_no_weights(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    monkeypatch.setattr(weights_source, "_choose", lambda: pytest.fail("Loaded."))
    found = health.diagnostics(site)
    assert (check_in(found)["ok"], check_in(found)["detail"]) == (True, "not loaded yet")
    assert found["environment"]["DENOISER_REPO"] is None


@pytest.mark.parametrize(("free_mb", "is_well"), [(64, True), (63, False)])
def test_a_full_disk_of_the_storage_is_degraded(
    monkeypatch: pytest.MonkeyPatch, site: Site, tmp_path: Path, free_mb: int, is_well: bool
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(total=2**40, free=free_mb * 2**20))
    monkeypatch.setattr("service.room.is_in_memory", lambda _: False)
    monkeypatch.setattr("runtime_setup.health", lambda: {"status": "healthy"})
    assert health.health(site)["status"] == ("healthy" if is_well else "degraded")
    check = next(check for check in health.diagnostics(site)["checks"] if check["name"] == "file storage")
    assert check["ok"] is is_well
    assert check["detail"].startswith(str(tmp_path))
    assert ("the disk is full" in check["detail"]) is bool(check["suggestion"]) is not is_well


@pytest.mark.parametrize(
    ("state", "why"),
    [("not started", "warming-up"), ("running", "warming-up"), ("failed", "warm-up-failed"), ("done", None)],
)
def test_visitors_are_sent_here_once_the_engine_is_warm_and_until_it_stops(
    monkeypatch: pytest.MonkeyPatch, site: Site, state: str, why: str | None
) -> None:
    monkeypatch.setattr("runtime_setup.warm_up_status", lambda: {"state": state})
    assert health.readiness(site) == ({"ready": True} if why is None else {"ready": False, "why": why})
    site.drain.begin()
    assert health.readiness(site) == {"ready": False, "why": "stopping"}


def test_a_disk_that_cannot_be_asked_is_degraded(monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    def gone(place: Path) -> None:
        raise OSError

    monkeypatch.setattr("shutil.disk_usage", gone)
    assert health.health(site)["status"] == "degraded"


def test_a_silent_hub_holds_up_nobody(tmp_path: Path) -> None:
    """While the app waits for weights it answers, says that they are not loaded, and works without them afterwards."""
    silent = Hub(pause_s=600)
    silent.put(b"never", *REPOSITORY.split("@"))
    with serving(silent) as hub:
        server = start_server(tmp_path, DENOISER_REPO=REPOSITORY, HF_ENDPOINT=hub.url, HF_HUB_CACHE=str(tmp_path))
        try:
            deadline = monotonic() + START_S
            while not hub.asked and monotonic() < deadline:
                sleep(0.05)
            assert httpx.get(f"{server.url}/health", timeout=5).status_code == 200
            assert httpx.get(f"{server.url}/api/diagnostics", timeout=5).json()["denoiser"]["state"] == "not loaded yet"
            while not (found := httpx.get(f"{server.url}/api/diagnostics", timeout=30).json()["denoiser"])["name"]:
                assert monotonic() < deadline
                sleep(0.2)
            assert (found["source"], len(found["warnings"])) == ("bundled", 1)
            assert "The bundled weights are used" in server.log.read_text()
        finally:
            stop_server(server)
