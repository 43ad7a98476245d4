"""What this service calls, called once before the first visitor waits for it: the engine first, then the pictures."""

from __future__ import annotations

import logging
import threading

from pipeline import warm_up
from pipeline.files.isolated import client

from .media import picture

log = logging.getLogger(__name__)


def run() -> None:
    """The process that decodes, and all that compiles where no cache has it; then the drawing, which does not, in a
    thread that nobody waits for.

    Raises what fails in the engine: the caller records it.
    """
    client.warm_up()
    warm_up.kernels()
    picture.warm_up_analysis()
    threading.Thread(target=_draw, name="warm-up-pictures", daemon=True).start()


def _draw() -> None:
    try:
        picture.warm_up_drawing()
    except Exception:  # a picture that fails later is left out of its result; this is only an early sign of it
        log.warning("Spectrograms cannot be drawn.", exc_info=True)
