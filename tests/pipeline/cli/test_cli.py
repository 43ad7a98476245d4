from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import pipeline
from pipeline import Audio, Settings, load, save
from pipeline.cli import main as cli
from pipeline.cli import manifest, parser
from pipeline.cli.plan import MANIFEST
from pipeline.presets import NAMED_PRESETS
from pipeline.settings import parameters
from tests.pipeline.files.media import write_av, write_wav
from tests.pipeline.signals import noise, speech_like

RATE = 16_000


class FakeReport:
    def as_dict(self) -> dict[str, float]:
        return {"gain_db": 1.5}

    def __str__(self) -> str:
        return "the table"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """An enhancement that turns the sound upside down, and the settings it was called with."""
    seen: list[Settings] = []

    def enhance_file(
        source: Path,
        target: Path,
        settings: Settings,
        *,
        subtype: str,
        bitrate_kbps: float,
        removed: Path | None,
        limits: object,
        track: int | None,
        progress: object,
        cancelled: object,
    ) -> FakeReport:
        seen.append(settings)
        assert limits
        if callable(progress):
            progress(0.5, "at work")
        audio = load(source)
        save(target, Audio(-audio.samples, audio.sample_rate), subtype=subtype, bitrate_kbps=bitrate_kbps)
        return FakeReport()

    monkeypatch.setattr(pipeline, "enhance_file", enhance_file)
    return seen


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "talk.wav", noise(2, RATE), RATE)


