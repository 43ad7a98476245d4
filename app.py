"""The speech enhancement app: a page, an API, `/health` and `/api/diagnostics`, in one process.

    python app.py
    uvicorn --factory app:create_app --timeout-graceful-shutdown 3

Importing this module does nothing.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if (HERE := str(Path(__file__).resolve().parent)) not in sys.path:  # with PYTHONSAFEPATH it is not
    sys.path.insert(0, HERE)

import runtime_setup

WARM_UP_AFTER_S = 0.1  # the first visitor is answered first

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

    from service.registry.registry import Registry
    from service.site import Site
    from web.front.listeners import Listeners


def build() -> tuple[gr.Blocks, Site]:
    """The page and its site. Nothing is served and nothing is written yet."""
    parts = _build()
    return parts.demo, parts.site


def create_app() -> FastAPI:
    """The app as an ASGI application, for a server of one's own."""
    runtime_setup.note_workers()
    parts = _build()

    from web import server

    server.configure_logging()
    server.say_environment()
    return _application(parts)


def main() -> int:
    """Serve until told to stop. Returns the exit status."""
    runtime_setup.restart_if_needed()
    parts = _build()

    from web import server

    server.configure_logging()
    server.say_environment()
    return server.serve(_application(parts), parts.site)


class _Parts(NamedTuple):
    """What one running app is made of."""

    demo: gr.Blocks
    site: Site
    registry: Registry
    listeners: Listeners


def _build() -> _Parts:
    runtime_setup.own_process()  # before anything but the standard library is imported
    runtime_setup.configure()

    from service.registry.registry import Registry
    from service.site import Site
    from web import page
    from web.front.listeners import Listeners

    site, listeners = Site(), Listeners()
    registry = Registry(site)
    return _Parts(page.build(site, registry, listeners), site, registry, listeners)


def _application(parts: _Parts) -> FastAPI:
    import gradio as gr
    from fastapi import FastAPI
    from starlette.middleware import Middleware

    from service.http import routes
    from web import api_view, server
    from web.front.doors import MCP_DOORS
    from web.front.gate import FrontDoor
    from web.front.preview import LinkPreview
    from web.mcp.offer import offered

    demo, site, registry, listeners = parts

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        site.storage.open(site.config.file_lifetime_s)
        asyncio.get_running_loop().call_later(WARM_UP_AFTER_S, server.warm_up)
        async with mcp.manager.run() if mcp else nullcontext():
            yield
        site.storage.close()

    mcp = offered(site, registry, server.root_path())
    ours = [*api_view.routes(demo, server.root_path()), *routes.routes(site, registry), *(mcp.routes() if mcp else ())]
    front = Middleware(
        FrontDoor, site=site, demo=demo, listeners=listeners, open_doors=MCP_DOORS if mcp else ()
    )  # fmt: skip
    app = FastAPI(
        openapi_url=None, lifespan=lifespan, routes=ours, middleware=[front, Middleware(LinkPreview)]
    )  # fmt: skip
    gr.mount_gradio_app(app, demo, path="/", **server.page_options(site, mcp=mcp is not None))
    demo.mcp_server = demo.config["mcp_server"] = mcp is not None  # what its page says of itself
    return app


if __name__ == "__main__":
    exit_status = main()

    from web.server import leave

    leave(exit_status)
