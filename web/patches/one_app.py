"""The web application behind a page: made once, when the page is mounted.

Gradio makes it anew when a page is begun, when it is complete and when its queue is set, some 80 routes each time, and
nobody uses these three: `mount_gradio_app` makes one of its own. They cost a tenth of a second each at every start.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any


class _Later:
    """Stands where the application would."""

    @staticmethod
    def create_app(*_: Any, **__: Any) -> None:
        """None: there is none yet."""


@contextmanager
def made_later() -> Iterator[None]:
    """While a page is built. `launch` and `mount_gradio_app` make their own afterwards, as ever."""
    blocks: Any = import_module("gradio.blocks")
    plain = blocks.App
    blocks.App = _Later
    try:
        yield
    finally:
        blocks.App = plain
