"""Imports Gradio quickly and quietly; must run before anything else imports it.

While it is imported, Gradio parses the source of its own components and writes a type stub beside each: an aid for
those who develop Gradio, 40 % of its import time, and a write into site-packages. It leaves out components whose source
file is unknown, so for the length of the import no source file is known. If Gradio changes, the import merely
takes its usual time.
"""

from __future__ import annotations

import inspect
import os
import sys
import tempfile
import threading
from importlib import import_module
from typing import NoReturn

from service.storage import Storage


def prepare() -> None:
    """Import Gradio, without stubs and without analytics."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    if "gradio" in sys.modules:
        return
    try:
        tempfile.gettempdir()
    except FileNotFoundError:  # asked for at import and at every answer; /dev/shm, where we may be, is not on its list
        tempfile.tempdir = str(Storage.choose().root.parent)
    known = inspect.getfile
    inspect.getfile = _unknown  # type: ignore[assignment]
    try:
        import_module("gradio")
    finally:
        inspect.getfile = known
    # Made for every page with examples, for a log that we do not keep; where /dev/shm is read-only it cannot be made.
    import_module("gradio.flagging").Lock = threading.Lock  # type: ignore[attr-defined]


def _unknown(_: object) -> NoReturn:
    raise OSError("not asked for while Gradio is imported")
