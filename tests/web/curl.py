"""The API as plain HTTP: what curl would send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx


def upload(url: str, path: Path, name: str | None = None) -> dict[str, Any]:
    """POST /gradio_api/upload; the description that a call takes."""
    with path.open("rb") as file:
        answer = httpx.post(f"{url}/gradio_api/upload", files={"files": (name or path.name, file)}, timeout=60)
    answer.raise_for_status()
    return described(answer.json()[0])


def described(path: str) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def call(url: str, endpoint: str, **parameters: Any) -> Any:
    """POST the parameters by name, then read events until the last. Raises ApiError."""
    posted = httpx.post(f"{url}/gradio_api/call/v2/{endpoint}", json=parameters, timeout=60)
    posted.raise_for_status()
    return _last_event(f"{url}/gradio_api/call/{endpoint}/{posted.json()['event_id']}")


def call_by_position(url: str, endpoint: str, *data: Any) -> Any:
    """The older form, parameters in order."""
    posted = httpx.post(f"{url}/gradio_api/call/{endpoint}", json={"data": data}, timeout=60)
    posted.raise_for_status()
    return _last_event(f"{url}/gradio_api/call/{endpoint}/{posted.json()['event_id']}")


class ApiError(Exception):
    """`error` : what the server said, parsed."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["error"])
        self.error = error


def _last_event(url: str) -> Any:
    event = ""
    with httpx.stream("GET", url, timeout=120) as lines:
        lines.raise_for_status()
        for line in lines.iter_lines():
            if line.startswith("event: "):
                event = line.removeprefix("event: ")
            elif line.startswith("data: "):
                data = json.loads(line.removeprefix("data: "))
                if event == "error":
                    raise ApiError(json.loads(data["error"]))
                if event == "complete":
                    return data
    raise AssertionError("the stream ended without a result")


def last_message(url: str) -> dict[str, Any]:
    """Of the queue's own stream (server-sent JSON messages), the one that ends an event."""
    with httpx.stream("GET", url, timeout=120) as lines:
        for line in lines.iter_lines():
            if line.startswith("data: "):
                message: dict[str, Any] = json.loads(line.removeprefix("data: "))
                if message["msg"] in ("process_completed", "close_stream", "unexpected_error"):
                    return message
    raise AssertionError("the stream ended without a last message")
