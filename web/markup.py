"""Small pieces of the page's HTML. Whatever comes from a visitor is escaped here."""

from __future__ import annotations

from html import escape

from .words import CLAIM, TITLE, duration, known_formats


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


def group(title: str) -> str:
    """A heading among the controls."""
    return f'<h2 class="group">{escape(title)}</h2>'
