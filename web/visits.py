"""Who called the function of the page or the API that runs now."""

from __future__ import annotations

from gradio.context import LocalContext

from service.line.admission import Visit

from .front.listeners import Listeners


def current(listeners: Listeners) -> Visit:
    """The visit of the call that runs now; outside of one, this process's own."""
    request = LocalContext.request.get(None)
    if request is None:
        return Visit()
    session, event = request.session_hash, LocalContext.event_id.get(None)
    scope = getattr(request.request, "scope", {})
    return Visit(str(scope.get("visitor", "")), lambda: listeners.listening(session, event))
