"""The service's warm-up: the engine counts, the pictures do not hold anybody up."""

from __future__ import annotations

import threading

import pytest

from service import warm_up


def test_the_engine_then_the_pictures_for_which_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    go, drawn = threading.Event(), threading.Event()

    def draw() -> None:
        assert go.wait(30)
        done.append("drawing")
        drawn.set()

    monkeypatch.setattr("pipeline.warm_up.kernels", lambda: done.append("kernels"))
    monkeypatch.setattr("service.media.picture.warm_up_analysis", lambda: done.append("analysis"))
    monkeypatch.setattr("service.media.picture.warm_up_drawing", draw)
    warm_up.run()
    assert done == ["kernels", "analysis"]
    go.set()
    assert drawn.wait(30)


def test_pictures_that_cannot_be_drawn_are_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pipeline.warm_up.kernels", lambda: None)
    monkeypatch.setattr("service.media.picture.warm_up_analysis", lambda: None)
    monkeypatch.setattr("service.media.picture.warm_up_drawing", lambda: 1 / 0)
    before = set(threading.enumerate())
    warm_up.run()
    for thread in set(threading.enumerate()) - before:
        thread.join(30)
    assert "Spectrograms cannot be drawn" in caplog.text


def test_an_engine_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.warm_up.kernels", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        warm_up.run()
