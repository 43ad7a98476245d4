"""The components that the page makes of the parameters."""

from __future__ import annotations

import gradio as gr
import httpx
import pytest

from pipeline.parameter import Choice, Range, Switch
from pipeline.settings import Settings, parameters
from tests.conftest import Server
from web import page

MADE_OF = {Range: gr.Slider, Switch: gr.Checkbox, Choice: gr.Radio}


@pytest.mark.parametrize("name", parameters())
def test_every_kind_has_its_component_with_the_default_and_the_words(name: str) -> None:
    kind, default = parameters()[name], Settings().flat()[name]
    made = page._adjustment(name, kind, default)
    assert type(made) is MADE_OF[type(kind)]
    assert (made.value, made.info, made.elem_id) == (default, kind.help, f"set-{name}")
    assert made.label.startswith(kind.label)


def test_a_choice_shows_words_and_sends_names() -> None:
    made = page._adjustment("denoise_method", parameters()["denoise_method"], "neural")
    assert made.choices == [("Neural (best)", "neural"), ("Spectral (classic)", "spectral")]
    assert made.preprocess("spectral") == "spectral"


def test_the_page_tells_nobody_of_its_visitors(server: Server) -> None:
    config = httpx.get(f"{server.url}/config", timeout=20).json()
    assert config["analytics_enabled"] is False
    assert config["title"] == "Speech Enhancement"
