"""Small pieces of the page's HTML. Whatever comes from a visitor is escaped here."""

from __future__ import annotations

from html import escape

from pipeline.errors import EnhancementError
from pipeline.presets import NAMED_PRESETS
from service.work import Progress

from .words import CLAIM, TITLE, clock, duration, known_formats

EMPTY = (
    '<div class="empty"><p>Your result appears here: before and after to listen to, '
    "what changed in numbers, and the file to download.</p></div>"
)
CAPTION = '<p class="caption"><span>← Before</span><span>Drag to compare</span><span>After →</span></p>'
CANCELLED = '<div class="card quiet" role="status"><p>Cancelled. Nothing was kept.</p></div>'


def header(degraded: str = "") -> str:
    """Title and claim; `degraded` says what every visitor must know, should there be something."""
    warning = f'<p class="banner" role="alert">{escape(degraded)}</p>' if degraded else ""
    return f"<header><h1>{TITLE}</h1><p>{CLAIM}</p>{warning}</header>"


def privacy(lifetime_s: float, max_upload_bytes: int) -> str:
    """What happens to a visitor's files."""
    return (
        '<p class="privacy">Your recording stays on this server: nothing is sent anywhere else. '
        f"Files vanish after {duration(lifetime_s)}. Up to {max_upload_bytes / 2**20:.0f} MB; "
        f"{known_formats()}.</p>"
    )


def why(preset: str) -> str:
    """The one line that says what a preset is for."""
    return f'<p class="why">{escape(NAMED_PRESETS[preset].why)}</p>'


def group(title: str) -> str:
    """A heading among the controls."""
    return f'<h4 class="group">{escape(title)}</h4>'


def progress(now: Progress) -> str:
    """The state of the work; a bar without an end while it is not known how long it takes."""
    percent = round(100 * now.fraction)
    bar = f'<div style="width:{percent}%"></div>' if percent else '<div class="endless"></div>'
    value = f' aria-valuenow="{percent}"' if percent else ""
    return (
        f'<div class="card working" role="status"><p>{escape(now.text)}'
        f"<span>{f'{percent} %' if percent else ''}</span></p>"
        f'<div class="bar" role="progressbar" aria-label="Progress"{value}>{bar}</div></div>'
    )


def failure(error: EnhancementError) -> str:
    """What went wrong and what to do about it."""
    details = f'<p class="details">{escape(error.details)}</p>' if error.details else ""
    suggestion = f"<p>{escape(error.suggestion)}</p>" if error.suggestion else ""
    return f'<div class="card fault" role="alert"><p><b>{escape(error.message)}</b></p>{suggestion}{details}</div>'


def done(name: str, seconds: float, processing_s: float) -> str:
    return (
        f'<div class="card done" role="status"><p><b>Done.</b> {escape(name)}'
        f"<span>{clock(seconds)} of sound in {max(0.1, processing_s):.1f} s</span></p></div>"
    )


def report_table(rows: list[tuple[str, str, str]], sentences: tuple[str, ...]) -> str:
    """What was measured before and after, and what else is to be said."""
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(before)}</td><td>{escape(after)}</td></tr>'
        for name, before, after in rows
    )
    below = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    return (
        '<table class="report"><thead><tr><th scope="col">Measured</th><th scope="col">Before</th>'
        f'<th scope="col">After</th></tr></thead><tbody>{body}</tbody></table><div class="notes">{below}</div>'
    )
