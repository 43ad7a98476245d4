"""The languages that the page speaks: one catalogue each, assets/page/words/LANGUAGE.json; see docs/translating.md.

The browser chooses among them (assets/page/choose-language.js). Here is only what must be known before a script runs:
which there are, and what messengers and search engines are told.
"""

from __future__ import annotations

import json
import re
from functools import cache

from service.site import ASSETS

WORDS = ASSETS / "page" / "words"
ENGLISH = "en"
ASKED = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")
MOST_ASKED = 20


@cache
def known() -> tuple[str, ...]:
    """Their names, as browsers write them but in small letters."""
    return tuple(sorted(path.stem for path in WORDS.glob("*.json")))


def preferred(accept_language: str) -> str:
    """The one that a request's header likes best, English if it names none of them."""
    found: list[tuple[float, str]] = []
    for entry in accept_language.split(",")[:MOST_ASKED]:
        asked = ASKED.fullmatch(entry)
        if asked is not None and (name := _known(asked[1].lower())):
            found.append((float(asked[2] or 1), name))
    return max(found, key=lambda one: one[0])[1] if found else ENGLISH


def _known(name: str) -> str | None:
    return next((one for one in (name, name.partition("-")[0]) if one in known()), None)


def chosen(name: str) -> str:
    """The language of that name, if the page speaks it; else English."""
    return name if name in known() else ENGLISH


def said(language: str, key: str) -> str:
    """What stands for a key or an English sentence of the program's; English, where that language lacks it."""
    return _catalogue(language).get(key) or _catalogue(ENGLISH).get(key, key)


@cache
def _catalogue(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))
    return found
