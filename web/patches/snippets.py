"""The programs that Gradio writes for each endpoint: the page holds none. Its view asks for ours (`web.api_view`)."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def leave_out() -> None:
    """For this process; again does no harm."""
    routes: Any = import_module("gradio.routes")
    routes.generate_code_snippets = lambda *_, **__: {}
    routes.generate_cli_snippet = lambda endpoints: dict.fromkeys(endpoints, "")
