"""What visitors call their files, as names that can be stored and shown."""

from __future__ import annotations

import os
import re
import unicodedata

FALLBACK = "recording"
MOST_LETTERS, MOST_TITLE_BYTES = 60, 180
# What Windows or a path takes for something else.
NOT_IN_TITLES = re.compile(r'[<>:"/\\|?*]')


def safe_stem(name: str | None, fallback: str = FALLBACK) -> str:
    """A visitor's file name without its ending, fit for every file system, HTML and a shell.

    Letters of all scripts stay; what could be a path, an option, markup or a control character does not.
    """
    last = re.split(r"[/\\]", name or "")[-1]
    stem = last.rsplit(".", 1)[0] if "." in last[1:] else last
    kept = re.sub(r"[^\w\- .]", "_", stem)
    kept = "".join(letter if _can_be_stored(letter) else "_" for letter in kept).strip(" .-_")
    return re.sub(r"[_ ]{2,}|\.{2,}", "_", kept)[:MOST_LETTERS].strip(" .-_") or fallback


def _can_be_stored(letter: str) -> bool:
    """Where the encoding of file names is ASCII, most letters cannot."""
    try:
        return bool(os.fsencode(letter))
    except UnicodeEncodeError:
        return False


def title(name: str) -> str:
    """A visitor's file name without its ending, as they wrote it: what their own computer is to store a result under.

    Only what no file system takes, or nobody can see, is left out. It is never a name of a file of ours.
    """
    last = re.split(r"[/\\]", name)[-1]
    stem = last.rsplit(".", 1)[0] if "." in last[1:] else last
    kept = "".join(letter for letter in NOT_IN_TITLES.sub("_", stem) if unicodedata.category(letter)[0] != "C")
    return _shortened(" ".join(kept.split())).strip(" .") or FALLBACK


def _shortened(text: str) -> str:
    """File systems count bytes."""
    return text.encode()[:MOST_TITLE_BYTES].decode(errors="ignore")
