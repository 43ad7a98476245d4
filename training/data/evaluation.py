"""What the evaluation sets are made of must not be trained on: the lists in `benchmarks/`, against a manifest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from benchmarks.kinds.listed import LISTED as KINDS
from benchmarks.quality.recordings import LISTED as DEV
from benchmarks.quality.second_set import LISTED as SECOND_SET
from benchmarks.quality.sources import folder, rows

COLUMNS = (
    *(("speech", "speech_path"), ("noise", "noise_path"), ("room", "room_path"), ("other", "other_path")),
    *(("speech_source", "speech_path"), ("noise_source", "noise_path")),
)
TELLING = re.compile(r"\d{4}")  # a name with a number in it belongs to one recording; "rain" to many


class Source(NamedTuple):
    """repository : `owner+name`, a folder's name; stem : of a recording in it"""

    repository: str
    stem: str


@cache
def sources() -> frozenset[Source]:
    """All recordings that the lists name."""
    return frozenset(
        Source(folder(row[where]), Path(path.partition("@")[0]).stem)
        for listed in (DEV, SECOND_SET, KINDS)
        for row in rows(listed)
        for where, paths in COLUMNS
        for path in (row.get(paths) or "").split(" + ")
        if path and row.get(where)
    )


def evaluated(manifest: Iterable[Mapping[str, str]]) -> list[str]:
    """The files of a manifest that evaluation needs: of the same repository and name, or of the same telling name."""
    telling = {source.stem for source in sources() if TELLING.search(source.stem)}
    found = []
    for file in (Path(row["file"]) for row in manifest):
        here = {Source(part, file.stem) for part in file.parts}
        if file.stem in telling or here & sources():
            found.append(str(file))
    return found
