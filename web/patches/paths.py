"""Where Gradio and Matplotlib write: inside our storage, and not before it is opened."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import gradio.routes

from service.storage import Storage


def keep_within(storage: Storage) -> None:
    """For this process, before a page is built: Gradio asks for its directory then."""
    os.environ["GRADIO_TEMP_DIR"] = str(storage.root)
    if not os.access(Path("~").expanduser(), os.W_OK):  # else Matplotlib litters the temporary directory
        os.environ.setdefault("MPLCONFIGDIR", str(storage.root / "matplotlib"))
    vars(gradio.routes)["Path"] = _PathForGradio


class _PathForGradio(type(Path())):  # type: ignore[misc]
    """Whenever Gradio makes an app it makes a directory for its code editor, unused here: too early, outside our
    storage, and fatal where nothing can be written."""

    def mkdir(self, *args: Any, **options: Any) -> None:
        if self.name != "vibe_edit_history":
            super().mkdir(*args, **options)
