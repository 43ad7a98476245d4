"""`-` for standard input and output."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipeline import load
from pipeline.cli import piped
from pipeline.cli.main import main
from tests.pipeline.files.media import write_wav
from tests.pipeline.signals import noise, speech_like

TALK = speech_like(16_000, 1.0) + noise(1, 16_000, -45.0)


def run(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-X", "utf8", "-m", "pipeline", *arguments, "--denoise-method", "spectral"]
    return subprocess.run(command, input=given, capture_output=True, check=False)


@pytest.fixture
def talk(tmp_path: Path) -> bytes:
    return write_wav(tmp_path / "talk.wav", TALK, 16_000).read_bytes()


def test_a_recording_goes_through_a_pipe(tmp_path: Path, talk: bytes) -> None:
    done = run("-", "-o", "-", "--format", "flac", "--report", "json", given=talk)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"fLaC")
    (tmp_path / "y").write_bytes(done.stdout)
    assert load(tmp_path / "y").samples.shape == TALK.shape
    (line,) = [line for line in done.stderr.decode().splitlines() if line.startswith("{")]
    entry = json.loads(line)
    assert (entry["input"], entry["output"], entry["report"]["remarks"]) == ("-", "-", [])


def test_the_result_is_wav_unless_asked_otherwise(tmp_path: Path, talk: bytes) -> None:
    done = run(str(tmp_path / "talk.wav"), "-o", "-")
    assert (done.returncode, done.stdout[:4], done.stdout[8:12]) == (0, b"RIFF", b"WAVE")
    assert int.from_bytes(done.stdout[4:8], "little") == len(done.stdout) - 8  # a header that does not lie
    assert b"Denoiser: spectral." in done.stderr


def test_from_a_pipe_into_a_file(
    tmp_path: Path, talk: bytes, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(talk)))
    assert main(["-", "-o", str(tmp_path / "y.mp3"), "--denoise-method", "spectral"]) == 0
    assert load(tmp_path / "y.mp3").sample_rate == 16_000
    assert "standard input → y.mp3" in capsys.readouterr().out


def test_what_cannot_be_read_is_a_sentence_and_no_output() -> None:
    done = run("-", given=b"la la la " * 99)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"error: standard input: This is a text, not a recording." in done.stderr


def test_what_makes_no_sense(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.wav").touch()
    for arguments in (["-", "x.wav"], ["x.wav", "y.wav", "-o", "-"]):
        assert main(arguments) == 2
        assert "- stands for one recording" in capsys.readouterr().err
    monkeypatch.setattr(piped.sys.stdout, "isatty", lambda: True, raising=False)
    assert main(["-"]) == 2
    assert "to the terminal" in capsys.readouterr().err


def test_a_sound_track_is_chosen(tmp_path: Path, talk: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    named = [str(tmp_path / "talk.wav"), "-o", str(tmp_path / "y.wav"), "--denoise-method", "spectral"]
    assert main([*named, "--track", "2"]) == 1
    said = "There is no sound track 2. The file has 1 sound track: 1 (pcm_s16le, mono)."
    assert said in capsys.readouterr().err
    assert main([*named, "--track", "1"]) == 0
    for wrong in ("-1", "one", "1.5"):
        with pytest.raises(SystemExit):
            main([*named, f"--track={wrong}"])


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No directory of the system's takes a file: a container without /tmp."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc/none"])


def piped_through(monkeypatch: pytest.MonkeyPatch, given: bytes, *arguments: str) -> tuple[int, bytes]:
    out = SimpleNamespace(buffer=io.BytesIO(), isatty=lambda: False, write=lambda _: 0, flush=lambda: None)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(given)))
    monkeypatch.setattr(sys, "stdout", out)
    status = main([*arguments, "--denoise-method", "spectral", "--report", "none"])
    return status, out.buffer.getvalue()


@pytest.mark.usefixtures("nowhere")
def test_without_a_temporary_directory_the_outputs_folder_serves_then_memory(
    tmp_path: Path, talk: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "memory").mkdir()
    (tmp_path / "out").mkdir()
    monkeypatch.setattr(piped, "MEMORY", str(tmp_path / "memory"))
    for output in ("-", str(tmp_path / "out" / "y.wav"), str(tmp_path / "out")):
        status, sent = piped_through(monkeypatch, talk, "-", "-o", output)
        assert status == 0
        assert (sent[:4] == b"RIFF") is (output == "-")
    assert piped_through(monkeypatch, b"", str(tmp_path / "talk.wav"), "-o", "-")[0] == 0
    monkeypatch.setattr(piped, "MEMORY", str(tmp_path / "none"))
    assert piped_through(monkeypatch, talk, "-", "-o", str(tmp_path / "out" / "z.wav"))[0] == 0
    assert piped_through(monkeypatch, talk, "-") == (1, b"")
    assert "no place for a temporary file. Set TMPDIR" in capsys.readouterr().err
    assert not list((tmp_path / "memory").iterdir())
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"y.wav", "z.wav", "recording.clean.wav"}


def test_a_temporary_directory_that_is_full_is_not_the_inputs_fault(
    talk: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Path, "open", lambda *_, **__: io.FileIO("/dev/full", "w"))
    assert piped_through(monkeypatch, talk, "-") == (1, b"")
    assert "A temporary file could not be written. Make room" in capsys.readouterr().err
