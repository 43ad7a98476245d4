"""Systems against one of them, recording by recording: how far apart, how sure that is, and where it is worst."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from benchmarks.metrics import Scores, tables
from benchmarks.metrics.bootstrap import interval

from .kinds import NO_ROOM, ROOM
from .results import Results

PAIRS = tables.only(
    tables.PAIRS,
    "pesq",
    "estoi",
    "si_sdr",
    "csig",
    "covl",
    "sig_n",
    "bak_n",
    "ovrl_n",
    "p808_n",
    "lsd_fb",
    "eaten_percent",
    "eaten_voice_percent",
)
JUDGED = tables.only(tables.PAIRS, "pesq", "estoi", "si_sdr")


def differences(results: Results, other: str) -> str:
    """Mean differences to a system and their 95 % intervals: pairs without a room, pairs with one, and real."""
    pairs = {room: [n for n in results.pairs if results.kinds[n].get("room") == room] for room in (NO_ROOM, ROOM)}
    parts = [(f"{len(names)} pairs {room}", names, PAIRS) for room, names in pairs.items()]
    real = [name for name in results.recordings if not results.kinds[name]]
    parts.append((f"{len(real)} without a reference", real, tables.REAL))
    return "\n\n".join(
        f"Difference to {other}, mean and 95 % interval; {title}:\n\n{_table(results, other, names, columns)}"
        for title, names, columns in parts
        if names
    )


def _table(results: Results, other: str, names: list[str], columns: Iterable[tables.Column]) -> str:
    shown = [column for column in columns if any(column.key in results.scores[other][name] for name in names)]
    rows = []
    for system, scores in results.scores.items():
        if system != other:
            cells = (_cell(apart(scores, results.scores[other], names, column.key), column.digits) for column in shown)
            rows.append([system, *cells])
    return tables.text(["system", *(column.title for column in shown)], rows)


def apart(scores: dict[str, Scores], other: dict[str, Scores], names: Iterable[str], key: str) -> dict[str, float]:
    """By recording, of those where both have the score."""
    both = (name for name in names if key in scores[name] and key in other[name])
    return {name: scores[name][key] - other[name][key] for name in both}


def _cell(found: dict[str, float], digits: int) -> str:
    if not found:
        return "–"
    mean, low, high = (f"{value:+.{digits}f}" for value in interval(list(found.values())))
    return f"{mean} [{low}, {high}]"


def behind(results: Results, system: str, other: str) -> dict[str, float]:
    """How far a system is behind another in each pair, the worst first: the mean over PESQ, ESTOI and SI-SDR, where it
    has them, of the difference in standard deviations of that difference. Below 0 it is behind.
    """
    found: dict[str, list[float]] = {}
    for column in JUDGED:
        each = apart(results.scores[system], results.scores[other], results.pairs, column.key)
        spread = float(np.std(list(each.values()))) if each else 0.0
        for name, difference in each.items():
            found.setdefault(name, []).append(difference / spread if spread else 0.0)
    means = {name: float(np.mean(values)) for name, values in found.items()}
    return dict(sorted(means.items(), key=lambda item: item[1]))


def worst(results: Results, system: str, other: str, count: int) -> str:
    """A table of the pairs where a system is furthest behind another."""
    shown = [c for c in JUDGED if any(c.key in results.scores[other][name] for name in results.pairs)]
    rows = []
    for name, deviations in list(behind(results, system, other).items())[:count]:
        kinds = results.kinds[name]
        pair = (results.scores[system][name], results.scores[other][name])
        cells = (" / ".join(tables.cell(row.get(c.key), c.digits) for row in pair) for c in shown)
        rows.append([name, ", ".join(kinds.values()), f"{deviations:+.2f}", *cells])
    head = ["pair", "kind", "deviations", *(column.title for column in shown)]
    return f"Where {system} is furthest behind {other} ({system} / {other}):\n\n{tables.text(head, rows, 2)}"
