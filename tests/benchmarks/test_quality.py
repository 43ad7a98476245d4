"""The bench on recordings of two seconds, with what the app's own requirements allow."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks import metrics, peers
from benchmarks.metrics import tables
from benchmarks.peers import Mono
from benchmarks.quality import run
from benchmarks.quality.__main__ import main
from benchmarks.quality.recordings import listed, recordings
from tests.pipeline.signals import noise, speech_like

RATE = 16_000
COPY = f"{sys.executable} -c 'import shutil, sys; shutil.copy(*sys.argv[1:])' {{in}} {{out}}"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pairs in traffic and one in music, in a room, and a recording without a reference."""
    folder = tmp_path_factory.mktemp("data")
    for part in ("pairs/clean", "pairs/noisy", "real"):
        (folder / part).mkdir(parents=True)
    clean = speech_like(RATE, 2.0)[0]
    rows = []
    for k, name in enumerate(("one", "two", "three", "four")):
        noisy = clean + noise(1, clean.size, -50.0 + 5 * k, seed=k)[0]
        soundfile.write(folder / "pairs" / "clean" / f"{name}.wav", clean, RATE, "FLOAT")
        soundfile.write(folder / "pairs" / "noisy" / f"{name}.flac", noisy, RATE)
        kind = ("music", "a hall") if name == "four" else ("busy street", "")
        rows.append([f"pairs/*/{name}.wav", "voice16", *kind, RATE, 15 - k])
    soundfile.write(folder / "real" / "five.wav", noisy, RATE)
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        head = ["file", "subset", "noise_type", "rir", "sample_rate", "snr_db"]
        csv.writer(file).writerows([head, *rows])
    return folder


