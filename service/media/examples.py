"""Examples that can be heard before and after without computing: made beforehand by `python -m scripts.make_examples`.

Each is described in a file beside the sound, as a finished job would be.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from service.site import EXAMPLES

from .copies import Media, Track
from .on_demand import Copy
from .tiles import Overview

MADE = EXAMPLES / "made"
PREFIX = "example-"  # of the name that takes a job's token's place


class Example(NamedTuple):
    """told : as a finished job is told, without its addresses; weights : of the denoiser that made it"""

    name: str
    label: str
    told: dict[str, Any]
    media: Media
    weights: str


def write(example: Example) -> None:
    """Describe an example whose files lie in its folder."""

    def plain(value: object) -> str:
        return value.relative_to(EXAMPLES).as_posix() if isinstance(value, Path) else str(value)

    about = {**example._asdict(), "media": asdict(example.media)}
    text = json.dumps(about, indent=1, ensure_ascii=False, default=plain)
    (MADE / f"{example.name}.json").write_text(text + "\n", encoding="utf-8")


@cache
def examples() -> dict[str, Example]:
    """By token. What is not there is no example."""
    return {f"{PREFIX}{path.stem}": _read(path) for path in sorted(MADE.glob("*.json"))}


def _read(path: Path) -> Example:
    found = json.loads(path.read_text(encoding="utf-8"))
    media = found["media"]
    tracks = {name: _track(track) for name, track in media["tracks"].items()}
    return Example(**{**found, "media": Media(**{**media, "tracks": tracks})})


def _track(found: dict[str, Any]) -> Track:
    copy, overview = found["copy"], found["overview"]
    return Track(
        Copy(**{**copy, "path": EXAMPLES / copy["path"]}),
        EXAMPLES / found["outline"],
        Overview(**{**overview, "path": EXAMPLES / overview["path"]}),
        found["lufs"],
    )
