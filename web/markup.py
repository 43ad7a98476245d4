"""Small pieces of the page's HTML. Whatever comes from a visitor is escaped here."""

from __future__ import annotations

from html import escape

from service import languages

from . import words
from .words import CLAIM, TITLE


def header(degraded: str = "") -> str:
    """Title and claim; `degraded` says what every visitor must know, should there be something."""
    warning = f'<p class="banner" role="alert">{escape(degraded)}</p>' if degraded else ""
    menu = f'<speech-language known="{" ".join(languages.known())}"></speech-language>'
    return f"<header><h1>{TITLE}</h1>{menu}<p>{CLAIM}</p>{warning}</header>"


def privacy(lifetime_s: float, max_upload_bytes: int) -> str:
    """What happens to a visitor's files."""
    return f'<p class="privacy">{words.privacy(lifetime_s, max_upload_bytes)}</p>'


def group(title: str) -> str:
    """A heading among the controls."""
    return f'<h2 class="group">{escape(title)}</h2>'
