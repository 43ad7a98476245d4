"""All that is said of results."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.metrics import tables

from . import kinds, versus
from .results import Results

KIND = tables.only(tables.PAIRS, "pesq", "estoi", "si_sdr", "ovrl_n", "bak_n", "p808_n")
UNTOUCHED = 4.64  # the most that PESQ-WB gives


def report(results: Results, other: str | None = None, worst: int = 0) -> str:
    """Means over all, clean recordings, means over each kind, differences to a system, the worst pairs of the first."""
    parts = [tables.table(results.means(results.recordings), (*tables.PAIRS, *tables.REAL, *tables.COST))]
    parts += [*_clean(results), *_kinds(results)]
    if other:
        parts.append(versus.differences(results, other))
        first = next((name for name in results.scores if name != other), None)
        if worst and first:
            parts.append(versus.worst(results, first, other, worst))
    return "\n\n".join(parts)


def _clean(results: Results) -> Iterator[str]:
    rows = []
    for system, scores in results.scores.items():
        found = {name: row["clean_pesq"] for name, row in scores.items() if "clean_pesq" in row}
        if found:
            least = min(found, key=lambda name: found[name])
            mean = sum(found.values()) / len(found)
            rows.append([system, f"{mean:.2f}", f"{found[least]:.2f}", least])
    if rows:
        head = ["system", "PESQ-WB, mean", "worst", "of"]
        yield f"The clean recordings against themselves, {UNTOUCHED} at most:\n\n{tables.text(head, rows)}"


def _kinds(results: Results) -> Iterator[str]:
    for grouping in kinds.GROUPINGS:
        members = kinds.groups(results.kinds, grouping, results.pairs)
        if members:
            rows = {f"{kind} ({len(names)})": results.means(names) for kind, names in members.items()}
            yield f"By {grouping}:\n\n{tables.grouped(rows, KIND, (f'{grouping} (pairs)', 'system'))}"
