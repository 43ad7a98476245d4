"""Scores as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    Column("hf_keep_db", "HF keep dB", 1),
    Column("lsd_fb", "LSD-fb", 1),
)
REAL = (
    Column("real_ovrl_n", "real OVRL-n", 2),
    Column("real_sig_n", "real SIG-n", 2),
    Column("real_bak_n", "real BAK-n", 2),
    Column("real_p808_n", "real P.808-n", 2),
)
COST = (Column("rtf", "RTF", 4),)
ROOM = tuple(column for column in PAIRS if column.key in ("pesq", "estoi", "ovrl_n"))


def table(rows: Mapping[str, Mapping[str, float]], columns: Iterable[Column], first: str = "system") -> str:
    """One line for each name. Columns that no row has are left out; a score that one row lacks is a dash."""
    shown = [column for column in columns if any(column.key in row for row in rows.values())]
    lines = [f"| {first} | " + " | ".join(column.title for column in shown) + " |", "|---|" + "--:|" * len(shown)]
    for name, row in rows.items():
        lines.append(f"| {name} | " + " | ".join(_cell(row.get(c.key), c.digits) for c in shown) + " |")
    return "\n".join(lines)


def _cell(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
