"""Which weights the neural denoiser runs with, decided once per process."""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import Any, NamedTuple

from . import hub
from .weights import Weights, WeightsError, bundled

log = logging.getLogger(__name__)
_lock = threading.Lock()


class Chosen(NamedTuple):
    """weights : None where none can be used, so that noise is removed spectrally; warnings : why, in sentences."""

    weights: Weights | None
    warnings: tuple[str, ...]


def chosen() -> Chosen:
    """The weights in use. The first call may take `hub.DEADLINE_S`; who comes meanwhile waits for it."""
    with _lock:
        return _decided()


def repository() -> str | None:
    """What DENOISER_REPO names, fit to be shown; None where it is not set, or names nothing."""
    try:
        found = hub.configured()
    except WeightsError:
        return None
    return None if found is None else str(found)


def status() -> dict[str, Any]:
    """`state` ("not loaded yet" or "loaded"), `name` ("neural" or "spectral"), `source`, `sha256`, `warnings`.

    Loads nothing: whoever asks must not wait for the Hub.
    """
    found = _decided() if _decided.cache_info().currsize else None
    weights, warnings = found or Chosen(None, ())
    return {
        "state": "loaded" if found else "not loaded yet",
        "name": None if found is None else "neural" if weights else "spectral",
        "source": weights and weights.source,
        "sha256": weights and weights.sha256,
        "warnings": list(warnings),
    }


@cache
def _decided() -> Chosen:
    """Decide, and say so in the log."""
    found = _choose()
    if found.weights is not None:
        log.info("Denoiser weights: %s, sha256 %s", found.weights.source, found.weights.sha256)
    for warning in found.warnings:
        log.warning("%s", warning)
    return found


def _choose() -> Chosen:
    """What the environment names, else the bundled ones, else none."""
    warnings: tuple[str, ...] = ()
    try:
        named = hub.configured()
        if named is not None:
            return Chosen(hub.load(named), ())
    except WeightsError as error:
        warnings = (f"The bundled weights are used: {error}",)
    try:
        return Chosen(bundled(), warnings)
    except WeightsError as error:
        return Chosen(None, (*warnings, f"The neural denoiser is off: {error}"))
