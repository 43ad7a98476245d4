"""The page's texts, without markup."""

from __future__ import annotations

from pipeline.errors import EnhancementError
from pipeline.files.formats import FORMATS, Format
from pipeline.parameter import Range
from service.work import Progress

TITLE = "Speech Enhancement"
CLAIM = "Noisy recording in. Clear speech out."
STARTING = Progress(0.0, "Starting…")


def no_input() -> EnhancementError:
    """Made anew each time: an exception that is raised keeps the frames that it went through."""
    return EnhancementError(
        "There is no recording yet.", suggestion="Record, upload or pick an example first, then press Enhance."
    )


def duration(seconds: float) -> str:
    """A length of time as people say it."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = f"{seconds / length:.3g}"
            return f"{count} {unit}" + ("" if count == "1" else "s")
    return f"{seconds:.0f} seconds"


def clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def slider_label(kind: Range) -> str:
    return f"{kind.label} ({kind.unit})" if kind.unit else kind.label


def format_label(form: Format) -> str:
    return f"{form.label} ({form.note})" if form.note else form.label


def known_formats() -> str:
    """What can be given to us."""
    return ", ".join(form.label for form in FORMATS) + ", or a video's sound"
