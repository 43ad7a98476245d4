"""The components that the page makes of the parameters, as the page tells the browser of them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from pipeline.parameter import Choice, Range, Switch
from pipeline.settings import Settings, parameters
from tests.conftest import Server

MADE_OF = {Range: "slider", Switch: "checkbox", Choice: "radio"}


@pytest.fixture(scope="module")
def config(server: Server) -> dict[str, Any]:
    found = httpx.get(f"{server.url}/config", timeout=30).json()
    assert isinstance(found, dict)
    return found


def component(config: dict[str, Any], name: str) -> tuple[str, dict[str, Any]]:
    """Kind and properties of what sets a parameter."""
    (found,) = (one for one in config["components"] if one["props"].get("elem_id") == f"set-{name}")
    return found["type"], found["props"]


@pytest.mark.parametrize("name", parameters())
def test_every_kind_has_its_component_with_the_default_and_the_words(config: dict[str, Any], name: str) -> None:
    kind, default = parameters()[name], Settings().flat()[name]
    made, props = component(config, name)
    assert made == MADE_OF[type(kind)]
    assert (props["value"], props["info"]) == (default, kind.help)
    assert props["label"].startswith(kind.label)
    if isinstance(kind, Range):
        assert (props["minimum"], props["maximum"], props["step"]) == (kind.minimum, kind.maximum, kind.step)
        assert props["label"] == f"{kind.label} ({kind.unit})"


def test_a_choice_shows_words_and_sends_names(config: dict[str, Any]) -> None:
    _, props = component(config, "denoise_method")
    assert props["choices"] == [["Neural (best)", "neural"], ["Spectral (classic)", "spectral"]]


def test_the_page_tells_nobody_of_its_visitors(config: dict[str, Any]) -> None:
    assert config["analytics_enabled"] is False
    assert config["title"] == "Speech Enhancement"
