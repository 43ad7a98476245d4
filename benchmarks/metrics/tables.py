"""Scores as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class Column(NamedTuple):
    """key : of the score; digits : behind the point."""

    key: str
    title: str
    digits: int


PAIRS = (
    Column("pesq", "PESQ-WB", 3),
    Column("stoi", "STOI", 1),
    Column("estoi", "ESTOI", 1),
    Column("si_sdr", "SI-SDR", 1),
    Column("csig", "CSIG", 2),
    Column("cbak", "CBAK", 2),
    Column("covl", "COVL", 2),
    Column("ovrl_n", "OVRL-n", 2),
    Column("sig_n", "SIG-n", 2),
    Column("bak_n", "BAK-n", 2),
    Column("p808_n", "P.808-n", 2),
    Column("hf_keep_db", "HF keep dB", 1),
    Column("lsd_fb", "LSD-fb", 2),
    Column("eaten_percent", "eaten %", 2),
    Column("eaten_voice_percent", "from 62 Hz up %", 2),
)
REAL = (
    Column("real_ovrl_n", "real OVRL-n", 2),
    Column("real_sig_n", "real SIG-n", 2),
    Column("real_bak_n", "real BAK-n", 2),
    Column("real_p808_n", "real P.808-n", 2),
)
COST = (Column("rtf", "RTF", 4),)


def only(columns: Iterable[Column], *keys: str) -> tuple[Column, ...]:
    """Some of them."""
    return tuple(column for column in columns if column.key in keys)


def table(rows: Mapping[str, Mapping[str, float]], columns: Iterable[Column], first: str = "system") -> str:
    """One line for each name. Columns that no row has are left out; a score that one row lacks is a dash."""
    return grouped({"": rows}, columns, (first,))


def grouped(
    groups: Mapping[str, Mapping[str, Mapping[str, float]]], columns: Iterable[Column], first: Sequence[str]
) -> str:
    """One line for each name in each group; first : what groups and names are, or names alone."""
    lines = [(group, name, row) for group, rows in groups.items() for name, row in rows.items()]
    shown = [column for column in columns if any(column.key in row for _, _, row in lines)]
    cells = (
        [*(group, name)[-len(first) :], *(cell(row.get(c.key), c.digits) for c in shown)] for group, name, row in lines
    )
    return text([*first, *(column.title for column in shown)], cells, len(first))


def text(head: Sequence[str], rows: Iterable[Sequence[str]], names: int = 1) -> str:
    """Cells as they are; the first `names` columns are words."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * names + "--:|" * (len(head) - names)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def cell(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
