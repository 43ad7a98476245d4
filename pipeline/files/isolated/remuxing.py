"""A video with another sound: the program's side of `remuxer`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pipeline.errors import AudioError, Cancelled, EnhancementError

from ..sources import opened
from ..watch import too_much
from ..writing.target import replacing
from . import process

DEMUXERS = {"mov": ".mp4", "matroska": ".mkv"}  # the container of a recording → of the video as it is written
STEP_S = 0.05
# Processor time, and how large the target may get: what two hours take, several times.
LEAST_CPU_S, CPU_S_PER_MB, CPU_S_PER_S, WAIT = 10.0, 0.2, 0.01, 4.0
MORE_BYTES = 16 * 2**20
_HEAD = 64


def can_be_written(container: str) -> bool:
    """Whether a video in that container can be written again here. Without fork and rlimits (Windows) none can."""
    return container in DEMUXERS and hasattr(os, "fork") and bool(sys.executable)


def suffix_of(video: Path, container: str) -> str:
    """The kind of file that the video is, by its first bytes: .mp4, .mov, .mkv or .webm."""
    with opened(video) as file:
        head = file.read(_HEAD)
    if container == "mov":
        return ".mov" if head[4:8] != b"ftyp" or head[8:12] == b"qt  " else ".mp4"
    return ".webm" if b"webm" in head else DEMUXERS[container]


def with_sound(
    video: Path, sound: Path, target: Path, container: str, track: int, duration_s: float,
    cancelled: Callable[[], bool],
) -> None:  # fmt: skip
    """Write the video to `target`, with `sound` (a file of ours, as long as the film) in place of the sound track.

    Raises AudioError, LimitError (the video asks for more than it is worth), Cancelled, and EnhancementError.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(opened(path)) for path in (video, sound)]
        size = sum(os.fstat(file.fileno()).st_size for file in files)
        cpu_s = LEAST_CPU_S + CPU_S_PER_MB * size / 2**20 + CPU_S_PER_S * duration_s
        part = stack.enter_context(replacing(target))
        out = stack.enter_context(Path(part).open("xb+"))
        arguments = (container, target.suffix, str(track), str(size + size // 8 + MORE_BYTES), str(round(cpu_s)))
        _run(arguments, [*(file.fileno() for file in files), out.fileno()], WAIT * cpu_s, cancelled)


def _run(arguments: tuple[str, ...], fds: list[int], most_s: float, cancelled: Callable[[], bool]) -> None:
    try:
        running = process.started("remuxer", *arguments, *map(str, fds), fds=tuple(fds))
    except OSError as fault:
        raise EnhancementError("No process can be started for the video.", details=fault.strerror or "") from None
    deadline = time.monotonic() + most_s
    try:
        while running.poll() is None:
            if cancelled():
                raise Cancelled("The video was cancelled.")
            if time.monotonic() > deadline:
                raise too_much("time", "no end")
            time.sleep(STEP_S)
    finally:
        running.kill()
        running.wait()
    _check(running)


def _check(ended: subprocess.Popen[bytes]) -> None:
    status = ended.returncode
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        raise too_much("time" if status == -signal.SIGXCPU else "memory")
    if status:
        raise AudioError(
            "The video could not be written with the new sound.",
            details="its pictures are of a kind that cannot be copied, or the file is damaged",
            suggestion="Download the sound, and put it under the video in an editor.",
        )
