"""The denoiser's scores and facts are written once, in assets/denoiser.json; what is told of them elsewhere is equal.

A score table is one with PESQ or ESTOI in its header, wherever it stands. It may leave out rows and columns, and show
as many digits as it likes. Words in a header or in a row's name tell which numbers are meant: "real", "no room",
"room", "dev", "second", "unseen". Without the last three, the whole table must be that of one set of recordings.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Any, NamedTuple

import pytest
from safetensors import safe_open

from pipeline.neural.deep_filter import AHEAD
from tests.delivery.files import ROOT

WEIGHTS = ROOT / "assets" / "denoiser.safetensors"
FACTS: dict[str, Any] = json.loads((ROOT / "assets" / "denoiser.json").read_text(encoding="utf-8"))
CARD = (ROOT / "assets" / "denoiser.md").read_text(encoding="utf-8")
SCORES: dict[str, dict[str, dict[str, float]]] = {name: found["systems"] for name, found in FACTS["scores"].items()}
WITH_SCORES = ("assets/denoiser.md", "benchmarks/README.md")

COLUMNS = {
    "pesq": "pesq", "pesq-wb": "pesq", "stoi": "stoi", "estoi": "estoi", "si-sdr": "si_sdr", "csig": "csig",
    "cbak": "cbak", "covl": "covl", "ovrl-n": "ovrl_n", "sig-n": "sig_n", "bak-n": "bak_n", "p.808-n": "p808_n",
    "p.808": "p808_n", "hf keep": "hf_keep_db", "lsd-fb": "lsd_fb", "lsd": "lsd_fb", "rtf": "rtf",
}  # fmt: skip
# The first pattern that a row's name matches; the first of the systems that the set has.
ROWS = (
    (r"clean_only.*dereverb", ("clean_only_dry",)),
    (r"clean_only", ("clean_only",)),
    (r"dereverb|clean_only_dry", ("neural_dry", "clean_only_dry")),
    (r"default (enhancement|chain)|loudness included", ("default_chain",)),
    (r"spectral", ("spectral",)),
    (r"deepfilternet.*level", ("deepfilternet3_levelled",)),
    (r"deepfilternet", ("deepfilternet3",)),
    (r"rnnoise", ("rnnoise",)),
    (r"dtln", ("dtln",)),
    (r"gtcrn", ("gtcrn",)),
    (r"webrtc", ("webrtc",)),
    (r"logmmse", ("logmmse",)),
    (r"speex", ("speexdsp",)),
    (r"afftdn", ("afftdn",)),
    (r"noisereduce.*[ ,(]stationary", ("noisereduce_stationary",)),
    (r"noisereduce", ("noisereduce",)),
    (r"unprocessed|noisy", ("unprocessed",)),
    (r"\bours?\b|\bthis\b|neural|clean_only", ("neural", "clean_only")),
)
QUALIFIERS = re.compile(r"\b(without a room|with a room|no room|room|real|dev|second|unseen|set|db)\b")


class Table(NamedTuple):
    """Cells without their markup."""

    header: list[str]
    rows: list[list[str]]


def tables(text: str) -> list[Table]:
    """The score tables of a Markdown text."""
    blocks = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    found = [[[plain(cell) for cell in line.strip().strip("|").split("|")] for line in b.splitlines()] for b in blocks]
    scores = [rows for rows in found if any(re.match("pesq|estoi", cell) for cell in rows[0])]
    return [Table(rows[0], rows[2:]) for rows in scores]


def plain(cell: str) -> str:
    return re.sub(r"[*`]|\[|\]\([^)]*\)", "", cell).strip().lower()


def score_set(base: str, *where: str) -> str:
    """The set of recordings that the words mean."""
    words = " ".join(where)
    base = next((name for name in ("unseen", "second", "dev") if re.search(rf"\b{name}\b", words)), base)
    room = "_no_room" if re.search("no room|without a room", words) else "_room" if "room" in words else ""
    return base + room


def key(header: str) -> str:
    name = re.sub(r"[\s,()]+", " ", QUALIFIERS.sub("", header)).strip()
    assert name in COLUMNS, f"What is the column {header!r}? Name it in COLUMNS, and its scores in denoiser.json."
    return ("real_" if re.search(r"\breal\b", header) else "") + COLUMNS[name]


def system(label: str, known: dict[str, dict[str, float]]) -> str:
    for pattern, names in ROWS:
        if re.search(pattern, label):
            return next((name for name in names if name in known), names[0])
    raise AssertionError(f"Which system is {label!r}? Name it in ROWS.")


def wrong(table: Table, base: str) -> list[str]:
    """Every number that is not what denoiser.json says for this set."""
    faults = []
    for label, *cells in table.rows:
        for header, cell in zip(table.header[1:], cells, strict=True):
            if cell in ("", "–", "-"):
                continue
            where = score_set(base, header, label)
            known = SCORES.get(where, {})
            true = known.get(system(label, known), {}).get(key(header))
            if true is None or not shows(cell, true):
                faults.append(f"{label}, {header}: {cell}, in denoiser.json's {where}: {true}")
    return faults


def shows(cell: str, value: float) -> bool:
    """Whether the text is the value, rounded to its own digits."""
    match = re.fullmatch(r"-?\d+(?:\.(\d+))?", cell.replace("−", "-").removesuffix("%").strip())
    assert match, f"{cell!r} is not a number"
    return math.isclose(float(match[0]), value, rel_tol=0, abs_tol=0.5 * 10 ** -len(match[1] or "") + 1e-9)


def score_tables() -> list[Any]:
    files = ("README.md", *WITH_SCORES)
    found = [(name, n, t) for name in files for n, t in enumerate(tables((ROOT / name).read_text(encoding="utf-8")))]
    return [pytest.param(table, id=f"{name}-{n}") for name, n, table in found]


@pytest.mark.parametrize("table", score_tables())
def test_every_score_is_as_written_in_the_json(table: Table) -> None:
    assert min((wrong(table, base) for base in ("dev", "second", "unseen")), key=len) == []


@pytest.mark.parametrize("name", WITH_SCORES)
def test_there_are_scores(name: str) -> None:
    assert tables((ROOT / name).read_text(encoding="utf-8"))


def test_a_wrong_number_is_found() -> None:
    table = tables(
        "| system | PESQ | OVRL-n, real |\n|---|--:|--:|\n| **ours** | 2.00 | 3.1 |\n| RNNoise | 1.54 | – |\n"
    )
    assert wrong(table[0], "dev") == ["rnnoise, pesq: 1.54, in denoiser.json's dev: 1.53"]
    assert len(wrong(table[0], "unseen")) == 3


def test_facts_are_those_of_the_file() -> None:
    assert FACTS["name"] == WEIGHTS.name
    assert FACTS["sha256"] == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert FACTS["bytes"] == WEIGHTS.stat().st_size
    with safe_open(WEIGHTS, "np") as file:
        meta = file.metadata()
        shapes = [file.get_slice(name).get_shape() for name in file.keys()]  # noqa: SIM118, it is no dict
    assert FACTS["parameters"] == sum(math.prod(shape) for shape in shapes)
    assert FACTS["format"] == meta["format"]
    frames = int(meta["ahead"]) + int(meta["blocks"]) * int(meta["shift"]) + AHEAD  # of the deep filter
    assert FACTS["look_ahead"] == {"frames": frames, "milliseconds": frames * 1000 / FACTS["frames_per_second"]}


def test_the_card_tells_the_facts() -> None:
    assert f"{round(FACTS['parameters'], -3):,} parameters" in CARD
    assert f"{FACTS['bytes'] / 1e6:.1f} MB" in CARD
    assert f"{FACTS['look_ahead']['frames']} frames ({FACTS['look_ahead']['milliseconds']} ms)" in CARD
    assert "Apache 2.0" in CARD and FACTS["licence"] == "Apache-2.0"


def test_measurements_say_when_and_how() -> None:
    for found in FACTS["scores"].values():
        assert found.get("of") in FACTS["scores"] or {"date", "commit", "command", "pairs", "real"} <= found.keys()
        assert found["systems"].keys() <= FACTS["systems"].keys()
