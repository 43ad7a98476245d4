"""What the environment says. A value that cannot be used is reported and replaced by the default: a typing error in a
host's settings must not keep the service from starting."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import runtime_setup
from pipeline.files.limits import MIB, Limits

log = logging.getLogger(__name__)

DEFAULT_PORT = 7860
DEFAULT_FILE_LIFETIME_S = 2 * 3600
DEFAULT_QUEUE_SIZE = 20
DEFAULT_STORAGE_MB = 20_000
DEFAULT_DRAIN_S = 30
DEFAULT_CACHE_MB = 2000
# What the server takes when it does nothing, and more for each recording at work: a stereo one at 48 kHz, its decoder.
IDLE_BYTES, BYTES_FOR_EACH = 300 * MIB, 150 * MIB


@dataclass(frozen=True)
class Config:
    """host, port : where to listen
    file_lifetime_s : age at which uploads and results are removed
    max_upload_bytes : largest upload; the pipeline's own limit, applied while the upload still arrives
    workers : enhancements that run at the same time
    queue_size : recordings that may wait; the next one is told to come back later
    max_storage_bytes : room for all uploads and results
    allowed_hosts, allowed_origins : names under which the app may be asked for, and other sites whose pages may use
        it; "*" = any. None: reached over this machine's own address, its own names and its own page alone; else any
    proxy_hops : proxies of ours in front; so many entries of X-Forwarded-For are believed
    mcp : whether language models may use it, too
    cache_bytes : room for work that is kept for the next settings
    drain_s : at most so long, what is under way is finished when the server is told to stop
    metrics : whether /metrics is shown
    replica : the app's name among several behind one proxy, which brings visitors back to it by a cookie
    password : that visitors need; "" = one that cannot be read, so that nobody gets in
    """

    host: str
    port: int
    file_lifetime_s: float
    max_upload_bytes: int
    workers: int
    queue_size: int
    max_storage_bytes: float = DEFAULT_STORAGE_MB * MIB
    allowed_hosts: tuple[str, ...] | None = None
    allowed_origins: tuple[str, ...] | None = None
    proxy_hops: int = 0
    mcp: bool = False
    cache_bytes: float = DEFAULT_CACHE_MB * MIB
    drain_s: float = DEFAULT_DRAIN_S
    metrics: bool = False
    replica: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Config:
        """The configuration; see the table in docs/deploying.md."""
        env = os.environ if environ is None else environ
        password = _password(env)
        return cls(
            host=env.get("HOST") or env.get("GRADIO_SERVER_NAME") or default_host(env),
            port=int(_number(env, ("PORT", "GRADIO_SERVER_PORT"), DEFAULT_PORT)),
            file_lifetime_s=_number(env, ("FILE_LIFETIME_S",), DEFAULT_FILE_LIFETIME_S),
            max_upload_bytes=int(Limits.from_environment().max_file_bytes),
            workers=int(_number(env, ("WORKERS",), _default_workers())),
            queue_size=int(_number(env, ("QUEUE_SIZE",), DEFAULT_QUEUE_SIZE)),
            max_storage_bytes=MIB * _number(env, ("MAX_STORAGE_MB",), DEFAULT_STORAGE_MB),
            allowed_hosts=_names(env, "ALLOWED_HOSTS"),
            # A browser sends the password along with whatever a foreign page asks of us.
            allowed_origins=() if _is_unsaid(env, password) else _names(env, "ALLOWED_ORIGINS"),
            proxy_hops=int(_number(env, ("PROXY_HOPS",), 1 if _is_hosted(env) else 0)),
            mcp=_is_on(env, "MCP"),
            metrics=_is_on(env, "METRICS"),
            replica=env.get("REPLICA") or None,
            password=password,
            cache_bytes=MIB * _number(env, ("CACHE_MB",), DEFAULT_CACHE_MB),
            drain_s=_number(env, ("DRAIN_S",), DEFAULT_DRAIN_S),
        )


def default_host(env: Mapping[str, str]) -> str:
    """A laptop shows the page to itself alone; a host that assigns a port wants to reach it from outside."""
    return "0.0.0.0" if _is_hosted(env) else "127.0.0.1"  # noqa: S104


def _is_hosted(env: Mapping[str, str]) -> bool:
    return bool(env.get("PORT") or env.get("SPACE_ID") or env.get("SYSTEM") == "spaces")


def _password(env: Mapping[str, str]) -> str | None:
    """Of the file that PASSWORD_FILE names, as secrets are mounted, else of PASSWORD. One that was asked for and cannot
    be read does not open the door."""
    name = env.get("PASSWORD_FILE", "")
    if not name:
        return env.get("PASSWORD") or None
    try:
        found = Path(name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as fault:
        log.error("PASSWORD_FILE cannot be read (%s): nobody is let in.", getattr(fault, "strerror", "not UTF-8"))
        return ""
    if not found:
        log.error("PASSWORD_FILE is empty: nobody is let in.")
    return found


def _is_unsaid(env: Mapping[str, str], password: str | None) -> bool:
    return password is not None and not env.get("ALLOWED_ORIGINS", "").strip()


def _is_on(env: Mapping[str, str], variable: str) -> bool:
    return env.get(variable, "").strip().lower() in ("1", "true", "on", "yes")


def _names(env: Mapping[str, str], variable: str) -> tuple[str, ...] | None:
    names = tuple(name.rstrip("/").lower() for name in env.get(variable, "").replace(",", " ").split())
    return names or (("*",) if env.get("SPACE_ID") else None)  # a Space is reached over names of its host's choice


def _default_workers() -> int:
    """One core is left for the server itself, so that `/health` and other visitors' pages stay quick; and each needs
    memory for a recording."""
    by_memory = (runtime_setup.memory_limit_bytes() - IDLE_BYTES) / BYTES_FOR_EACH
    return int(max(1, min(4, runtime_setup.cores() - 1, by_memory)))


def _number(env: Mapping[str, str], names: tuple[str, ...], default: float) -> float:
    for name in names:
        low, high = runtime_setup.NUMBERS[name]
        text = env.get(name, "").strip()
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if low <= value <= high:
            return value
        log.warning("%s=%.40r is not a number from %g to %g; using %g.", name, text, low, high, default)
        return default
    return default
