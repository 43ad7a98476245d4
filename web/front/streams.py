"""Streams of events that there are not: Gradio begins an answer for them, then breaks it off with a fault."""

from __future__ import annotations

import json

import gradio as gr
from starlette.responses import Response

from service.http.refusals import RequestError


def missing(demo: gr.Blocks, path: str, token: str) -> Response | None:
    """What a request for a stream gets, if nothing waits for it under `token`; None = something does.

    Raises RequestError for a program, which reads the status. A page is told in the words of its stream: its session
    was forgotten, for example by a restart.
    """
    queue = demo._queue
    if token in queue.pending_messages_per_session:
        return None
    if path.endswith("/queue/data"):
        message = {"msg": "unexpected_error", "message": "404: ", "session_not_found": True, "success": False}
        return Response(f"data: {json.dumps(message)}\n\n", media_type="text/event-stream")
    if token in queue.event_ids_to_events or any(token in ids for ids in queue.pending_event_ids_session.values()):
        return None
    raise RequestError(
        404, "There is no such work.", suggestion="It has ended and was read, or it was never asked for."
    )
