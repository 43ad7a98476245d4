"""What a call of the page or of a program must look like. To what does not, Gradio answers with a fault (500)."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import gradio as gr

from service.http.refusals import RequestError

from .doors import WORD

DEEPEST = 32  # lists and objects within each other
MOST_PARAMETERS = 200
KEPT = ("data", "fn_index", "session_hash", "trigger_id", "event_data")  # what Gradio's own page sends
HOW = "GET /gradio_api/info describes all endpoints."


def checked(demo: gr.Blocks, path: str, raw: bytes) -> bytes:
    """The body of a call, as it is passed on. Raises RequestError."""
    body = parsed(raw)
    action, _, name = path.rstrip("/").removeprefix("/gradio_api/").partition("/")
    if action in ("cancel", "reset"):
        return _cancel(body)
    if action == "queue":
        return json.dumps(_page_call(demo, body, queued=True)).encode()
    if action in ("run", "api"):
        return json.dumps(_page_call(demo, body, queued=False)).encode()
    newer, name = name.startswith("v2/"), name.removeprefix("v2/")
    function = _endpoint(demo, name)
    if newer:
        return json.dumps(body).encode()  # by name: judged against the endpoint's parameters further on
    return json.dumps({"data": _data(body, len(function.inputs))}).encode()


def parsed(raw: bytes) -> dict[str, Any]:
    """The object of a body. Raises RequestError."""
    try:
        body = json.loads(raw, parse_constant=_no_constant)
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError) as fault:
        raise RequestError(400, "The request is no JSON.", suggestion=HOW) from fault
    if not isinstance(body, dict):
        raise RequestError(400, "The request is no JSON object.", suggestion=HOW)
    if _depth(body) > DEEPEST:
        raise RequestError(400, "The request is nested too deeply.")
    return body


def _no_constant(_: str) -> NoReturn:
    raise ValueError("not a number")


def _depth(value: Any) -> int:
    deepest, left = 0, [(value, 1)]
    while left:
        now, depth = left.pop()
        deepest = max(deepest, depth)
        inner = now.values() if isinstance(now, dict) else now if isinstance(now, list) else ()
        left.extend((part, depth + 1) for part in inner)
    return deepest


def _cancel(body: dict[str, Any]) -> bytes:
    """Both forms: Gradio's own page sends `reset` an event alone."""
    kept: dict[str, Any] = {name: _token(body, name) for name in ("session_hash", "event_id") if name in body}
    if "fn_index" in body:
        kept["fn_index"] = _index(body, "fn_index")
    return json.dumps(kept).encode()


def _page_call(demo: gr.Blocks, body: dict[str, Any], *, queued: bool) -> dict[str, Any]:
    """A call by the number of its function, as Gradio's page and its clients make it."""
    function = demo.fns.get(_index(body, "fn_index"))
    if function is None or function.fn is None or (queued and not function.queue) or (not queued and function.queue):
        raise RequestError(404, "There is no such function.", suggestion=HOW)
    found = {name: body[name] for name in KEPT if name in body}
    count = len(function.inputs)
    found["data"] = _data(body, count)
    if function.api_visibility != "public" and len(found["data"]) != count:
        raise RequestError(400, f"The call has {len(found['data'])} values instead of {count}.")
    found["session_hash"] = _token(body, "session_hash")
    if found.get("trigger_id") is not None:
        _index(body, "trigger_id")
    return found


def _data(body: dict[str, Any], most: int) -> list[Any]:
    data = body.get("data")
    if not isinstance(data, list):
        raise RequestError(400, '"data" must be a list of values.', suggestion=HOW)
    if len(data) > min(most, MOST_PARAMETERS):
        raise RequestError(400, f"The call has {len(data)} values; there are {most} parameters.", suggestion=HOW)
    return data


def _endpoint(demo: gr.Blocks, name: str) -> Any:
    public = {str(one.api_name): one for one in demo.fns.values() if one.api_visibility == "public"}
    if name not in public:
        raise RequestError(404, "There is no such endpoint.", suggestion=f"There are {', '.join(sorted(public))}.")
    return public[name]


def _index(body: dict[str, Any], name: str) -> int:
    value = body.get(name)
    if type(value) is not int or not 0 <= value < 2**31:
        raise RequestError(400, f'"{name}" must be a small whole number.')
    return value


def _token(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not re.fullmatch(WORD, value):
        raise RequestError(400, f'"{name}" must be a short word of letters and digits.')
    return value
