"""The deployment checklist: is the service at this address well? Asked over `/health` and `/api/diagnostics`."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib import error, request

from runtime.doctor.checks import Check

TIMEOUT_S = 15.0
MAX_ANSWER_BYTES = 2**20
NOT_OURS = "Is this the address of the service itself, not of a page around it (a Space answers at *.hf.space)?"


class UnreachableError(Exception):
    """No usable answer; the message is a sentence."""


def fetch(url: str, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    """The JSON object at `url`. Raises UnreachableError."""
    try:
        asked = request.Request(url)  # noqa: S310 — checklist() lets only http(s) pass
        if password := os.environ.get("PASSWORD"):  # of the service; not for whom it may send us to
            asked.add_unredirected_header("Authorization", f"Basic {b64encode(f':{password}'.encode()).decode()}")
        with request.urlopen(asked, timeout=timeout_s) as answer:  # noqa: S310
            content = answer.read(MAX_ANSWER_BYTES)
    except error.HTTPError as fault:
        if fault.code == HTTPStatus.UNAUTHORIZED:
            raise UnreachableError(f"{url} asks for a password; set PASSWORD to it") from fault
        raise UnreachableError(f"{url} answers with status {fault.code}") from fault
    except (OSError, HTTPException, ValueError) as fault:  # URLError, timeouts, broken connections, no address
        raise UnreachableError(f"{url} cannot be reached ({getattr(fault, 'reason', None) or fault})") from fault
    try:
        found = json.loads(content)
    except ValueError as fault:
        raise UnreachableError(f"{url} does not answer with JSON") from fault
    if not isinstance(found, dict):
        raise UnreachableError(f"{url} does not answer with a JSON object")
    return found


def checklist(url: str, timeout_s: float = TIMEOUT_S) -> Iterator[Check]:
    """Every check of the service at `url`, as it is made. The first that gets no answer is the last."""
    base = url.rstrip("/")
    if not base.startswith(("http://", "https://")):
        yield Check("address", False, f"{url!r} is not a web address", "Give it as https://host or http://host:port.")
        return
    try:
        health = fetch(f"{base}/health", timeout_s)
        yield Check("reachable", True, f"{base}/health answers")
        yield from _of_health(health)
        yield from _of_diagnostics(fetch(f"{base}/api/diagnostics", timeout_s))
    except UnreachableError as fault:
        yield Check("reachable", False, str(fault), f"Is the service running? {NOT_OURS}")


def _table(parent: dict[str, Any], name: str) -> dict[str, Any]:
    found = parent.get(name)
    return found if isinstance(found, dict) else {}


def _check(name: str, ok: object, detail: object, suggestion: str) -> Check:
    return Check(name, bool(ok), str(detail), "" if ok else suggestion)


def _of_health(health: dict[str, Any]) -> Iterator[Check]:
    config = _table(health, "config")
    system = f"{health.get('system')} {health.get('version')}"
    yield _check("service", health.get("system") and health.get("version"), system, NOT_OURS)
    status = health.get("status")
    yield _check("healthy", status == "healthy", status, "See the checks below, and the log of the service.")
    ready = health.get("ready")
    wait = "Wait for the warm-up and ask again; if it never ends, see the warm-up check of /api/diagnostics."
    yield _check(
        "ready", ready is True, "warmed up" if ready is True else "still warming up, or the warm-up failed", wait
    )
    directory = config.get("numba_cache_dir")
    yield _check(
        "cache exists",
        config.get("numba_cache_exists") is True,
        directory or "no directory",
        "Set NUMBA_CACHE_DIR to a directory of the service's user, or bake the cache into the image (--bake DIR).",
    )
    jit = config.get("numba_jit_enabled")
    yield _check("JIT enabled", jit is True, jit, "Remove NUMBA_DISABLE_JIT from the environment of the service.")


def _of_diagnostics(found: dict[str, Any]) -> Iterator[Check]:
    libraries = _table(found, "libraries")
    numba = _table(libraries, "numba")
    writable, baked = numba.get("cache_writable"), numba.get("baked_dir")
    yield _check(
        "cache writable or baked",
        writable is True or baked,
        f"mode {numba.get('mode')}, {'writable' if writable is True else 'not writable'}, baked: {baked or 'no'}",
        "Give the directory to the user of the service (chown, chmod 700), or bake the cache into the image.",
    )
    versions = {name: _table(libraries, name).get("version") for name in ("numba", "librosa", "gradio")}
    shown = ", ".join(f"{name} {version or 'missing'}" for name, version in versions.items())
    yield _check("versions", all(versions.values()), shown, "Install the requirements of the service again.")
    for check in found.get("checks") or ():
        if isinstance(check, dict) and check.get("ok") is not True:
            yield Check(str(check.get("name")), False, str(check.get("detail")), str(check.get("suggestion") or ""))
