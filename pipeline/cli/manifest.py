"""`manifest.jsonl` in the output folder: a line for every recording that was done or failed, and what `--resume` makes
of it.

A line is one write at the end of the file, after the result has its name. So an interruption, or a kill, at any time
leaves lines that are true: at worst the last result has none, and is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import runtime_setup
from pipeline.files.formats import Encoding
from pipeline.settings import Settings

from .plan import MANIFEST, Task

_CHUNK = 1 << 20

Entry = dict[str, Any]


def version() -> str:
    """Of what makes the sound: the program, and the denoiser's weights where they are not its own."""
    named = os.environ.get("DENOISER_REPO", "").strip()
    return f"{runtime_setup.VERSION} {named}".rstrip()


def order_of(settings: Settings, encoding: Encoding, track: int | None) -> Entry:
    """What decides the result, apart from the recording."""
    how = {"subtype": encoding.subtype, "bitrate_kbps": encoding.bitrate_kbps, "track": track}
    return {"version": version(), "settings": settings.flat(), "encoding": how}


def line(task: Task, folder: Path, order: Entry, report: Entry | None, error: str) -> Entry:
    """What is written of a task. Paths of results are those inside the folder, which may so be moved."""
    entry: Entry = {"input": os.fspath(task.source), "output": inside(task.target, folder)}
    entry |= _input(task.source)
    done = report is not None
    entry |= {"output_sha256": sha256(task.target) if done else None}
    if task.removed is not None:
        entry |= {"removed": os.fspath(task.removed), "removed_sha256": sha256(task.removed) if done else None}
    return {**entry, **order, "report": report, "error": error}


def append(folder: Path, entry: Entry) -> None:
    """One line more. Raises OSError."""
    data = json.dumps(entry).encode() + b"\n"
    descriptor = os.open(folder / MANIFEST, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
    try:
        end = os.lseek(descriptor, 0, os.SEEK_END)
        if end and hasattr(os, "pread") and os.pread(descriptor, 1, end - 1) != b"\n":
            data = b"\n" + data  # a line that broke off ends here
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)


def entries(folder: Path) -> dict[str, Entry]:
    """Of each output the last line that tells of a result, or the last one. Damaged lines are passed over."""
    found: dict[str, Entry] = {}
    try:
        with (folder / MANIFEST).open("rb") as file:
            for text in file:
                try:
                    entry = json.loads(text)
                except ValueError:
                    continue
                if not isinstance(entry, dict) or not isinstance(entry.get("output"), str):
                    continue
                if not entry.get("error") or found.get(entry["output"], entry).get("error"):
                    found[entry["output"]] = entry  # a later fault has not touched the result
    except OSError:
        return {}
    return found


def is_done(task: Task, entry: Entry | None, order: Entry) -> bool:
    """The same recording was enhanced in the same way by the same version, and the result is there as it was."""
    if entry is None or entry.get("error") or entry.get("report") is None:
        return False
    if any(entry.get(name) != value for name, value in json.loads(json.dumps(order)).items()):
        return False
    results = [(task.target, entry.get("output_sha256"))]
    if task.removed is not None:
        if entry.get("removed") != os.fspath(task.removed):
            return False
        results.append((task.removed, entry.get("removed_sha256")))
    found = _input(task.source)
    same = all(entry.get(name) == found[name] for name in ("input_bytes", "input_sha256")) and found["input_sha256"]
    return bool(same) and all(digest and sha256(path) == digest for path, digest in results)


def inside(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def sha256(path: Path) -> str | None:
    """Of a file's content; None where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while data := file.read(_CHUNK):
                digest.update(data)
    except (OSError, ValueError):
        return None
    return digest.hexdigest()


def _input(path: Path) -> Entry:
    try:
        about = path.stat()
    except (OSError, ValueError):
        return {"input_bytes": None, "input_mtime_ns": None, "input_sha256": None}
    digest = sha256(path) if path.is_file() else None
    return {"input_bytes": about.st_size, "input_mtime_ns": about.st_mtime_ns, "input_sha256": digest}
