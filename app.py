"""The speech enhancement app: a page, an API, `/health` and `/api/diagnostics`, in one process.

    python app.py
    uvicorn --factory app:create_app --timeout-graceful-shutdown 3

Importing this module builds the page and does nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import runtime_setup

runtime_setup.configure()  # before anything can import numba
runtime_setup.one_core_per_recording()  # before anything can import NumPy

from service import routes  # noqa: E402
from service.site import Site  # noqa: E402
from web import page, server  # noqa: E402

if TYPE_CHECKING:
    from fastapi import FastAPI

site = Site()
demo = page.build(site)


def create_app() -> FastAPI:
    """The same as an ASGI application, for a server of one's own."""
    from contextlib import asynccontextmanager

    import gradio as gr
    from fastapi import FastAPI

    @asynccontextmanager
    async def lifespan(_: FastAPI):  # type: ignore[no-untyped-def]
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
    """Serve until told to stop."""
    server.configure_logging()
    return server.serve(demo, site)


if __name__ == "__main__":
    server.leave(main())