def test_a_file(talk: Path, calls: list[Settings], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([str(talk)]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("talk.wav → talk.clean.wav\nthe table\n\n", "")
    assert load(talk.with_name("talk.clean.wav")).samples == pytest.approx(-load(talk).samples)
    assert calls == [Settings()]


def test_settings_override_the_preset(talk: Path, calls: list[Settings], capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--preset", "broadcast", "--denoise-strength-db", "12", "--denoise-method", "spectral"]
    options += ["--no-loudness-normalize", "--report", "none"]
    assert cli.main([str(talk), *options]) == 0
    wanted = {"denoise_strength_db": 12.0, "denoise_method": "spectral", "loudness_normalize": False}
    assert calls == [Settings.from_flat(wanted, NAMED_PRESETS["broadcast"].settings)]
    assert capsys.readouterr().out == ""


def test_every_parameter_is_an_option() -> None:
    words = " ".join(parser.parser().format_help().split())
    for name, kind in parameters().items():
        assert "--" + name.replace("_", "-") in words
        assert kind.help.split(".")[0] in words


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg", "m4a"])
def test_formats(talk: Path, calls: list[Settings], suffix: str) -> None:
    assert cli.main([str(talk), "--format", suffix]) == 0
    assert load(talk.with_name(f"talk.clean.{suffix}")).duration_s == pytest.approx(1.0, abs=0.08)  # a frame


def test_report_as_json_lines(talk: Path, calls: list[Settings], capsys: pytest.CaptureFixture[str]) -> None:
    other = write_wav(talk.with_name("b.wav"), noise(1, RATE), RATE)
    assert cli.main([str(talk), str(other), "--report", "json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(line["output"]).name for line in lines] == ["talk.clean.wav", "b.clean.wav"]
    assert lines[0]["report"] == {"gain_db": 1.5}


def test_a_folder_with_a_bad_file_goes_on(
    tmp_path: Path, calls: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    write_wav(tmp_path / "in" / "deep" / "good.wav", noise(1, RATE), RATE)
    (tmp_path / "in" / "bad.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    for k in range(7):
        (tmp_path / "in" / f"notes{k}.txt").write_text("some notes, not sound")
    assert cli.main([str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 1
    err = capsys.readouterr().err.splitlines()
    names = [f"notes{k}.txt" for k in range(7)]
    assert err[0] == f"note: 7 are no recordings: {', '.join(names[:5])} and 2 more (-v lists them)"
    assert err[-1] == "failed: 1 of 2: bad.wav"
    assert cli.main([str(tmp_path / "in"), "-o", str(tmp_path / "out"), "-v", "--overwrite"]) == 1
    assert capsys.readouterr().err.splitlines()[0] == f"note: 7 are no recordings: {', '.join(names)}"
    assert err[1].startswith("error: bad.wav: The file is damaged or incomplete")
    made = sorted(str(p.relative_to(tmp_path)) for p in (tmp_path / "out").rglob("*.*"))
    assert made == ["out/deep/good.clean.wav", "out/manifest.jsonl"]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("called.mp3", b"some notes, not sound"),  # by its name
        ("called.M4A", b"\x89PNG\r\n\x1a\n, a picture"),
        ("empty.flac", b""),
        ("begins.dat", b"RIFF\0\0\0\0WAVEfmt "),  # by its first bytes
        ("begins", b"fLaC\0\0\0\x22" + bytes(20)),
    ],
)
def test_what_is_meant_to_be_a_recording_and_cannot_be_read_is_a_failure(
    tmp_path: Path, calls: list[Settings], capsys: pytest.CaptureFixture[str], name: str, data: bytes
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_bytes(data)
    assert cli.main([str(tmp_path / "in"), "-o", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith(f"error: {name}: ")


def test_errors_are_one_line_without_a_traceback(
    talk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([str(talk.with_name("missing\n.wav"))]) == 1
    assert capsys.readouterr().err == "error: missing?.wav: The file was not found. Check its name and place.\n"
    monkeypatch.setattr(pipeline, "enhance_file", lambda *_, **__: 1 / 0)
    assert cli.main([str(talk)]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: talk.wav: An unexpected fault (ZeroDivisionError) stopped this file.")
    assert len(err.splitlines()) == 1
    assert cli.main([str(talk), "-v"]) == 1
    assert "division by zero" in capsys.readouterr().err


def test_nothing_is_replaced_unasked(talk: Path, calls: list[Settings], capsys: pytest.CaptureFixture[str]) -> None:
    before = talk.read_bytes()
    (talk.parent / "link.wav").symlink_to(talk)
    for output in (talk, talk.parent / "link.wav"):
        assert cli.main([str(talk), "-o", str(output), "--overwrite"]) == 1
        assert "The output is the input itself" in capsys.readouterr().err
    assert talk.read_bytes() == before
    assert cli.main([str(talk)]) == 0
    assert cli.main([str(talk)]) == 1
    assert "exists already. Pass --overwrite" in capsys.readouterr().err
    assert cli.main([str(talk), "--overwrite"]) == 0
    assert len(calls) == 2  # the refusals came before the work


def test_a_format_that_cannot_hold_it_is_told_before_the_work(
    tmp_path: Path, calls: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    write_wav(tmp_path / "x.wav", noise(3, RATE), RATE)
    assert cli.main([str(tmp_path / "x.wav"), "--format", "mp3"]) == 1
    assert "one or two channels, not 3" in capsys.readouterr().err
    assert not calls


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ([], "No recording was named"),
        (["x.wav", "--denoise-strength-db", "99"], "out of range. Use a value from 0 to 60 dB"),
        (["x.wav", "--denoise-strength-db", "nan"], "must be a number"),
        (["x.wav", "--denoise-strength-db", "much"], "invalid float"),
        (["x.wav", "--denoise-method", "magic"], "invalid choice"),
        (["x.wav", "--preset", "nothing"], "invalid choice"),
        (["x.wav", "--jobs", "-1"], "whole number, 0 or more"),
        (["x.wav", "--jobs", "x"], "whole number, 0 or more"),
        (["x.wav", "-o", "x.doc"], "'.doc' is not known"),
    ],
)
def test_usage(arguments: list[str], match: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = cli.main(arguments)
    except SystemExit as leave:
        status = leave.code  # type: ignore[assignment]
    assert status == 2
    assert match in capsys.readouterr().err


def test_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--list-presets"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(NAMED_PRESETS)
    with pytest.raises(SystemExit) as leave:
        cli.main(["--version"])
    assert leave.value.code == 0
    assert capsys.readouterr().out.startswith("python -m pipeline 0.")


def test_empty_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([str(tmp_path), "-o", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == "error: no recording was found\n"


def test_interrupt(talk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def enhance(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "enhance_file", enhance)
    assert cli.main([str(talk)]) == 130
    assert capsys.readouterr().err == "interrupted\n"
    assert [path.name for path in talk.parent.iterdir()] == ["talk.wav"]


PATIENCE_S = 270  # generous: machines that test are busy, and the first to enhance compiles


def run(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """The command line as a user starts it, with the real enhancement."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHONWARNINGS": "error", "PYTHONUTF8": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", *arguments], cwd=cwd, env=env, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def noisy_speech(path: Path, duration_s: float = 3.0) -> Path:
    x = speech_like(RATE, duration_s)
    return write_av(path, x + noise(1, x.shape[1], -40.0), RATE, "aac")


def test_the_real_thing_on_two_processes(tmp_path: Path) -> None:
    for name in ("a.m4a", "deep/b.m4a", "deep/c.m4a"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        noisy_speech(tmp_path / "in" / name)
    (tmp_path / "in" / "bad.wav").write_bytes(b"RIFF\0\0\0\0WAVE")
    done = run("in", "-o", "out", "--jobs", "2", "--report", "json", "--format", "flac", cwd=tmp_path)
    out, err = done.communicate(timeout=PATIENCE_S)
    assert err == (
        "error: bad.wav: The file is damaged or incomplete: no sound could be read from it. "
        "Export or record it again, or choose another file.\n"
        "failed: 1 of 4: bad.wav\n"
    )
    assert done.returncode == 1
    reports = {json.loads(line)["output"]: json.loads(line)["report"] for line in out.splitlines()}
    assert sorted(reports) == ["out/a.clean.flac", "out/deep/b.clean.flac", "out/deep/c.clean.flac"]
    entries = manifest.entries(tmp_path / "out")
    assert {name for name, entry in entries.items() if entry["error"]} == {"bad.clean.flac"}
    assert {f"out/{name}": entry["report"] for name, entry in entries.items() if not entry["error"]} == reports
    for name, report in reports.items():
        assert report["denoiser"] == "neural"
        assert report["after"]["lufs"] == pytest.approx(-16.0, abs=0.6)
        source = load(tmp_path / name.replace("out", "in").replace("clean.flac", "m4a"))
        result = load(tmp_path / name)
        assert result.samples.shape == source.samples.shape
        assert not np.array_equal(result.samples, source.samples)


def test_without_a_temporary_folder_recordings_are_done_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    (tmp_path / "in").mkdir()
    for name in ("a.m4a", "b.m4a"):
        noisy_speech(tmp_path / "in" / name, 1.0)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    monkeypatch.setattr("joblib.Parallel", None)  # which asks for one where /dev/shm is small
    assert cli.main(["in", "-o", "out", "--jobs", "2", "--report", "none"]) == 0
    assert sorted(path.name for path in Path("out").glob("*.wav")) == ["a.clean.wav", "b.clean.wav"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path, jobs: str) -> None:
    (tmp_path / "in").mkdir()
    long = write_wav(tmp_path / "in" / "0.wav", noise(1, 60 * RATE), RATE)
    for k in range(1, 6):
        (tmp_path / "in" / f"{k}.wav").hardlink_to(long)
    started = run("in", "-o", "out", "--jobs", jobs, "--report", "none", cwd=tmp_path)
    deadline = time.monotonic() + PATIENCE_S
    while not (tmp_path / "out").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(started.pid, signal.SIGINT)  # as a terminal does: the workers get it, too
    _, err = started.communicate(timeout=PATIENCE_S)
    assert (started.returncode, err) == (130, "interrupted\n")
    for path in (tmp_path / "out").iterdir():
        assert path.name.endswith(".clean.wav") or path.name == MANIFEST
        assert path.name == MANIFEST or load(path).duration_s == 60.0
    for name, entry in manifest.entries(tmp_path / "out").items():  # whole lines, and true ones
        assert (entry["error"], entry["output_sha256"]) == ("", manifest.sha256(tmp_path / "out" / name))


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_reader_that_leaves_does_not_stop_the_work(tmp_path: Path) -> None:
    """`python -m pipeline … | head -1`."""
    for name in ("a.wav", "b.wav"):
        write_wav(tmp_path / name, noise(1, RATE), RATE)
    command = f"{sys.executable} -m pipeline a.wav b.wav --preset clean_only --denoise-strength-db 0 | true"
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=270
    )
    assert "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.glob("*.clean.wav")} == {"a.clean.wav", "b.clean.wav"}
