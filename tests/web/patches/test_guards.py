"""What stands in front of Gradio, piece by piece; `tests/security` tries it on the running app."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from gradio import Blocks, processing_utils, utils
from gradio.exceptions import Error

from service.site import Site, examples
from service.storage import Storage
from web.patches import guards


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    made = Site(storage=Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)}))
    made.storage.open(3600)
    monkeypatch.setattr(guards, "_sites", [])
    guards.install(made)
    return made


def test_installing_twice_keeps_what_was_gradios(site: Site) -> None:
    guards.install(site)
    assert guards._check_allowed_by_gradio is not processing_utils._check_allowed
    assert guards._validate_inputs_by_gradio is not Blocks.validate_inputs


def test_a_second_site_does_not_shut_out_the_first(site: Site, tmp_path: Path) -> None:
    upload = site.storage.new_folder() / "a.wav"
    upload.write_bytes(b"x")
    site.storage.give(upload)
    guards.install(Site(storage=Storage.choose({"GRADIO_TEMP_DIR": str(tmp_path)})))
    processing_utils._check_allowed(str(upload), True)
    with pytest.raises(Error):
        processing_utils._check_allowed("/etc/hostname", True)


@pytest.mark.parametrize("name", ["a\0b", "x" * 5_000, "/proc/1/root/x", "/nowhere"])
def test_a_name_that_cannot_be_looked_for_is_no_static_file(site: Site, name: str) -> None:
    assert utils.is_static_file(Path(name)) is False


def _function(visibility: str, count: int) -> Any:
    return SimpleNamespace(api_visibility=visibility, inputs=[None] * count, name="f")


def test_only_programs_may_leave_out_the_end() -> None:
    inputs: list[Any] = ["file"]
    guards._validate_inputs(object.__new__(Blocks), _function("public", 3), inputs)
    assert inputs == ["file", None, None]
    with pytest.raises(ValueError, match="enough"):
        guards._validate_inputs(object.__new__(Blocks), _function("private", 3), ["file"])


def test_more_than_is_asked_for_stays_gradios_business() -> None:
    inputs: list[Any] = [1, 2, 3]
    guards._validate_inputs(object.__new__(Blocks), _function("public", 2), inputs)
    assert inputs == [1, 2, 3]


def test_examples_are_files_that_may_be_opened(site: Site) -> None:
    assert examples()
    assert all(site.may_open(example) for example in examples())
