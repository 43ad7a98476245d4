"""Of which kind a pair is, from the manifest beside it: whose voice, what noise, a room, how loud the noise, what rate.

The manifest's columns: file (`pairs/*/NAME.wav`), subset, noise_type, rir (empty: no room), snr_db, sample_rate.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

Kinds = dict[str, str]
GROUPINGS = ("voice", "noise", "room", "SNR", "rate")
NO_ROOM, ROOM = "without a room", "with a room"
LEAST = 3  # pairs: a mean over fewer says nothing
BANDS_DB = ((0.0, 10.0), (10.0, 20.0), (20.0, 30.0))
# The first kind one of whose words begins a word of the noise's name.
NOISES = (
    ("no noise", ("none",)),
    ("DEMAND, not told apart", ("demand", "vb-demand")),
    ("music", ("music", "song", "drum")),
    ("voices", ("babble", "speak", "voice", "cafe", "restaurant", "announce", "crowd", "playground", "bab", "sneez")),
    ("keys and clicks", ("keyboard", "typewriter", "clock", "mouse")),
    ("animals", ("dog", "cat", "bird")),
    ("household", ("kitchen", "dish", "tap", "running", "door", "munch")),
    ("weather and fire", ("wind", "rain", "thunder", "storm", "fire", "sea")),
    ("traffic", ("street", "city", "traffic", "car", "bus", "train", "tram", "subway", "airplane", "helicopter")),
    ("machines", ("vacuum", "fan", "air", "copy", "exercise", "laundry", "chainsaw", "drill", "engine", "machine")),
)


def of_folder(folder: Path) -> dict[str, Kinds]:
    """By name of the recording; empty without a manifest."""
    path = folder / "manifest.csv"
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {Path(row["file"]).stem: of_row(row) for row in csv.DictReader(file)}


def of_row(row: Mapping[str, str]) -> Kinds:
    """What is not told is left out."""
    found = {
        "voice": row.get("subset", ""),
        "noise": noise(row.get("noise_type", "")),
        "room": ROOM if row.get("rir") else NO_ROOM,
        "SNR": band(row.get("snr_db", "")),
        "rate": f"{row['sample_rate']} Hz" if row.get("sample_rate") else "",
    }
    return {grouping: kind for grouping, kind in found.items() if kind}


def noise(name: str) -> str:
    """In a coarse word."""
    if not name:
        return ""
    for kind, words in NOISES:
        if re.search(rf"\b({'|'.join(words)})", name, re.IGNORECASE):
            return kind
    return "other"


def band(snr_db: str) -> str:
    """Of a number; empty where several are told, or none."""
    try:
        value = float(snr_db)
    except ValueError:
        return ""
    if value < BANDS_DB[0][0]:
        return f"below {BANDS_DB[0][0]:g} dB"
    for low, high in BANDS_DB:
        if value < high or value == high == BANDS_DB[-1][1]:
            return f"{low:g}–{high:g} dB"
    return f"above {BANDS_DB[-1][1]:g} dB"


def groups(kinds: Mapping[str, Kinds], grouping: str, names: Iterable[str]) -> dict[str, list[str]]:
    """The names of each kind that has enough of them, by kind."""
    found: dict[str, list[str]] = {}
    for name in names:
        if grouping in kinds[name]:
            found.setdefault(kinds[name][grouping], []).append(name)
    return {kind: members for kind, members in sorted(found.items(), key=_order) if len(members) >= LEAST}


def _order(item: tuple[str, list[str]]) -> tuple[float, str]:
    """Numbers by their size."""
    number = re.match(r"\d+", item[0])
    return float(number[0]) if number else -1.0, item[0]
