"""`/metrics`, as Prometheus' own parser reads it."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as classic
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pipeline.errors import AudioError, EnhancementError
from service.config import Config
from service.http.refusals import answer_fault
from service.http.routes import routes
from service.registry.registry import Registry
from service.site import Site

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def site(site: Site) -> Site:
    return Site(replace(Config.from_environ({"WORKERS": "3"}), metrics=True), site.storage)


def client(site: Site) -> TestClient:
    served = Starlette(routes=routes(site, Registry(site)), exception_handlers={EnhancementError: answer_fault})
    return TestClient(served)


class Found:
    """What a text says; the parser raises for what is no such text."""

    def __init__(self, text: str) -> None:
        samples = [sample for family in classic(text) for sample in family.samples]
        self._values = {(sample.name, frozenset(sample.labels.values())): sample.value for sample in samples}
        assert len(self._values) == len(samples)

    def __call__(self, name: str, *labels: str) -> float:
        return self._values[f"speech_{name}", frozenset(labels)]


def test_all_that_was_done_is_counted(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    now_s = 0.0
    monkeypatch.setattr("service.operation.tally.time.monotonic", lambda: now_s)
    for sound_s in (100.0, 20.0):
        with site.tally.entry("enhance") as entry:
            entry.began_s = now_s
            now_s += 1.0
            entry.turn()
            now_s += 2.0
            entry.sound_s = sound_s
    with suppress(AudioError), site.tally.entry("analyze"):
        raise AudioError("Jane Doe")
    with site.tally.entry("upload") as entry:
        entry.stored_bytes = 12_345
    site.tally.refuse(429)
    (tmp_path / "x").write_bytes(bytes(100_000))
    site.storage.give(tmp_path / "x", "203.0.113.77")
    running, _waiting = site.queue.ticket("203.0.113.77"), [site.queue.ticket(str(number)) for number in range(4)]
    answer = client(site).get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = Found(answer.text)
    assert found("work_total", "enhance", "done") == 2
    assert found("work_total", "analyze", "refused") == 1
    assert found("faults_total", "analyze", "AudioError") == 1
    assert found("refused_requests_total", "429") == 1
    assert found("sound_seconds_total", "enhance") == 120
    assert found("uploaded_bytes_total") == 12_345
    assert found("storage_bytes") == 100_000
    assert [found(f"queue_{name}") for name in ("running", "waiting", "places")] == [3, 2, 3]
    assert [found("work_duration_seconds_bucket", "enhance", le) for le in ("1.0", "3.0", "+Inf")] == [0, 2, 2]
    assert found("work_duration_seconds_sum", "enhance") == 4
    assert found("wait_duration_seconds_sum", "enhance") == 2
    assert [found("real_time_factor_bucket", "enhance", le) for le in ("0.01", "0.02", "0.1")] == [0, 1, 2]
    assert found("ready") in (0, 1)
    assert 0 < found("memory_used_bytes") <= found("memory_limit_bytes")
    if sys.platform == "linux":
        assert float(answer.text.partition("\nprocess_resident_memory_bytes ")[2].split()[0]) > 10e6
    for secret in ("Jane", "203.0.113", str(site.storage.root)):
        assert secret not in answer.text
    running.leave()


def test_prometheus_newer_format_is_had_for_the_asking(site: Site) -> None:
    answer = client(site).get("/metrics", headers={"Accept": OPEN_METRICS})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert {family.name for family in open_metrics(answer.text)} >= {"speech_work", "speech_ready", "speech"}
    head = client(site).head("/metrics")
    assert (head.status_code, head.content, head.headers["cache-control"]) == (200, b"", "no-store")


def test_a_server_that_stops_is_not_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime_setup.is_ready", lambda: True)
    assert Found(client(site).get("/metrics").text)("ready") == 1
    site.drain.begin()
    assert Found(client(site).get("/metrics").text)("ready") == 0


@pytest.mark.parametrize(("said", "status"), [("", 404), ("0", 404), ("1", 200), ("on", 200)])
def test_they_are_shown_where_they_are_asked_for(site: Site, said: str, status: int) -> None:
    """Whoever can watch how much sound is worked on, watches the visitors of a small site."""
    answer = client(Site(Config.from_environ({"METRICS": said}), site.storage)).get("/metrics")
    assert answer.status_code == status
    assert status == 200 or "METRICS=1" in answer.json()["suggestion"]


def test_the_library_is_not_imported_before_somebody_asks() -> None:
    code = "import sys, app; app.build(); assert not [n for n in sys.modules if n.startswith('prometheus')]"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
