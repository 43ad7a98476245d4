"""A recording measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pipeline
from pipeline.errors import AudioError
from service.site import Site
from service.work import Handle

from .serving import discard_useless, strangers


def analyze(handle: Handle, site: Site, source: Path) -> dict[str, Any]:
    """The measures of a recording."""
    from pipeline.files.decode import Recording
    from pipeline.measures.analysis import analyze_blocks

    def go_on() -> None:
        if handle.cancelled():
            raise pipeline.Cancelled("The analysis was cancelled.")

    handle.report(0.0, "Measuring the recording")
    try:
        recording = Recording(source, strangers(), handle.cancelled)
        found = analyze_blocks(recording.blocks(), recording.sample_rate, recording.channels, go_on)
        handle.sound_s = found.duration_s
        return found.as_dict() | {"remarks": list(recording.remarks)}
    except AudioError as fault:
        discard_useless(site, source, fault)
        raise
