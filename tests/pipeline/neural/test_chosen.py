"""Which weights are used, and what is said of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.neural import chosen
from pipeline.neural import hub as hub_weights
from pipeline.neural import weights as neural_weights
from pipeline.neural.hub import Repository
from pipeline.neural.weights import Weights, WeightsError, bundled, of_bytes
from tests.pipeline.neural.weights_files import file_of

NAMED = f"some-body/small@{'a' * 40}"
OTHER = of_bytes(file_of(), NAMED)
KEYS = {"state", "name", "source", "sha256", "warnings"}


@pytest.fixture(autouse=True)
def undecided(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As at the start of a process, and afterwards."""
    monkeypatch.delenv("DENOISER_REPO", raising=False)
    chosen._decided.cache_clear()
    bundled.cache_clear()
    yield
    chosen._decided.cache_clear()
    bundled.cache_clear()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Callable[[Weights | WeightsError], list[Repository]]:
    """Name a repository, and let the Hub have these weights or this fault; what it was asked for."""

    def holds(what: Weights | WeightsError) -> list[Repository]:
        asked: list[Repository] = []

        def load(repository: Repository) -> Weights:
            asked.append(repository)
            if isinstance(what, WeightsError):
                raise what
            return what

        monkeypatch.setenv("DENOISER_REPO", NAMED)
        monkeypatch.setattr(hub_weights, "load", load)
        return asked

    return holds


def test_nothing_named_means_the_bundled_ones() -> None:
    assert chosen.chosen() == (bundled(), ())
    assert chosen.repository() is None
    assert chosen.status() == {
        "state": "loaded",
        "name": "neural",
        "source": "bundled",
        "sha256": bundled().sha256,
        "warnings": [],
    }


def test_the_named_ones_are_used(hub: Callable[[Weights], list[Repository]], caplog: pytest.LogCaptureFixture) -> None:
    asked = hub(OTHER)
    with caplog.at_level(logging.INFO, "pipeline"):
        assert chosen.chosen() == (OTHER, ())
        assert chosen.chosen() == (OTHER, ())
    assert asked == [Repository("some-body/small", "a" * 40)]
    assert chosen.repository() == NAMED
    status = chosen.status()
    assert (status["name"], status["source"], status["sha256"]) == ("neural", NAMED, OTHER.sha256)
    assert [record.getMessage() for record in caplog.records] == [f"Denoiser weights: {NAMED}, sha256 {OTHER.sha256}"]


def test_a_fault_means_the_bundled_ones_and_one_warning(
    hub: Callable[[WeightsError], list[Repository]], caplog: pytest.LogCaptureFixture
) -> None:
    asked = hub(WeightsError("It is gone."))
    warning = "The bundled weights are used: It is gone."
    assert chosen.chosen() == (bundled(), (warning,))
    assert chosen.chosen() == (bundled(), (warning,))
    assert len(asked) == 1
    assert (chosen.status()["source"], chosen.status()["warnings"]) == ("bundled", [warning])
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [warning]


def test_what_names_no_commit_is_not_even_tried(
    hub: Callable[[Weights], list[Repository]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = hub(OTHER)
    monkeypatch.setenv("DENOISER_REPO", "some-body/hf_secret@main")
    weights, warnings = chosen.chosen()
    assert weights is bundled()
    assert len(warnings) == 1
    assert "DENOISER_REPO must be owner/name@" in warnings[0]
    assert "hf_secret" not in warnings[0]
    assert chosen.repository() is None
    assert asked == []


def test_without_any_the_neural_denoiser_is_off(
    hub: Callable[[WeightsError], list[Repository]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub(WeightsError("It is gone."))
    monkeypatch.setattr(neural_weights, "BUNDLED", tmp_path / "denoiser.safetensors")
    weights, warnings = chosen.chosen()
    assert weights is None
    assert [text.split(":")[0] for text in warnings] == ["The bundled weights are used", "The neural denoiser is off"]
    status = chosen.status()
    assert (status["state"], status["name"], status["source"], status["sha256"]) == ("loaded", "spectral", None, None)


def test_to_ask_for_the_status_loads_nothing(hub: Callable[[Weights], list[Repository]]) -> None:
    asked = hub(OTHER)
    status = chosen.status()
    assert asked == []
    assert status == dict.fromkeys(KEYS) | {"state": "not loaded yet", "warnings": []}


def test_who_comes_second_waits_for_the_first_and_who_asks_for_the_status_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go, asked, found = threading.Event(), threading.Event(), [], []

    def load(repository: Repository) -> Weights:
        asked.append(repository)
        begun.set()
        assert go.wait(30)
        return OTHER

    monkeypatch.setenv("DENOISER_REPO", NAMED)
    monkeypatch.setattr(hub_weights, "load", load)
    threads = [threading.Thread(target=lambda: found.append(chosen.chosen())) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    assert chosen.status()["state"] == "not loaded yet"
    go.set()
    for thread in threads:
        thread.join(30)
    assert found == [(OTHER, ())] * 3
    assert len(asked) == 1
