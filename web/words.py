"""The page's texts, without markup."""

from __future__ import annotations

from pipeline.files.formats import FORMATS, Format
from pipeline.parameter import Range

TITLE = "Speech Enhancement"
CLAIM = "Noisy recording in. Clear speech out."
DESCRIPTION = (
    "Drop in a noisy recording, hear it clean a moment later: before and after at one press, at equal loudness. "
    "Free, no account, nothing leaves the machine."
)


def duration(seconds: float) -> str:
    """A length of time as people say it."""
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = f"{seconds / length:.3g}"
            return f"{count} {unit}" + ("" if count == "1" else "s")
    return f"{seconds:.0f} seconds"


def slider_label(kind: Range) -> str:
    return f"{kind.label} ({kind.unit})" if kind.unit else kind.label


def format_label(form: Format) -> str:
    return f"{form.label} ({form.note})" if form.note else form.label


def known_formats() -> str:
    """What can be given to us."""
    return ", ".join(form.label for form in FORMATS) + ", or a video's sound"
