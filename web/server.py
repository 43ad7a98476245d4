"""Start, announce, stop."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
from types import FrameType
from typing import Any, NoReturn

import uvicorn

import runtime_setup
from pipeline.errors import EnhancementError
from service.config import default_host
from service.http.refusals import answer_fault
from service.site import Site

from . import theme
from .front.transport import BACKLOG, BoundedConnection, most_connections

log = logging.getLogger("app")

GRACE_S = 3  # for running answers when the server is told to stop; a page's stream of events would go on for ever


def root_path() -> str | None:
    """What stands before every path of ours, where a proxy does not say it."""
    return os.environ.get("GRADIO_ROOT_PATH")


def page_options(site: Site, *, mcp: bool = False) -> dict[str, Any]:
    """How Gradio is mounted. mcp : beside an MCP server"""
    return {
        "theme": theme.theme(),
        "css_paths": theme.STYLES,
        "head": theme.HEAD + ("" if mcp else theme.NO_MCP),
        "footer_links": ["api"],
        "favicon_path": str(theme.ICON),
        "root_path": root_path(),
        "max_file_size": site.config.max_upload_bytes,
        "show_error": False,
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "mcp_server": False,
        "pwa": True,  # so Gradio's settings say; the manifest is ours (assets/page/app.webmanifest)
        "app_kwargs": {"openapi_url": None, "exception_handlers": {EnhancementError: answer_fault}},
    }


def warm_up() -> None:
    """In the background, now that the server answers."""

    def task() -> None:
        from service import warm_up  # imports NumPy

        warm_up.run()

    runtime_setup.start_warm_up(task)


def serve(app: Any, site: Site) -> int:
    """Serve until SIGTERM or Ctrl+C. Returns the exit status."""
    for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn stops, then passes the signal on to what was there before
        signal.signal(number, lambda *_: None)
    try:
        host, listening = listen_somewhere(site.config.host, site.config.port)
    except OSError as fault:
        log.error("Cannot listen on port %s: %s", site.config.port, why_not(fault))
        return 1
    BoundedConnection.most = most_connections()
    # A proxy is one address for all its visitors; they are told apart behind it.
    BoundedConnection.most_each = BoundedConnection.most if site.config.proxy_hops else BoundedConnection.most * 3 // 4
    config = uvicorn.Config(
        app, http=BoundedConnection, ws="none", proxy_headers=False, server_header=False, access_log=False,
        log_config=None, backlog=BACKLOG, timeout_graceful_shutdown=GRACE_S, timeout_keep_alive=10,
    )  # fmt: skip
    with listening:
        _Server(config, site, host).run(sockets=[listening])
    log.info("Stopped.")
    return 0


class _Server(uvicorn.Server):
    """uvicorn, which says our words when it has begun to listen, and finishes what is under way before it stops."""

    def __init__(self, config: uvicorn.Config, site: Site, host: str) -> None:
        super().__init__(config)
        self._site, self._host, self._is_told = site, host, False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(_say_in_one_line)
        await super().startup(sockets)
        host, port = self._host, self._site.config.port
        announce(f"http://{f'[{host}]' if ':' in host else host}:{port}", self._site)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Told to stop: the first time in good order, the second time at once. Only notes it: a signal may come in the
        middle of anything."""
        if self._site.drain.has_begun():
            self.force_exit = True
            super().handle_exit(sig, frame)
        else:
            self._captured_signals.append(sig)
            self._site.drain.begin()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second. Answers whether to stop."""
        drain = self._site.drain
        if drain.has_begun() and not self._is_told:
            self._is_told = True
            say_draining(self._site)
        self.should_exit = self.should_exit or drain.is_over()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """At once, too, the app ends in order: recordings are removed."""
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()


def _say_in_one_line(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What no task waits for: a connection that broke, no descriptor left. asyncio would log a traceback each."""
    log.warning("%s %s", context.get("message", ""), type(context.get("exception")).__name__)


def listen_somewhere(host: str, port: int) -> tuple[str, socket.socket]:
    """Where we were told to, else where we would be without being told. Raises OSError.

    conda's compilers set HOST to the name of an architecture, and the address of yesterday's network is gone today.
    """
    try:
        return host, _listen(host, port)
    except (OSError, UnicodeError) as fault:  # a name too long to be one
        usual = default_host(os.environ)
        why = getattr(fault, "strerror", None) or "no name of a host"
        if getattr(fault, "errno", None) in (errno.EADDRINUSE, errno.EACCES) or host == usual:
            raise
        sentence = f"HOST is ignored: this machine cannot listen there ({why}); {usual} is used."
        log.warning("%s", sentence)
        runtime_setup.note("HOST", sentence)
        return usual, _listen(usual, port)


def why_not(fault: OSError) -> str:
    """In a sentence, with what to do."""
    if fault.errno == errno.EADDRINUSE:
        return "another program listens there. End it, or set PORT to another number."
    if fault.errno == errno.EACCES:
        return "this user may not. Set PORT to a number from 1024 on."
    return f"{fault.strerror or fault}."


def _listen(host: str, port: int) -> socket.socket:
    """Before anything else, so that a port in use is said in a sentence."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def leave(status: int) -> NoReturn:
    """End the process now. A warm-up may be in the middle of native code in its thread; Python's own way out would pull
    the libraries from under it, which ends in an abort instead of this exit status."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(status)


def announce(url: str, site: Site) -> None:
    """The one line that a log is searched for when something is odd."""
    status = runtime_setup.status()
    log.info(
        "Starting %s v%s — rung %d (%s), cache directory %s, %s",
        runtime_setup.SYSTEM_NAME, runtime_setup.VERSION, status.rung, status.mode,
        status.cache_dir or status.baked_dir or "none", url,
    )  # fmt: skip
    for warning in status.warnings:
        log.warning("%s", warning)
    if not site.storage.usable:
        log.warning("No directory can be written: nobody can upload. See /api/diagnostics.")


def say_draining(site: Site) -> None:
    """What is still done before the end."""
    count, limit_s = site.drain.under_way(), site.config.drain_s
    if count and limit_s:
        log.info("Told to stop: no new work is taken, %d under way may take %g s more.", count, limit_s)


def say_environment() -> None:
    """A line for whatever the environment says that could not stay."""
    for note in runtime_setup.environment_notes():
        log.warning("%s", note.sentence)


class OneLine(logging.Formatter):
    """No message reaches into the next line, whatever a visitor put into it."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The line, with control characters written out."""
        line = super().formatMessage(record)
        return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)


def configure_logging() -> None:
    """Once, for the process. The libraries speak only when something is wrong."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in ("app", "web", "service", "runtime", "pipeline"):
        logging.getLogger(name).setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # what a visitor's line looks like is no news
