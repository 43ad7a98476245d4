from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.site import Site


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a site sets for the whole process is taken back after the test."""
    for name in ("GRADIO_TEMP_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_without_a_home_matplotlib_keeps_its_files_where_ours_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nonexistent")
    site = Site()
    assert Path(os.environ["MPLCONFIGDIR"]).parent == site.storage.root


def test_with_a_home_its_font_list_stays_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    Site()
    assert "MPLCONFIGDIR" not in os.environ


def test_only_examples_and_uploads_may_be_opened(tmp_path: Path) -> None:
    foreign = tmp_path / "secret.wav"
    foreign.write_bytes(b"RIFF")
    assert not Site().may_open(foreign)
