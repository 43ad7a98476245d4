"""Where Gradio and Matplotlib write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.storage import Storage
from web.patches import paths


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set for the whole process is taken back after the test."""
    for name in ("GRADIO_TEMP_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)})


def test_gradio_keeps_its_files_in_our_storage(storage: Storage) -> None:
    paths.keep_within(storage)
    assert os.environ["GRADIO_TEMP_DIR"] == str(storage.root)


def test_without_a_home_matplotlib_keeps_its_files_where_ours_are_removed(
    monkeypatch: pytest.MonkeyPatch, storage: Storage
) -> None:
    monkeypatch.setenv("HOME", "/nonexistent")
    paths.keep_within(storage)
    assert Path(os.environ["MPLCONFIGDIR"]).parent == storage.root


def test_with_a_home_its_font_list_stays_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, storage: Storage
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    paths.keep_within(storage)
    assert "MPLCONFIGDIR" not in os.environ
