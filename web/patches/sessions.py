"""What Gradio's queue remembers of sessions: no more than so many, and never at the cost of one that is in use.

Gradio forgets the messages of the oldest session when there are too many, also while its visitor waits for them:
whoever invents sessions would end the work of all others. And which events a session waits for it never forgets.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import gradio as gr

from web.front.listeners import Listeners

MOST = 500


def bound(demo: gr.Blocks, listeners: Listeners) -> None:
    """For the queue of `demo`, once it is made."""
    queue: Any = demo._queue
    queue.pending_messages_per_session = _Sessions(queue, listeners)
    # Of every event, for a page of statistics that is off here; pandas is loaded for it.
    queue.compute_analytics_summary = lambda _: queue.cached_event_analytics_summary
    queue.ANALYTICS_MAX_EVENTS = 1


class _Sessions(OrderedDict[str, Any]):
    """Messages by session, the oldest first."""

    def __init__(self, queue: Any, listeners: Listeners) -> None:
        super().__init__()
        self._queue, self._listeners = queue, listeners

    def __setitem__(self, session: str, messages: Any) -> None:
        if session not in self and len(self) >= MOST:
            idle = next((other for other in self if not self._is_in_use(other)), None)
            if idle is not None:
                del self[idle]
        super().__setitem__(session, messages)

    def __delitem__(self, session: str) -> None:
        super().__delitem__(session)
        self._queue.pending_event_ids_session.pop(session, None)

    def _is_in_use(self, session: str) -> bool:
        events = self._queue.pending_event_ids_session.get(session, ())
        running = any(event in self._queue.event_ids_to_events for event in events)
        return running or self._listeners.listening(session, *events)
