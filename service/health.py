"""What the service says of its own health: the runtime's report, with the storage's and the denoiser's added."""

from __future__ import annotations

from typing import Any

import runtime_setup

from .room import is_full
from .site import Site
from .storage import ADVICE

RESTART = "Mend what the detail names and restart: weights are chosen once. Without DENOISER_REPO the app uses its own."


def health(site: Site) -> dict[str, Any]:
    """Cheap enough for an async route: no work, no lock."""
    found = runtime_setup.health()
    return found if _storage_check(site)["ok"] and site.config.password != "" else {**found, "status": "degraded"}


def readiness(site: Site) -> dict[str, Any]:
    """What `/ready` answers: whether to send visitors here. `ready`, and `why` if not: "warming-up", "stopping", or
    "warm-up-failed", after which it never is: whoever runs it should look, not visitors wait."""
    state = runtime_setup.warm_up_status()["state"]
    why = {"done": None, "failed": "warm-up-failed"}.get(state, "warming-up")
    if site.drain.has_begun():
        why = "stopping"
    return {"ready": why is None, **({"why": why} if why else {})}


def diagnostics(site: Site) -> dict[str, Any]:
    """Everything the checks find. Takes a moment: not for the event loop."""
    from pipeline.neural import chosen  # brings numba and SciPy, which the start must not wait for

    directories = site.storage.directories() if site.storage.usable else None
    denoiser = chosen.status()
    found = runtime_setup.diagnostics(directories_in_use=directories, denoiser=denoiser)
    more = [_storage_check(site), _denoiser_check(denoiser)]
    return {
        **found,
        "status": found["status"] if all(check["ok"] for check in more) else "degraded",
        "environment": {**found["environment"], "DENOISER_REPO": chosen.repository()},
        "checks": [*found["checks"], *more],
    }


def _storage_check(site: Site) -> dict[str, Any]:
    folder = site.storage.root.parent
    detail, suggestion = str(folder), ""
    if not site.storage.usable:
        detail, suggestion = "no directory can be written", ADVICE
    elif is_full(folder):
        detail, suggestion = f"{folder}: the disk is full, nothing can be uploaded", f"Free some space in {folder}."
    return {"name": "file storage", "ok": not suggestion, "detail": detail, "suggestion": suggestion}


def _denoiser_check(denoiser: dict[str, Any]) -> dict[str, Any]:
    seen = f"{denoiser['name']}, {denoiser['source']}" if denoiser["source"] else denoiser["state"]
    return {
        "name": "denoiser",
        "ok": not denoiser["warnings"],
        "detail": " ".join(denoiser["warnings"]) or seen,
        "suggestion": RESTART if denoiser["warnings"] else "",
    }
