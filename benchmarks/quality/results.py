"""The scores of systems on recordings, kept in a file, so that a slow system need not run again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import metrics
from benchmarks.metrics import Scores

from .kinds import Kinds


@dataclass(frozen=True)
class Recorded:
    """sha256 : of the noisy recording; kinds : of a pair, empty where there is no reference."""

    sha256: str
    kinds: Kinds


@dataclass(frozen=True)
class Results:
    """recordings : by name; scores : by system, then by recording."""

    recordings: dict[str, Recorded]
    scores: dict[str, dict[str, Scores]]

    @property
    def kinds(self) -> dict[str, Kinds]:
        return {name: recorded.kinds for name, recorded in self.recordings.items()}

    @property
    def pairs(self) -> list[str]:
        return [name for name, kinds in self.kinds.items() if kinds]

    def means(self, names: Iterable[str]) -> dict[str, Scores]:
        """Of each system over these recordings, and its real-time factor."""
        names = list(names)
        return {system: _mean([rows[name] for name in names]) for system, rows in self.scores.items()}


def _mean(rows: Sequence[Scores]) -> Scores:
    found = metrics.mean(rows)
    cpu_s, sound_s = found.pop("cpu_s", None), found.pop("sound_s", None)
    return found if cpu_s is None or not sound_s else {**found, "rtf": cpu_s / sound_s}


def merged(first: Results, *others: Results) -> Results:
    """All systems on all recordings; where several have the same, the first."""
    recordings, scores = dict(first.recordings), {name: dict(rows) for name, rows in first.scores.items()}
    for other in others:
        for name, recorded in other.recordings.items():
            if recordings.setdefault(name, recorded).sha256 != recorded.sha256:
                raise SystemExit(f"{name} is not the same recording in all runs.")
        for system, rows in other.scores.items():
            scores[system] = {**rows, **scores.get(system, {})}
    return Results(recordings, scores)


def shared(results: Results) -> Results:
    """Without the recordings that not every system has: means over different ones cannot be compared."""
    names = [name for name in results.recordings if all(name in rows for rows in results.scores.values())]
    return Results(
        {name: results.recordings[name] for name in names},
        {system: {name: rows[name] for name in names} for system, rows in results.scores.items()},
    )


def chosen(results: Results, systems: Sequence[str]) -> Results:
    """Those systems alone, in that order."""
    return Results(results.recordings, {name: results.scores[name] for name in systems})


def write(path: Path, results: Results) -> None:
    found = {
        "means": {name: _mean(list(rows.values())) for name, rows in results.scores.items()},
        "about": {name: asdict(recorded) for name, recorded in results.recordings.items()},
        "recordings": results.scores,
    }
    path.write_text(json.dumps(found, indent=1), encoding="utf-8")


def read(path: Path) -> Results:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if "about" not in found:
        raise SystemExit(f"{path} is of an older bench: it does not say of which kind its recordings are.")
    return Results({name: Recorded(**about) for name, about in found["about"].items()}, found["recordings"])
