"""What a worker of a Dask cluster does: one recording, from plain data to plain data.

Nothing here knows Dask. What comes is trusted as far as the scheduler is; what goes names no path.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from pipeline.errors import LimitError
from pipeline.files.formats import Encoding
from pipeline.files.limits import MIB
from pipeline.settings import Settings

from . import manifest
from .batch import BatchOptions, outcome_of
from .plan import Task

MOST_SENT_BYTES = 1024 * MIB  # of a recording, of its results, and of all recordings that are on their way

Job = dict[str, Any]
Answer = dict[str, Any]


def job_of(task: Task, order: BatchOptions, *, with_data: bool) -> Job:
    """What a worker is told. Raises LimitError for what is too large to be sent, OSError."""
    about = task.source.stat()
    if with_data:
        check_sent("recording", about.st_size, "Let the workers see its folder, or store it as FLAC or M4A.")
    asked = manifest.order_of(order.settings, order.encoding, order.track)
    return {
        **asked, "analyze": order.analyze, "source": os.path.abspath(task.source),  # noqa: PTH100 — links stay
        "bytes": about.st_size, "mtime_ns": about.st_mtime_ns,
        "data": task.source.read_bytes() if with_data else None, "suffix": task.target.suffix,
        "removed": None if task.removed is None else task.removed.suffix,
    }  # fmt: skip


def check_sent(what: str, size: int, suggestion: str) -> None:
    """Raises LimitError."""
    if size > MOST_SENT_BYTES:
        most = f"more than {MOST_SENT_BYTES // MIB} MB are not sent"
        raise LimitError(
            f"The {what} has {size / MIB:.0f} MB; {most} over the cluster's network.", suggestion=suggestion
        )


def enhanced(job: Job) -> Answer:
    """On a worker: what the job asks for, or `unseen` where the recording is not to be seen from here."""
    # A worker has as many tasks as it has threads; more threads for one of them would be taken from the others.
    os.environ.setdefault("THREADS", "1")
    if job["version"] != (mine := manifest.version()):
        differs = f"This worker has version {mine}, where {job['version']} is asked for."
        return {"error": f"{differs} Start workers of one version."}
    try:
        with tempfile.TemporaryDirectory(prefix="speech-") as folder:
            return _enhanced_in(Path(folder), job)
    except OSError as error:
        what = "A worker could not write a temporary file. Make room in its temporary directory (TMPDIR)."
        return {"error": what, "details": error.strerror or ""}


def _enhanced_in(folder: Path, job: Job) -> Answer:
    source = Path(job["source"])
    if job["data"] is not None:
        source = folder / f"recording{source.suffix}"
        source.write_bytes(job["data"])
    elif not _is_seen(source, job):
        return {"unseen": True, "error": "The recording is not to be seen from the worker."}
    removed = None if job["removed"] is None else folder / f"removed{job['removed']}"
    task = Task(source, folder / f"result{job['suffix']}", source.name, removed)
    how = job["encoding"]
    order = BatchOptions(
        Settings.from_flat(job["settings"]), encoding=Encoding(how["subtype"], how["bitrate_kbps"]),
        track=how["track"], analyze=job["analyze"],
    )  # fmt: skip
    found = outcome_of(task, order)
    if found.error:
        return {"error": found.error, "details": found.details}
    outputs = [] if order.analyze else task.outputs
    try:
        check_sent(
            "result", sum(path.stat().st_size for path in outputs), "Pass --format flac, or enhance it without --dask."
        )
    except LimitError as error:
        return {"error": f"{error.message} {error.suggestion}"}
    results = [path.read_bytes() for path in outputs]
    return {"report": found.report, "table": found.table, "error": "", "results": results}


def _is_seen(path: Path, job: Job) -> bool:
    """Whether it is the file that was meant."""
    try:
        about = path.stat()
    except (OSError, ValueError):
        return False
    return (about.st_size, about.st_mtime_ns) == (job["bytes"], job["mtime_ns"])
