"""What the README says of settings and presets, read from the code that defines them."""

from __future__ import annotations

import pytest

from pipeline.parameter import Range
from pipeline.settings import NAMED_PRESETS, Settings, parameter_ranges
from tests.delivery.files import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def row(name: str, limits: Range) -> str:
    default = Settings().flat()[name]
    if isinstance(default, bool):
        return f"| {limits.label} | `{name}` | true or false | {str(default).lower()} | {limits.help} |"
    span = f"{limits.minimum:g} to {limits.maximum:g} {limits.unit}"
    return f"| {limits.label} | `{name}` | {span} | {default:g} | {limits.help} |"


@pytest.mark.parametrize("name", parameter_ranges())
def test_every_setting_is_in_the_table(name: str) -> None:
    assert row(name, parameter_ranges()[name]) in README


@pytest.mark.parametrize("name", NAMED_PRESETS)
def test_every_preset_is_explained(name: str) -> None:
    assert f"- `{name}`: {NAMED_PRESETS[name].why}" in README
