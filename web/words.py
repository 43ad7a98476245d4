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
    for length, one, several in (
        (86400, "1 day", "{0} days"),
        (3600, "1 hour", "{0} hours"),
        (60, "1 minute", "{0} minutes"),
    ):
        if seconds >= length:
            count = f"{seconds / length:.3g}"
            return one if count == "1" else several.format(count)
    return f"{seconds:.0f} seconds"


def slider_label(kind: Range) -> str:
    return f"{kind.label} ({kind.unit})" if kind.unit else kind.label


def format_label(form: Format) -> str:
    return f"{form.label} ({form.note})" if form.note else form.label


def known_formats() -> str:
    """What can be given to us."""
    return f"{', '.join(form.label for form in FORMATS)}, or a video's sound"


def privacy(lifetime_s: float, max_upload_bytes: int) -> str:
    """What happens to a visitor's files."""
    return (
        "Your recording stays on this server: nothing is sent anywhere else. "
        f"Files vanish after {duration(lifetime_s)}. Up to {max_upload_bytes / 2**20:.0f} MB; {known_formats()}."
    )
