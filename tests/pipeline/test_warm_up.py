"""What is compiled before the first visitor, and in which order."""

from __future__ import annotations

import threading

import pytest

from pipeline import Audio, Settings, warm_up

Calls = list[tuple[str, int, bool]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """An enhancement that does nothing: the method, the channels, and whether visitors still wait."""
    seen: Calls = []
    monkeypatch.setattr(warm_up, "kernels_ready", threading.Event())

    def enhance(audio: Audio, settings: Settings) -> None:
        seen.append((settings.denoise.method, audio.channels, not warm_up.kernels_ready.is_set()))

    monkeypatch.setattr("pipeline.enhancement.enhance", enhance)
    return seen


def test_both_denoisers_the_default_first_and_nobody_waits_for_the_other(calls: Calls) -> None:
    warm_up.kernels()
    assert calls == [("neural", 1, True), ("neural", 2, True), ("spectral", 1, False), ("spectral", 2, False)]
    assert calls[0][0] == Settings().denoise.method


def test_a_batch_compiles_only_what_it_needs(calls: Calls) -> None:
    warm_up.kernels(("spectral",))
    assert [method for method, _, _ in calls] == ["spectral", "spectral"]
