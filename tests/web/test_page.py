"""The components that the page makes of the parameters, as the page tells the browser of them."""

from __future__ import annotations

import json
import sys
from subprocess import run
from typing import Any

import httpx
import pytest

from pipeline.parameter import Choice, Range, Switch
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
    assert limits == dict.fromkeys(("run", "enhance", "analyze", "presets"))
    assert default is None
    assert (threads, sessions) == (320, 128)  # whoever waits, waits in a thread


def test_cancel_ends_the_work_and_whatever_ends_it_brings_the_button_back(config: dict[str, Any]) -> None:
    names = {one["id"]: one["props"].get("elem_id") for one in config["components"]}
    events = config["dependencies"]

    def clicked(name: str) -> list[dict[str, Any]]:
        return [one for one in events if [names.get(target) for target, _ in one["targets"]] == [name]]

    def after(event: dict[str, Any]) -> dict[str, Any]:
        (found,) = (one for one in events if one["trigger_after"] == event["id"])
        return dict(found)

    (begin,) = clicked("enhance-button")
    running = after(begin)
    assert (begin["queue"], running["queue"], after(running)["queue"]) == (False, True, False)
    assert not after(running)["trigger_only_on_success"]
    assert [one["cancels"] for one in clicked("cancel-button") if one["cancels"]] == [[running["id"]]]
