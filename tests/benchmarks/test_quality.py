"""The bench on recordings of two seconds, with what the app's own requirements allow."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks import peers, quality
from benchmarks.metrics import tables
from tests.pipeline.signals import noise, speech_like

RATE = 16_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pairs and a recording without a reference."""
    folder = tmp_path_factory.mktemp("data")
    for part in ("pairs/clean", "pairs/noisy", "real"):
        (folder / part).mkdir(parents=True)
    clean = speech_like(RATE, 2.0)[0]
    for name, level in (("one", -40.0), ("two", -50.0)):
        noisy = clean + noise(1, clean.size, level)[0]
        soundfile.write(folder / "pairs" / "clean" / f"{name}.wav", clean, RATE, "FLOAT")
        soundfile.write(folder / "pairs" / "noisy" / f"{name}.flac", noisy, RATE)
    soundfile.write(folder / "real" / "three.wav", noisy, RATE)
    return folder


def test_a_table_from_recordings(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = f"copied={sys.executable} -c 'import shutil, sys; shutil.copy(*sys.argv[1:])' {{in}} {{out}}"
    command = ["quality", str(data), "--systems", "unprocessed,spectral", "--command", copy]
    command += ["--command", "gone=no-such-program-here {in} {out}", "--json", str(tmp_path / "scores.json")]
    monkeypatch.setattr(sys, "argv", command)
    quality.main()
    said = capsys.readouterr()
    assert said.out.startswith("2 pairs, 1 without a reference; 0 of them are as listed")
    assert "| SI-SDR |" in said.out
    assert "2 pairs without a room" in said.out or "PESQ" not in said.out
    assert "gone is left out: the program no-such-program-here is not installed." in said.err
    found = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert found["means"].keys() == {"unprocessed", "spectral", "copied"}
    assert found["recordings"]["spectral"].keys() == {"one", "two", "three"}
    assert found["means"]["spectral"]["si_sdr"] > found["means"]["unprocessed"]["si_sdr"]
    assert found["means"]["copied"]["si_sdr"] == pytest.approx(found["means"]["unprocessed"]["si_sdr"], abs=0.1)


def test_a_recording_without_a_partner_stops_the_bench(data: Path, tmp_path: Path) -> None:
    (tmp_path / "pairs" / "clean").mkdir(parents=True)
    soundfile.write(tmp_path / "pairs" / "clean" / "alone.wav", np.zeros(RATE), RATE)
    with pytest.raises(SystemExit, match="alone"):
        quality.recordings(tmp_path)


@pytest.mark.parametrize("name", ["neural", "neural_dry", "clean_only", "spectral", "default_chain"])
def test_ours_keep_rate_and_length(name: str) -> None:
    x = speech_like(RATE, 1.0)[0]
    y, rate = peers.OURS[name]()(x, RATE)
    assert (y.shape, str(y.dtype), rate) == (x.shape, "float32", RATE)


def test_peers_run_or_say_what_is_missing() -> None:
    x = speech_like(RATE, 1.0)[0]
    for make in peers.PEERS.values():
        try:
            system = make()
        except peers.NotInstalledError as fault:
            assert "not installed" in str(fault)
        else:
            y, rate = system(x, RATE)
            assert len(y) / rate == pytest.approx(len(x) / RATE, abs=0.2)


def test_the_list_has_what_the_tables_need() -> None:
    rows = quality.listed()
    pairs = [row for row in rows.values() if row["subset"] != "real"]
    assert (len(pairs), len(rows) - len(pairs), sum(bool(row["room"]) for row in pairs)) == (55, 11, 10)
    assert all(len(row["noisy_sha256"]) == 64 and row["speech_licence"] for row in rows.values())
    assert all(len(row["clean_sha256"]) == 64 for row in pairs)


def test_table_leaves_out_what_nobody_has() -> None:
    columns = (tables.Column("a", "A", 1), tables.Column("b", "B dB", 2), tables.Column("c", "C", 0))
    said = tables.table({"one": {"a": 1.25, "b": -3.0}, "two": {"a": 2.0}}, columns)
    assert said.splitlines() == ["| system | A | B dB |", "|---|--:|--:|", "| one | 1.2 | -3.00 |", "| two | 2.0 | – |"]
