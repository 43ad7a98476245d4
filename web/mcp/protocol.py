"""The route `/gradio_api/mcp/`: the protocol's streamable HTTP, without sessions.

Each call is a request of its own, with its visitor's limits; who hangs up ends the work. What it must look like is
checked here, before the package sees it.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from typing import Any

import anyio
from gradio.route_utils import get_root_url
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

import runtime_setup
from service.faults import as_answer
from service.http.jobs.waiting import completed
from service.http.refusals import RequestError
from service.line.admission import Visit
from service.registry.registry import Registry
from service.site import Site
from service.work import Progress
from web import words
from web.front import bodies, calls

from .tools import Tools, tools

PATH = "/gradio_api/mcp"
HOW = (
    "Enhance recordings of speech: give `enhance` a file, then download what it answers. `presets` lists all settings."
)


class McpRoutes:
    """Of one site. Used within `manager.run()`."""

    def __init__(self, site: Site, registry: Registry, root_path: str | None) -> None:
        self._tools, self._root_path = Tools(site, registry), root_path
        server: Any = Server(words.TITLE, runtime_setup.VERSION, HOW)
        server.list_tools()(self._list)
        server.call_tool(validate_input=False)(self._call)  # our own words say what is wrong
        self._server = server
        logging.getLogger("mcp").setLevel(logging.ERROR)  # what a visitor asks for is no news
        self.manager: Any = StreamableHTTPSessionManager(server, stateless=True)

    def routes(self) -> list[BaseRoute]:
        return [
            Route(f"{PATH}/schema", self.schema, methods=["GET", "HEAD"]),
            *(Route(path, _Endpoint(self), methods=["POST"]) for path in (PATH, f"{PATH}/")),
        ]

    async def schema(self, _: Request) -> Response:
        """GET: the tools, as the page's view of the API reads them."""
        meta = {"mcp_type": "tool", "file_data_present": False, "headers": []}
        found = [
            {"name": one.name, "description": one.description, "inputSchema": one.takes, "meta": meta,
             "endpoint_name": one.name} for one in tools()
        ]  # fmt: skip
        return JSONResponse(found)

    async def _list(self) -> list[types.Tool]:
        hints = {
            one.name: types.ToolAnnotations(readOnlyHint=one.name != "enhance", destructiveHint=False)
            for one in tools()
        }
        return [
            types.Tool(
                name=one.name, title=one.title, description=one.description, inputSchema=one.takes,
                annotations=hints[one.name],
            ) for one in tools()
        ]  # fmt: skip

    async def _call(self, name: str, given: dict[str, Any]) -> types.CallToolResult:
        context = self._server.request_context
        request: Request = context.request
        token = context.meta.progressToken if context.meta else None
        root = get_root_url(request, request.url.path, self._root_path)
        root = root.rstrip("/").removesuffix(PATH)

        async def tell(now: Progress) -> None:
            if token is not None:
                with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):  # nobody is there any more
                    await context.session.send_progress_notification(
                        token, now.fraction, 1.0, now.text, related_request_id=str(context.request_id)
                    )

        visit = Visit(str(request.scope.get("visitor", "")))
        try:
            found = await completed(
                self._tools.called(name, given, visit, root), lambda now: anyio.from_thread.run(tell, now)
            )
        except Exception as fault:
            told: dict[str, Any] = as_answer(fault)
            return types.CallToolResult(content=[_text(told)], structuredContent=told, isError=True)
        links = [
            types.ResourceLink(
                type="resource_link", uri=one["url"], name=one["name"], mimeType=one["mime_type"], size=one["bytes"]
            ) for one in (found.get("file"), found.get("removed")) if name == "enhance" and one
        ]  # fmt: skip
        return types.CallToolResult(content=[_text(found), *links], structuredContent=found)


class _Endpoint:
    """ASGI, for it streams."""

    def __init__(self, routes: McpRoutes) -> None:
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A message in, its answer out."""
        body = await bodies.whole(receive)
        check(calls.parsed(body))
        await self._routes.manager.handle_request(scope, bodies.replayed(body, receive), send)


def check(message: dict[str, Any]) -> None:
    """Raises RequestError for what is no message of a client: the package would write it into the log."""
    try:
        found = types.JSONRPCMessage.model_validate(message).root
        told = found.model_dump(by_alias=True, mode="json", exclude_none=True)
        if isinstance(found, types.JSONRPCRequest):
            types.ClientRequest.model_validate(told)
        elif isinstance(found, types.JSONRPCNotification):
            types.ClientNotification.model_validate(told)
        else:
            raise RequestError(400, "The server has asked nothing.")
    except ValidationError as fault:
        raise RequestError(400, "This is no message of the Model Context Protocol.") from fault


def _text(found: dict[str, Any]) -> types.TextContent:
    return types.TextContent(type="text", text=json.dumps(found, ensure_ascii=False))