@pytest.fixture(scope="module")
def kept(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scores of two systems and a program."""
    file = tmp_path_factory.mktemp("kept") / "scores.json"
    systems = ["--systems", "unprocessed,spectral", "--command", f"copied={COPY}"]
    main([str(data), *systems, "--command", "gone=no-such-program-here {in} {out}", "--json", str(file)])
    return file


def test_scores_of_every_recording_are_written(kept: Path) -> None:
    found = json.loads(kept.read_text(encoding="utf-8"))
    assert found["means"].keys() == {"unprocessed", "spectral", "copied"}
    assert found["recordings"]["spectral"].keys() == {"one", "two", "three", "four", "five"}
    assert found["means"]["spectral"]["si_sdr"] > found["means"]["unprocessed"]["si_sdr"]
    assert found["means"]["copied"]["si_sdr"] == pytest.approx(found["means"]["unprocessed"]["si_sdr"], abs=0.1)
    assert found["means"]["unprocessed"]["eaten_percent"] == 0.0
    assert found["means"]["copied"]["rtf"] > 0
    in_a_room = found["recordings"]["spectral"]["four"]
    assert not {"si_sdr", "eaten_percent"} & in_a_room.keys()


def test_tables_of_a_run(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(data), "--systems", "unprocessed", "--command", "gone=no-such-program-here {in} {out}"])
    said = capsys.readouterr()
    assert said.out.startswith("4 pairs, 1 without a reference; 0 of them are as listed")
    assert "| SI-SDR |" in said.out
    assert "| 10–20 dB (4) | unprocessed |" in said.out
    assert "| traffic (3) | unprocessed |" in said.out
    assert "music" not in said.out
    assert "gone is left out: the program no-such-program-here is not installed." in said.err


def test_tables_are_made_again_without_a_run(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--from-json", str(kept), "--versus", "unprocessed", "--worst", "2", "--systems", "spectral,unprocessed"])
    said = capsys.readouterr().out
    assert said.startswith("\n4 pairs, 1 without a reference:")
    assert "Difference to unprocessed, mean and 95 % interval; 3 pairs without a room:" in said
    assert "Where spectral is furthest behind unprocessed" in said
    assert "copied" not in said


def test_a_run_is_merged_with_what_was_kept(
    data: Path, kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A kept system need not run again, and recordings that only one of the runs has are left out."""
    both = tmp_path / "both.json"
    quick = ["--command", f"again={COPY}", "--every", "2", "--merge", str(kept), "--json", str(both)]
    main([str(data), "--systems", "", *quick])
    said = capsys.readouterr().out
    assert "2 recordings are left out: not every system has them.\n\n2 pairs, 1 without" in said
    rows = json.loads(both.read_text(encoding="utf-8"))["recordings"]
    assert list(rows) == ["again", "unprocessed", "spectral", "copied"]
    assert (len(rows["again"]), len(rows["copied"])) == (3, 5)


def test_several_folders_are_one_set(data: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    soundfile.write(tmp_path / "real" / "six.wav", np.zeros(RATE), RATE)
    assert [r.name for r in recordings([data, tmp_path])] == ["four", "one", "three", "two", "five", "six"]
    with pytest.raises(SystemExit, match="More than one recording is called five, four, one, three, two"):
        recordings([data, data])


def test_clean_recordings_are_given_to_a_system(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a system makes of them is aligned with them, whether PESQ is installed or not."""
    heard: list[float] = []

    def graded(reference: Mono, y: Mono) -> float:
        heard.append(float(np.abs(reference - y)[:-400].max()))
        return 4.5

    monkeypatch.setattr(metrics, "available", lambda package: True)
    monkeypatch.setattr(metrics, "pesq_wb", graded)
    found = [r for r in recordings([data]) if r.clean]
    rows = run.scores(lambda x, rate: (np.pad(x, (160, 0)), rate), found, InOrder(), clean=True)
    assert [row["clean_pesq"] for row in rows.values()] == [4.5] * 4
    assert max(heard) < 1e-3


class InOrder:
    """A pool of no processes."""

    map = staticmethod(map)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "either DATA or --from-json"),
        (["folder", "--from-json", "file"], "either DATA or --from-json"),
        (["--from-json", "file", "--clean"], "--command and --clean need DATA"),
        (["folder", "--worst", "3"], "--worst needs --versus"),
    ],
)
def test_options_that_do_not_go_together(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert said in capsys.readouterr().err


def test_unknown_systems_stop_the_bench_before_it_runs(data: Path, kept: Path) -> None:
    for arguments in ([str(data), "--systems", "nobody"], ["--from-json", str(kept), "--versus", "nobody"]):
        with pytest.raises(SystemExit, match="No such system: nobody"):
            main(arguments)
    with pytest.raises(SystemExit, match="No such system: spectral"):
        main([str(data), "--systems", "unprocessed", "--versus", "spectral"])


def test_a_recording_without_a_partner_stops_the_bench(tmp_path: Path) -> None:
    (tmp_path / "pairs" / "clean").mkdir(parents=True)
    soundfile.write(tmp_path / "pairs" / "clean" / "alone.wav", np.zeros(RATE), RATE)
    with pytest.raises(SystemExit, match="alone"):
        recordings([tmp_path])


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
    rows = listed()
    pairs = [row for row in rows.values() if row["subset"] != "real"]
    assert (len(pairs), len(rows) - len(pairs), sum(bool(row["room"]) for row in pairs)) == (55, 11, 10)
    assert all(len(row["noisy_sha256"]) == 64 and row["speech_licence"] for row in rows.values())
    assert all(len(row["clean_sha256"]) == 64 for row in pairs)


def test_table_leaves_out_what_nobody_has() -> None:
    columns = (tables.Column("a", "A", 1), tables.Column("b", "B dB", 2), tables.Column("c", "C", 0))
    said = tables.table({"one": {"a": 1.25, "b": -3.0}, "two": {"a": 2.0}}, columns)
    assert said.splitlines() == ["| system | A | B dB |", "|---|--:|--:|", "| one | 1.2 | -3.00 |", "| two | 2.0 | – |"]
