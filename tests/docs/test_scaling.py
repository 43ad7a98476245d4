"""docs/scaling.md: its numbers follow from the one that was measured, and its cluster is one that would start."""

from __future__ import annotations

import re

import pytest
import yaml

from pipeline.cli import cluster, parser, worker
from pipeline.files.limits import MIB
from tests.delivery.files import ROOT

PAGE = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
FLAT = " ".join(PAGE.split())
DAY_S, DAYS, EUROS, BUSY = 86_400, 30, 0.04, 0.7
WAV_BYTES, SPOOL_BYTES = 48_000 * 2 * 2 * 3600, 48_000 * 2 * 4 * 3600  # of an hour, stereo


def rtf() -> float:
    (found,) = re.findall(r"\*\*RTF = ([\d.]+)\*\*", PAGE)
    return float(found)


def rows() -> list[list[str]]:
    return [re.findall(r"[^|\s][^|]*[^|\s]|[^|\s]", line) for line in re.findall(r"^\| \d.*$", PAGE, re.MULTILINE)]


def in_bytes(text: str) -> float:
    number, unit = text.split()
    return float(number) * {"GB": 1e9, "TB": 1e12}[unit]


def test_the_rtf_is_the_one_that_was_measured() -> None:
    page = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    minutes, cpu_s = re.findall(r"^\| default \| (\d+) \| \d+ \| (\d+) \|", page, re.MULTILINE)[-1]
    assert rtf() == pytest.approx(int(cpu_s) / (60 * int(minutes)), abs=5e-4)
    assert f"3600 × RTF = **{3600 * rtf():.0f} core-seconds**" in FLAT


def test_the_table_follows_from_it() -> None:
    assert [int(row[0]) for row in rows()] == [1, 100, 10_000]
    for hours, core_hours, cores, euros, moved, spooled in rows():
        n = int(hours)
        assert float(core_hours) == pytest.approx(n * rtf(), rel=0.1)
        assert float(cores) == pytest.approx(n * 3600 * rtf() / DAY_S / BUSY, rel=0.05)
        assert float(euros) == pytest.approx(n * rtf() / BUSY * EUROS * DAYS, rel=0.07)
        assert in_bytes(moved) == pytest.approx(2 * n * WAV_BYTES, rel=0.02)
        assert in_bytes(spooled) == pytest.approx(2 * n * SPOOL_BYTES, rel=0.02)


def test_what_is_full_first() -> None:
    line = 125e6 * DAY_S  # bytes a day, of 1 Gbit/s
    sent, shared = (
        int(found.replace(",", ""))
        for found in re.findall(r"([\d,]+) (?:hours a day|where)", FLAT.split("**What is full first**")[1])[:2]
    )
    assert sent == pytest.approx(line / (2 * WAV_BYTES), rel=0.02)
    assert shared == pytest.approx(line / WAV_BYTES, rel=0.02)


def test_limits_are_those_of_the_program() -> None:
    assert worker.MOST_SENT_BYTES == 1024 * MIB
    assert "1 GB (1024 MB) for a recording at most" in FLAT
    assert f"does not answer within {cluster.CONNECT_S} seconds" in FLAT


def test_compose() -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```", PAGE.split("## Several replicas")[0], re.MULTILINE | re.DOTALL)
    services = yaml.safe_load(text)["services"]
    assert "ports" not in text  # nothing is published
    assert yaml.safe_load(text)["networks"] == {"inside": {"internal": True}}
    for service in services.values():
        assert (service["networks"], service["environment"]["PYTHONPATH"]) == (["inside"], "/app")
    command = services["batch"]["command"].split()
    assert command[:3] == ["python", "-m", "pipeline"]
    options = parser.parser().parse_args(command[3:])
    cluster.check(options.dask)
    assert options.dask == services["worker"]["command"].split()[2] == "tcp://scheduler:8786"
    assert "--port 8786" in services["scheduler"]["command"]
    assert services["worker"]["volumes"][0] == services["batch"]["volumes"][0]  # seen at the same path
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "!requirements-dask.lock" in ignored
