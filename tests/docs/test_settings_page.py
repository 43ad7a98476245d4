"""What the docs say of settings and presets, read from the code that defines them."""

from __future__ import annotations

import pytest

from pipeline.presets import NAMED_PRESETS
from pipeline.settings import parameters
from scripts.write_docs import row, written
from tests.delivery.files import ROOT

SETTINGS = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", parameters())
def test_every_setting_is_in_the_table(name: str) -> None:
    assert row(name, parameters()[name]) in SETTINGS


@pytest.mark.parametrize("name", NAMED_PRESETS)
def test_every_preset_is_explained(name: str) -> None:
    assert f"- `{name}`: {NAMED_PRESETS[name].why}" in SETTINGS


def test_the_readme_leads_to_them() -> None:
    assert "(docs/settings.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_make_docs_has_nothing_to_write() -> None:
    assert written(SETTINGS) == SETTINGS


def test_make_docs_mends_what_is_out_of_date() -> None:
    old = SETTINGS.replace("| 40 |", "| 20 |").replace("- `gentle`: ", "- `gentle`: Once ")
    assert old != SETTINGS
    assert written(old) == SETTINGS
