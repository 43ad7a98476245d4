"""What a batch leaves about itself, and what the next one makes of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import pipeline
from pipeline import Audio, load, save
from pipeline.cli import main as cli
from pipeline.cli import manifest
from tests.pipeline.files.media import write_wav
from tests.pipeline.signals import noise

RATE = 16_000


class FakeReport:
    def as_dict(self) -> dict[str, float]:
        return {"gain_db": 1.5}


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the recordings that were enhanced, by an enhancement that turns the sound upside down."""
    seen: list[str] = []

    def enhance_file(source: Path, target: Path, *_: object, removed: Path | None, **__: object) -> FakeReport:
        seen.append(source.name)
        audio = load(source)
        save(target, Audio(-audio.samples, audio.sample_rate))
        if removed is not None:
            save(removed, audio)
        return FakeReport()

    monkeypatch.setattr(pipeline, "enhance_file", enhance_file)
    return seen


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for k, name in enumerate(("a.wav", "b.wav", "deep/c.wav")):
        write_wav(tmp_path / "in" / name, noise(1, RATE, seed=k), RATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*more: str, status: int = 0) -> None:
    assert cli.main(["in", "-o", "out", "--report", "none", *more]) == status


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path("out/manifest.jsonl").read_text().splitlines()]


def test_a_line_for_every_recording(folder: Path, done: list[str]) -> None:
    Path("in/bad.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    run("--denoise-strength-db", "12", status=1)
    found = {line["input"]: line for line in lines()}
    assert list(found) == ["in/a.wav", "in/b.wav", "in/bad.wav", "in/deep/c.wav"]
    line = found["in/deep/c.wav"]
    assert line["output"] == "deep/c.clean.wav"  # inside the folder, which may be moved
    assert line["output_sha256"] == manifest.sha256(Path("out/deep/c.clean.wav"))
    assert line["input_sha256"] == manifest.sha256(Path("in/deep/c.wav"))
    assert line["input_bytes"] == Path("in/deep/c.wav").stat().st_size
    assert line["settings"]["denoise_strength_db"] == 12.0
    assert (line["report"], line["error"]) == ({"gain_db": 1.5}, "")
    assert line["version"]
    assert found["in/bad.wav"]["report"] is found["in/bad.wav"]["output_sha256"] is None
    assert "damaged" in found["in/bad.wav"]["error"]


def test_what_is_done_is_done_once(folder: Path, done: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    run()
    run("--resume")
    assert done == ["a.wav", "b.wav", "c.wav"]
    assert capsys.readouterr().err == "note: 3 of 3 done before\n"
    assert len(lines()) == 3


def _other_input() -> None:
    write_wav(Path("in/b.wav"), noise(1, RATE, seed=9), RATE)


def _other_output() -> None:
    write_wav(Path("out/b.clean.wav"), noise(1, RATE, seed=9), RATE)


def _no_output() -> None:
    Path("out/b.clean.wav").unlink()


def _failed() -> None:
    data = Path("in/b.wav").read_bytes()
    Path("in/b.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    Path("out/b.clean.wav").unlink()
    Path("out/manifest.jsonl").unlink()
    run("--resume", status=1)
    Path("in/b.wav").write_bytes(data)


def _broken_line() -> None:
    text = Path("out/manifest.jsonl").read_text().splitlines()
    Path("out/manifest.jsonl").write_text("\n".join([text[0], text[2], text[1][:100]]))


@pytest.mark.parametrize("change", [_other_input, _other_output, _no_output, _failed, _broken_line])
def test_what_is_not_as_it_was_is_done_again(folder: Path, done: list[str], change: Any) -> None:
    run()
    change()
    done.clear()
    run("--resume")
    assert done == ["b.wav"]
    assert manifest.entries(Path("out"))["b.clean.wav"]["error"] == ""
    run("--resume")
    assert done == ["b.wav"]


@pytest.mark.parametrize("more", [["--denoise-strength-db", "12"], ["--depth", "24"], ["--track", "1"]])
def test_other_settings_do_all_again(folder: Path, done: list[str], more: list[str]) -> None:
    run()
    run("--resume", *more)
    assert len(done) == 6


def test_another_version_does_all_again(folder: Path, done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    monkeypatch.setenv("DENOISER_REPO", "somebody/something")
    run("--resume")
    assert len(done) == 6


def test_a_recording_that_was_only_copied_is_the_same(folder: Path, done: list[str]) -> None:
    run()
    os.utime("in/a.wav", (1, 1))
    run("--resume")
    assert len(done) == 3


def test_without_resume_nothing_is_replaced(folder: Path, done: list[str]) -> None:
    run()
    run(status=1)
    assert len(done) == 3
    assert [line["error"].partition(".")[0] for line in lines()[3:]] == ["The output exists already"] * 3
    run("--resume")  # the results are there still
    assert len(done) == 3


def test_what_was_removed_belongs_to_what_is_done(folder: Path, done: list[str]) -> None:
    run("--removed", "rest")
    assert {str(p) for p in Path("rest").rglob("*.wav")} == {
        "rest/a.removed.wav", "rest/b.removed.wav", "rest/deep/c.removed.wav",
    }  # fmt: skip
    Path("rest/a.removed.wav").unlink()
    run("--removed", "rest", "--resume")
    assert done == ["a.wav", "b.wav", "c.wav", "a.wav"]


def test_one_file_that_was_removed(folder: Path, done: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["in/a.wav", "-o", "a.flac", "--removed", "rest.flac", "--report", "none"]) == 0
    assert load("rest.flac").samples == pytest.approx(load("in/a.wav").samples)
    assert not Path("manifest.jsonl").exists()
    assert cli.main(["in", "-o", "out", "--removed", "rest.flac"]) == 2
    assert "Name a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["in/a.wav", "--resume"], "--resume goes with a folder"),
        (["in/a.wav", "--analyze", "-o", "x.wav"], "does not go with --output"),
        (["in", "--analyze", "--resume"], "does not go with --resume"),
        (["in/a.wav", "--removed", "x.doc"], "'.doc' is not known"),
    ],
)
def test_what_does_not_go_together(
    folder: Path, arguments: list[str], match: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    assert match in capsys.readouterr().err


def test_to_measure_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("in/bad.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    before = sorted(folder.rglob("*"))
    assert cli.main(["in", "--analyze", "--json"]) == 1
    out, err = capsys.readouterr()
    found = {line["input"]: line["measures"] for line in map(json.loads, out.splitlines())}
    assert list(found) == ["in/a.wav", "in/b.wav", "in/deep/c.wav"]
    assert found["in/a.wav"]["lufs"] == pytest.approx(pipeline.analyze(load("in/a.wav")).lufs, abs=0.01)
    assert err.splitlines()[-1] == "failed: 1 of 4: bad.wav"
    assert cli.main(["in/a.wav", "--analyze"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0] == "a.wav"
    assert table[1].split()[0] == "Loudness"
    assert "1.0 s, 16000 Hz, 1 channel" in table
    assert sorted(folder.rglob("*")) == before


def test_a_manifest_that_cannot_be_written_is_told(
    folder: Path, done: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out/manifest.jsonl").mkdir(parents=True)
    run(status=1)
    assert "the manifest of the output folder cannot be written" in capsys.readouterr().err
    assert len(list(Path("out").rglob("*.clean.wav"))) == 3


def test_a_name_that_no_disk_holds_is_refused_before_the_work(
    folder: Path, done: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """`.clean.wav` makes a name of 250 bytes too long."""
    long = Path("in") / ("ä" * 123 + ".wav")
    write_wav(long, noise(1, RATE), RATE)
    assert cli.main([str(long), "-o", "out/"]) == 1
    assert "more than 255 bytes" in capsys.readouterr().err
    assert done == []
    assert [path.name for path in Path("out").iterdir()] == ["manifest.jsonl"]
    assert "more than 255 bytes" in lines()[0]["error"]


@pytest.mark.parametrize("arguments", [["-o", "x" * 252 + ".wav"], ["--removed", "ä" * 126 + ".wav"]])
def test_a_name_that_somebody_asks_for_is_looked_at_before_the_work(
    folder: Path, done: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert cli.main(["in/a.wav", *arguments]) == 1
    assert "more than 255 bytes" in capsys.readouterr().err
    assert done == []


def test_what_fails_before_the_first_result_has_its_line(folder: Path, done: list[str]) -> None:
    """The output folder is not yet there then."""
    for name in ("a.wav", "b.wav", "deep/c.wav"):
        Path("in", name).write_bytes(b"RIFF\0\0\0\0WAVE")
    run(status=1)
    assert [line["output"] for line in lines()] == ["a.clean.wav", "b.clean.wav", "deep/c.clean.wav"]
    assert all("damaged or incomplete" in line["error"] for line in lines())
