"""Start, announce, stop."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import Any, NoReturn

import gradio as gr
from starlette.middleware import Middleware

import runtime_setup
from pipeline.errors import EnhancementError
from service.routes import answer_fault, routes
from service.site import Site
from web.patches.guards import FileGuard

from . import theme

log = logging.getLogger("app")


APP_OPTIONS: dict[str, Any] = {"openapi_url": None, "exception_handlers": {EnhancementError: answer_fault}}


def page_options() -> dict[str, Any]:
    """What launching and mounting have in common."""
    return {
        "theme": theme.theme(),
        "css_paths": [theme.STYLE],
        "head": theme.HEAD,
        "footer_links": ["api", "settings"],
        "favicon_path": str(theme.ICON),
        "show_error": False,
        "run_history": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "mcp_server": False,
        "pwa": False,
        "app_kwargs": APP_OPTIONS,
    }


def middleware(site: Site) -> list[Middleware]:
    """What every request passes before Gradio sees it."""
    return [Middleware(FileGuard, site=site)]


def launch(demo: gr.Blocks, site: Site, **more: Any) -> str:
    """Serve, without blocking. Returns the address."""
    site.storage.open(site.config.file_lifetime_s)
    _, url, _ = demo.launch(
        server_name=site.config.host,
        server_port=site.config.port,
        share=False,
        quiet=True,
        prevent_thread_lock=True,
        max_file_size=site.config.max_upload_bytes,
        **(page_options() | {"app_kwargs": {"routes": routes(site), "middleware": middleware(site), **APP_OPTIONS}}),
        **more,
    )
    return str(url)


def warm_up() -> None:
    """In the background, now that the server answers."""

    def task() -> None:
        from service import warm_up  # imports NumPy

        warm_up.run()

    runtime_setup.start_warm_up(task)


def serve(demo: gr.Blocks, site: Site) -> int:
    """Serve until SIGTERM or Ctrl+C. Returns the exit status."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        url = launch(demo, site)
    except OSError as fault:
        log.error("Cannot listen on %s:%s: %s", site.config.host, site.config.port, fault)
        site.storage.close()
        return 1
    announce(url, site)
    warm_up()
    stop.wait()
    log.info("Stopping.")
    demo.close(verbose=False)
    site.storage.close()
    return 0


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


def configure_logging() -> None:
    """Once, for the process. The libraries speak only when something is wrong."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    for name in ("app", "web", "service", "runtime", "pipeline"):
        logging.getLogger(name).setLevel(logging.INFO)
