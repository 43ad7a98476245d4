"""The speech enhancement app: a page, an API, `/health` and `/api/diagnostics`, in one process.

    python app.py
    uvicorn --factory app:create_app --timeout-graceful-shutdown 3

Importing this module does nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import runtime_setup

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

    from service.site import Site


def build() -> tuple[gr.Blocks, Site]:
    """The page and its site. Nothing is served and nothing is written yet."""
    runtime_setup.configure()  # before anything can import numba
    runtime_setup.one_core_per_recording()  # before anything can import NumPy

    from service.site import Site
    from web import page

    site = Site()
    return page.build(site), site


def create_app() -> FastAPI:
    """The app as an ASGI application, for a server of one's own."""
    demo, site = build()

    import gradio as gr
    from fastapi import FastAPI

    from service import routes
    from web import server

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        server.warm_up()
        yield
        site.storage.close()

    server.configure_logging()
    site.storage.open(site.config.file_lifetime_s)
    app = FastAPI(openapi_url=None, lifespan=lifespan, routes=routes.routes(site), middleware=server.middleware(site))
    options = server.page_options() | {"max_file_size": site.config.max_upload_bytes}
    gr.mount_gradio_app(app, demo, path="/", **options)
    return app


def main() -> int:
    """Serve until told to stop. Returns the exit status."""
    demo, site = build()

    from web import server

    server.configure_logging()
    return server.serve(demo, site)


if __name__ == "__main__":
    exit_status = main()

    from web.server import leave

    leave(exit_status)
