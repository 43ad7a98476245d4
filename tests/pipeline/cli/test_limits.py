"""What the command line takes: one's own files on one's own machine, unless the environment says less."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline import Settings, load, save
from pipeline.audio import Audio
from pipeline.cli import main as cli
from pipeline.files.limits import LOCAL, Limits
from tests.pipeline.files.media import write_wav
from tests.pipeline.signals import noise, sine

RATE = 16_000
NOTHING = ["--preset", "clean_only", "--denoise-strength-db", "0", "--report", "none"]


def silence(path: Path, seconds: float, rate: int = 8_000) -> Path:
    """A small FLAC of many seconds."""
    with soundfile.SoundFile(path, "w", rate, 1, "PCM_16", format="FLAC") as out:
        out.write(np.zeros(round(seconds * rate), np.int16))
    return path


def test_twelve_hours_and_no_more_where_strangers_send_two() -> None:
    assert (LOCAL.max_duration_s, LOCAL.max_file_bytes, LOCAL.max_decoded_bytes) == (43_200, 16 * 2**30, 16 * 2**30)
    assert (Limits().max_duration_s, Limits().max_file_bytes) == (7_200, 300 * 2**20)
    assert (Limits().max_decoded_bytes, Limits().min_duration_s, LOCAL.min_duration_s) == (2_700 * 2**20, 0.1, 0.1)


def test_the_command_line_takes_what_the_site_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Limits] = []

    def enhance_file(source: Path, target: Path, settings: Settings, *, limits: Limits, **_: object) -> None:
        asked.append(limits)
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.enhance_file", enhance_file)
    talk = write_wav(tmp_path / "talk.wav", noise(1, RATE), RATE)
    assert cli.main([str(talk), *NOTHING]) == 130
    monkeypatch.setenv("MAX_DURATION_S", "90")
    assert cli.main([str(talk), *NOTHING]) == 130
    assert asked == [LOCAL, Limits(LOCAL.max_file_bytes, 90.0, LOCAL.max_decoded_bytes)]


def test_what_the_environment_forbids_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAX_DURATION_S", "60")
    assert cli.main([str(silence(tmp_path / "long.flac", 100)), *NOTHING]) == 1
    assert "longer than 60 s" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["long.flac"]


@pytest.mark.parametrize(
    ("options", "subtype"),
    [([], "PCM_16"), (["--depth", "16"], "PCM_16"), (["--depth", "24"], "PCM_24"), (["--depth", "float"], "FLOAT")],
)
def test_the_real_thing_writes_the_depth_asked_for(tmp_path: Path, options: list[str], subtype: str) -> None:
    """With the real enhancement, every stage off: what goes in comes out."""
    talk = write_wav(tmp_path / "talk.wav", noise(2, RATE), RATE)
    assert cli.main([str(talk), *NOTHING, *options]) == 0
    assert soundfile.info(tmp_path / "talk.clean.wav").subtype == subtype
    step = {"PCM_16": 2**-15, "PCM_24": 2**-23, "FLOAT": 0}[subtype]
    assert np.abs(load(tmp_path / "talk.clean.wav").samples - load(talk).samples).max() <= 1.51 * step


def test_the_real_thing_writes_the_bit_rate_asked_for(tmp_path: Path) -> None:
    save(tmp_path / "talk.wav", Audio(noise(1, 5 * 48_000), 48_000))
    sizes = []
    for kbps in ("64", "192"):
        options = ["--format", "mp3", "--bitrate-kbps", kbps, "--overwrite"]
        assert cli.main([str(tmp_path / "talk.wav"), *NOTHING, *options]) == 0
        sizes.append((tmp_path / "talk.clean.mp3").stat().st_size * 8 / 5000)
    assert sizes == pytest.approx([64, 192], rel=0.05)


def test_the_real_thing_reports_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    talk = write_wav(tmp_path / "talk.wav", sine(997, RATE, 2, 10 ** (-27 / 20)), RATE)
    options = ["--denoise-strength-db", "0", "--dehum-strength-db", "0", "--loudness-target-lufs", "-20"]
    assert cli.main([str(talk), *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "talk.wav → talk.clean.wav"
    (loudness,) = [line.split() for line in lines if line.startswith("Loudness")]
    assert float(loudness[1]) == pytest.approx(-30, abs=0.1)
    assert float(loudness[3]) == pytest.approx(-20, abs=0.2)
