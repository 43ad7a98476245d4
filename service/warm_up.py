"""What this service calls, called once before the first visitor waits for it: the engine first, then the pictures."""

from __future__ import annotations

import logging

from pipeline import warm_up

from . import spectrograms

log = logging.getLogger(__name__)


def run() -> None:
    """All of it, which compiles what no cache has. Raises what fails in the engine: the caller records it."""
    warm_up.kernels()
    try:
        spectrograms.warm_up()
    except Exception:  # a picture that fails later is left out of its result; this is only an early sign of it
        log.warning("Spectrograms cannot be drawn.", exc_info=True)
