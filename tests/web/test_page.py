"""The components that the page makes of the parameters, as the page tells the browser of them."""

from __future__ import annotations

import json
import re
import sys
from html import unescape
from subprocess import run
from typing import Any

import httpx
import pytest

from pipeline.parameter import Choice, Range, Switch
from pipeline.presets import NAMED_PRESETS
from pipeline.settings import Settings, parameters
from tests.conftest import PROJECT, Server

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


HELD_UP = """if True:
    import app, json
    page, _ = app.build()
    limits = {one.name: one.concurrency_limit for one in page.fns.values() if one.queue}
    print(json.dumps([limits, page._queue.default_concurrency_limit, page.max_threads, page.state_session_capacity]))
"""


def test_gradio_holds_nobody_up_for_the_line_is_ours() -> None:
    """Else whoever waits would not see how many are before."""
    done = run([sys.executable, "-c", HELD_UP], cwd=PROJECT, capture_output=True, text=True, check=True)
    limits, default, threads, sessions = json.loads(done.stdout)
    assert limits == dict.fromkeys(("enhance", "analyze", "presets"))
    assert default is None
    assert (threads, sessions) == (320, 128)  # whoever waits, waits in a thread


def facts(config: dict[str, Any]) -> dict[str, Any]:
    (value,) = (one["props"]["value"] for one in config["components"] if one["props"].get("elem_id") == "app")
    return dict(json.loads(unescape(re.fullmatch(r'<speech-app facts="([^"]*)"></speech-app>', value)[1])))  # type: ignore[index]


def test_the_pages_scripts_know_what_can_be_set_in_the_components_order(config: dict[str, Any]) -> None:
    known = facts(config)
    assert list(known["defaults"]) == known["names"]
    assert known["defaults"].items() >= Settings().flat().items()
    assert {name: one["settings"] for name, one in known["presets"].items()} == {
        name: preset.settings.flat() for name, preset in NAMED_PRESETS.items()
    }
    names = {one["id"]: one["props"].get("elem_id") for one in config["components"]}
    (moved,) = (
        one for one in config["dependencies"] if [names[id_] for id_, _ in one["targets"]] == ["settings-bridge"]
    )
    shown = [str(names[id_]).removeprefix("set-") for id_ in moved["outputs"]]
    assert shown == ["format" if name == "output_format" else name for name in known["names"]]
    (told,) = (one for one in config["dependencies"] if one["inputs"] == moved["outputs"])
    assert {id_ for id_, event in told["targets"] if event == "change"} == set(moved["outputs"])
    assert not moved["backend_fn"]
    assert not told["backend_fn"]  # nothing is sent for a slider that moves
