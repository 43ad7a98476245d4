"""Videos of strangers, copied with another sound: within limits, killable, and with nothing else in reach."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.audio import Audio
from pipeline.errors import AudioError, Cancelled, EnhancementError, LimitError
from pipeline.files.encode import save
from pipeline.files.isolated import process, remuxing
from tests.pipeline.files.films import film

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "sound.m4a"
    save(path, Audio(np.zeros((1, 48_000), np.float32), 48_000))
    return path


def copied(video: Path, sound: Path, cancelled: Any = lambda: False, track: int = 1) -> Path:
    target = video.with_name("target.mp4")
    remuxing.with_sound(video, sound, target, "mov", track, 1.0, cancelled)
    return target


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"talk.mp4", "sound.m4a"}


def instead(monkeypatch: pytest.MonkeyPatch, code: str) -> list[subprocess.Popen[bytes]]:
    """Have the process run this where it would copy, as something in the video might make it do."""
    running: list[subprocess.Popen[bytes]] = []
    started = subprocess.Popen

    def noted(*given: Any, **options: Any) -> subprocess.Popen[bytes]:
        running.append(started(*given, **options))
        return running[-1]

    monkeypatch.setattr(process.subprocess, "Popen", noted)  # type: ignore[attr-defined]
    other = f"def copy(*given):\n    {code}\nfrom pipeline.files.isolated import remuxer\nremuxer.copy = copy\nmain("
    monkeypatch.setattr(process, "START", process.START.replace("\nmain(", f"\n{other}"))
    return running


def test_a_video_is_copied(tmp_path: Path, sound: Path) -> None:
    assert copied(film(tmp_path / "talk.mp4", lasts_s=1.0, at_s=0.5), sound).stat().st_size > 1000
    assert left(tmp_path) == {"target.mp4"}


@pytest.mark.parametrize("kept", [0, 40, 600])
def test_what_is_damaged_is_said_and_leaves_nothing(tmp_path: Path, sound: Path, kept: int) -> None:
    whole = film(tmp_path / "talk.mp4", lasts_s=1.0, at_s=0.5)
    whole.write_bytes(whole.read_bytes()[:kept])
    with pytest.raises(AudioError, match="could not be written"):
        copied(whole, sound)
    assert left(tmp_path) == set()


def test_a_track_that_is_not_there(tmp_path: Path, sound: Path) -> None:
    with pytest.raises(AudioError):
        copied(film(tmp_path / "talk.mp4", lasts_s=1.0, at_s=0.5), sound, track=2)


@pytest.mark.parametrize(
    "code",
    [
        "open('/etc/passwd').read()",
        "open('{folder}/more', 'w').write('x')",
        "import os; os.read(6, 1)",
        "import socket; socket.socket()",
        "[given[2].write(bytes(10**6)) for _ in range(40)]",
        "bytearray(10**9)",
    ],
)
def test_it_reaches_nothing_but_its_files(
    tmp_path: Path, sound: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    video = film(tmp_path / "talk.mp4", lasts_s=1.0, at_s=0.5)
    running = instead(monkeypatch, code.replace("{folder}", str(tmp_path)))
    with pytest.raises(AudioError):
        copied(video, sound)
    assert [one.returncode for one in running] == [1]
    assert left(tmp_path) == set()


def test_it_does_nothing_wrong_by_itself(tmp_path: Path, sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test before would see faults of its own making."""
    running = instead(monkeypatch, "given[2].write(bytearray(10**6))")
    copied(film(tmp_path / "talk.mp4", lasts_s=1.0, at_s=0.5), sound)
    assert [one.returncode for one in running] == [0]


def test_what_loops_is_ended_by_its_processor_time(
    tmp_path: Path, sound: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remuxing, "LEAST_CPU_S", 1.0)
    monkeypatch.setattr(remuxing, "WAIT", 1000.0)
    running = instead(monkeypatch, "while True: pass")
    with pytest.raises(LimitError, match="more time"):
        copied(film(tmp_path / "talk.mp4", lasts_s=1.0, at_s=0.5), sound)
    assert running[0].returncode == -signal.SIGXCPU
    assert left(tmp_path) == set()


@pytest.mark.parametrize("waits", [False, True])
def test_what_hangs_is_killed(tmp_path: Path, sound: Path, monkeypatch: pytest.MonkeyPatch, waits: bool) -> None:
    """By whoever cancels, or by the clock."""
    monkeypatch.setattr(remuxing, "WAIT", 0.1 if waits else 100.0)
    running = instead(monkeypatch, "import time; time.sleep(1000)")
    gone = threading.Event()

    def cancelled() -> bool:
        gone.set()
        return not waits

    with pytest.raises(LimitError if waits else Cancelled):
        copied(film(tmp_path / "talk.mp4", lasts_s=1.0, at_s=0.5), sound, cancelled)
    assert gone.is_set()
    assert running[0].returncode == -signal.SIGKILL
    assert left(tmp_path) == set()


def test_where_no_process_can_be_started(tmp_path: Path, sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(process.subprocess, "Popen", refused)  # type: ignore[attr-defined]
    with pytest.raises(EnhancementError, match="No process"):
        copied(film(tmp_path / "talk.mp4", lasts_s=1.0, at_s=0.5), sound)
    assert left(tmp_path) == set()
