"""What is passed on of a call, and what its refusal says."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from service.http.refusals import RequestError
from web.front import calls

API = "/gradio_api/"
QUEUED, DIRECT, PUBLIC = 0, 1, 2  # functions of the page


def _function(*, queue: bool, public: bool = False) -> SimpleNamespace:
    return SimpleNamespace(
        fn=len, queue=queue, inputs=["one", "two"], api_visibility="public" if public else "private", api_name="enhance"
    )


DEMO: Any = SimpleNamespace(
    fns={QUEUED: _function(queue=True), DIRECT: _function(queue=False), PUBLIC: _function(queue=True, public=True)}
)


def _passed_on(path: str, body: object) -> Any:
    return json.loads(calls.checked(DEMO, API + path, json.dumps(body).encode()))


def _refusal(path: str, body: object) -> RequestError:
    with pytest.raises(RequestError) as refused:
        _passed_on(path, body)
    return refused.value


def _of_page(number: object = QUEUED, **more: object) -> dict[str, object]:
    return {"fn_index": number, "data": [1, 2], "session_hash": "s1", **more}


def test_a_function_is_reached_through_the_queue_or_past_it_as_it_is_made() -> None:
    assert _passed_on("queue/join", _of_page(QUEUED)) == _of_page(QUEUED)
    assert _passed_on("run/predict", _of_page(DIRECT)) == _of_page(DIRECT)
    assert _refusal("queue/join", _of_page(DIRECT)).status == 404
    assert _refusal("run/predict", _of_page(QUEUED)).status == 404
    assert _refusal("queue/join", _of_page(9)).status == 404


def test_of_a_call_only_what_gradios_page_sends_is_passed_on() -> None:
    """An event is the server's to name: who could choose its name could take another's."""
    sent = _of_page(trigger_id=3, event_data=None, event_id="another's", simple_format=True)
    assert _passed_on("queue/join", sent) == _of_page(trigger_id=3, event_data=None)


def test_the_page_sends_every_value_and_a_program_as_many_as_it_likes() -> None:
    assert _refusal("queue/join", _of_page(data=[1])).status == 400
    assert _passed_on("queue/join", _of_page(PUBLIC, data=[1]))["data"] == [1]
    assert _passed_on("call/enhance", {"data": [1], "more": 2}) == {"data": [1]}
    assert _passed_on("call/v2/enhance", {"preset": "default"}) == {"preset": "default"}


@pytest.mark.parametrize("path", ["queue/join", "call/enhance"])
@pytest.mark.parametrize("data", [[1, 2, 3], None, {"0": 1}])
def test_who_sends_too_much_or_nothing_is_told_where_it_is_described(path: str, data: object) -> None:
    refused = _refusal(path, _of_page(PUBLIC, data=data))
    assert refused.status == 400
    assert "/gradio_api/info" in refused.suggestion


@pytest.mark.parametrize("number", [-1, 2**31, 0.0, True, "0", None])
@pytest.mark.parametrize("name", ["fn_index", "trigger_id"])
def test_numbers_are_small_and_whole(name: str, number: object) -> None:
    if name == "trigger_id" and number is None:
        assert _passed_on("queue/join", _of_page(trigger_id=None))["trigger_id"] is None
        return
    refused = _refusal("queue/join", {**_of_page(), name: number})
    assert (refused.status, refused.message) == (400, f'"{name}" must be a small whole number.')


@pytest.mark.parametrize("path", ["cancel", "reset"])
def test_who_cancels_names_what_they_cancel(path: str) -> None:
    whole = {"session_hash": "s1", "event_id": "e1", "fn_index": 2}
    assert _passed_on(path, {**whole, "more": 1}) == whole
    assert _passed_on(path, {"event_id": "e1"}) == {"event_id": "e1"}
    assert _refusal(path, {"event_id": "e 1"}).status == 400
    assert _refusal(path, {"event_id": None}).status == 400
    assert _refusal(path, {**whole, "fn_index": "2"}).status == 400


def _nested(depth: int) -> object:
    """Lists and objects in turn, so many within each other."""
    made: object = 1
    for level in range(depth):
        made = [0, made] if level % 2 else {"a": made, "b": 0}
    return made


def test_a_call_is_nested_so_deep_and_no_deeper() -> None:
    most = calls.DEEPEST - 3  # the body, its list of values, and the innermost value count
    assert _passed_on("queue/join", _of_page(data=[0, _nested(most)]))["data"][1] == _nested(most)
    refused = _refusal("queue/join", _of_page(data=[0, _nested(most + 1)]))
    assert (refused.status, refused.message) == (400, "The request is nested too deeply.")


@pytest.mark.parametrize("body", [[], [{}], "text", 7, None])
def test_what_is_no_object_is_said_to_be_none(body: object) -> None:
    refused = _refusal("queue/join", body)
    assert (refused.status, refused.message) == (400, "The request is no JSON object.")
    assert "/gradio_api/info" in refused.suggestion
