"""Compile before the first visitor needs it: one background thread, started once, that can fail but never harm."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from runtime import configuration
from runtime.numba_cache import compilations

log = logging.getLogger(__name__)

_lock = threading.Lock()
_finished = threading.Event()
_thread: threading.Thread | None = None
_record: dict[str, Any] = {
    "state": "not started",
    "seconds": None,
    "compilations": None,
    "cache_hits": None,
    "error": None,
}


def start(task: Callable[[], None]) -> None:
    """Run `task` in the background, unless that was done. Returns at once."""
    global _thread  # noqa: PLW0603 — one warm-up per process
    with _lock:
        if _thread is None:
            _record["state"] = "running"
            _thread = threading.Thread(target=run, args=(task,), name="warm-up", daemon=True)
            _thread.start()


def run(task: Callable[[], None]) -> None:
    """Run `task`, which calls everything that the app will call. Never raises; see `status`."""
    _record["state"] = "running"
    began, before = time.monotonic(), compilations.counts()
    state, error = "done", None
    try:
        configuration.configure()
        task()
    except Exception as fault:
        log.exception("The warm-up failed; requests will compile what they need.")
        state, error = "failed", f"{type(fault).__name__}: {fault}"
    after = compilations.counts()
    with _lock:
        _record.update(
            state=state,
            seconds=round(time.monotonic() - began, 2),
            compilations=after["compilations"] - before["compilations"],
            cache_hits=after["cache_hits"] - before["cache_hits"],
            error=error,
        )
    _finished.set()
    log.info("Warm-up %s: %s", state, status())


def status() -> dict[str, Any]:
    """`state` ("not started", "running", "done" or "failed"), `seconds`, `compilations`, `cache_hits`, `error`."""
    with _lock:
        return dict(_record)


def is_ready() -> bool:
    """Whether the warm-up is done. After one that failed this stays False; requests work, but may have to compile."""
    return bool(_record["state"] == "done")


def wait(timeout_s: float) -> bool:
    """Wait until the warm-up has ended, well or not, for at most `timeout_s` seconds; whether it is done."""
    _finished.wait(timeout_s)
    return is_ready()
